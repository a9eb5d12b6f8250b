"""What delivery asks of other steps, as those answer: the guardrails at each claim, and generation of its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.contracts import Json
from pipelines.database import Connection
from pipelines.delivery.post import Leave, Part, Stops

if TYPE_CHECKING:
    from pipelines.generation.brand import Brand
    from pipelines.safety.guardrails.run import Gatehouse


@dataclass(frozen=True, slots=True)
class GuardedGate:
    """A `Gate` whose keeper are the guardrails."""

    gatehouse: Callable[[], Gatehouse]

    def room(self, connection: Connection, tenant: str, campaign_id: str, *, channel: str, by: str) -> int:
        """How many messages may be claimed now."""
        from pipelines.safety.guardrails.run import watch_within

        return watch_within(self.gatehouse(), connection, tenant, campaign_id, by=by, channel=channel)

    def room_this_hour(self, connection: Connection, tenant: str) -> int:
        """What the hourly limit leaves now."""
        from pipelines.safety.guardrails.run import room_this_hour

        return room_this_hour(self.gatehouse(), connection, tenant)

    def stops(self, tenant: str) -> Stops:
        """By which purposes people say stop."""
        purposes = self.gatehouse().policy(tenant).purposes
        return Stops(purposes.marketing, purposes.objection)

    def leave(
        self, connection: Connection, tenant: str, campaign_id: str, customers: Sequence[str], *, channel: str
    ) -> Mapping[str, Leave]:
        """Who of these may be sent to now."""
        from pipelines.safety.guardrails.run import may_send_now

        answers = may_send_now(self.gatehouse(), connection, tenant, campaign_id, customers, channel=channel)
        return {customer: Leave(one.verdict, one.code, one.sentence) for customer, one in answers.items()}


@dataclass(frozen=True, slots=True)
class GeneratedWording:
    """A `Wording` of the texts that generation wrote."""

    brand_of: Callable[[str], Brand]

    def content_hash(self, variant: Json) -> str:
        """The hash of exactly what the row of a variant would send."""
        from pipelines.generation.drafting import hash_as_sent

        parts = [variant[name] for name in ("subject", "preheader", "html", "body")]
        return hash_as_sent(variant["channel"], variant["link"], parts)

    def constants(self, tenant: str, brief: Json) -> Mapping[str, str]:
        """What fills the slots that are the same for every reader; the link of the brief is filled by delivery."""
        return self.brand_of(tenant).values()

    def parts(self, text: str) -> Sequence[Part]:
        """The text cut at its slots."""
        from pipelines.generation.slots import substitutions

        return [part if isinstance(part, str) else (part.name, part.fallback) for part in substitutions(text)]

    def cleaned(self, slot: str, values: Sequence[str]) -> list[str | None]:
        """What of each value may stand in the slot."""
        from pipelines.generation.slots import clean_value

        return [clean_value(slot, value) for value in values]

    def fitted(self, channel: str, text: str) -> str:
        """The filled text as a channel with a hard limit takes it, or a refusal."""
        from pipelines.generation.rendering.channels import fitted

        return fitted(channel, text)
