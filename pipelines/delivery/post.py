"""What delivery is given: the database, its policy, the gate that is asked at each claim, words, and channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipelines.contracts import Json
from pipelines.database import Connection, Database
from pipelines.delivery.policy import DeliveryPolicy
from pipelines.delivery.ports import Channel


@dataclass(frozen=True, slots=True)
class Leave:
    """Whether one customer may be sent to at this moment; `later` is no refusal."""

    verdict: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Stops:
    """The purposes in the ledger of consents by whose denial people say stop: on one channel, or to all advertising."""

    marketing: Sequence[str]
    objection: Sequence[str]

    def as_values(self) -> dict[str, list[str]]:
        """As the values of a statement."""
        return {"marketing": list(self.marketing), "objection": list(self.objection)}


class Gate(Protocol):
    """The guardrails, asked within the transaction that claims."""

    def stops(self, tenant: str) -> Stops:
        """By which purposes people of this tenant say stop."""
        ...

    def room(self, connection: Connection, tenant: str, campaign_id: str, *, channel: str, by: str) -> int:
        """How many messages may be claimed now; none where reputation or a budget has just stopped the campaign."""
        ...

    def room_this_hour(self, connection: Connection, tenant: str) -> int:
        """The hourly limit alone, over all tenants: asked last, while no other tenant claims."""
        ...

    def leave(
        self, connection: Connection, tenant: str, campaign_id: str, customers: Sequence[str], *, channel: str
    ) -> Mapping[str, Leave]:
        """Who of these may be sent to now; each gets an answer."""
        ...


Part = str | tuple[str, str | None]
"""A literal piece of a text, or a slot with its fallback."""


class Wording(Protocol):
    """What generation knows of the texts that it wrote."""

    def content_hash(self, variant: Json) -> str:
        """The hash of exactly what the row of a variant would send."""
        ...

    def constants(self, tenant: str, brief: Json) -> Mapping[str, str]:
        """What fills the slots that are the same for every reader."""
        ...

    def parts(self, text: str) -> Sequence[Part]:
        """The text cut at its slots."""
        ...

    def cleaned(self, slot: str, values: Sequence[str]) -> list[str | None]:
        """What of each value may stand in the slot."""
        ...

    def fitted(self, channel: str, text: str) -> str:
        """The filled text as a channel with a hard limit takes it, or a refusal."""
        ...


Tokens = Callable[[str, str, Sequence[str]], Sequence[str]]
"""Tenant, channel and message ids in; the token by which each reader says stop out."""


@dataclass(frozen=True, slots=True)
class PostRoom:
    """Where messages leave from; `channels` gives the adapter of a channel for a tenant."""

    database: Database
    policy: DeliveryPolicy
    gate: Gate
    wording: Wording
    channels: Callable[[str, str], Channel]
    tokens: Tokens
    sender_name: Callable[[str], str]
    public_url: str
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    worker: str
