"""What delivery asks of whoever carries a message out: one adapter a vendor, one receipt a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

Outcome = Literal["accepted", "rejected", "unknown", "retry"]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes, and where an answer goes."""

    name: str
    address: str
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message for one person, complete."""

    message_id: str
    channel: str
    address: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    sender: Sender
    send_at: datetime | None
    categories: tuple[str, ...]
    topic: str


class Receipt(NamedTuple):
    """What became of one message; `retry` only where it was surely not accepted."""

    message_id: str
    outcome: Outcome
    provider_id: str | None
    code: str
    reason: str
    retry_after: float | None = None


class Channel(Protocol):
    """One vendor: it never raises for one message, and a fault of the whole batch is a receipt for each as well."""

    name: str
    most_per_request: int

    def deliver(self, batch: Sequence[OutboundMessage]) -> Sequence[Receipt]:
        """One receipt a message, in their order."""
        ...
