"""What delivery asks of whoever carries a message out: one adapter a vendor, one receipt a message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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


StopReason = Literal["hard_bounce", "complaint", "unsubscribe"]


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody to whom a vendor sends nothing more; the address in lower case."""

    address: str
    reason: StopReason
    since: datetime


class SuppressionList(Protocol):
    """What a vendor keeps of people who are not to be sent to; both ways may be asked again without harm."""

    name: str

    def listed(self) -> Iterator[Listed]:
        """Everybody on any of its lists, or a refusal; whoever is on two comes twice."""
        ...

    def add(self, addresses: Sequence[str]) -> None:
        """Put these on it, or refuse."""
        ...
