"""What outreach is given: the database, its policy, and the chain of steps that writes, screens and approves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from pipelines.contracts import Json, Refusal
from pipelines.database import Database
from pipelines.outreach.policy import OutreachPolicy

Row = dict[str, Any]


class TooFast(Refusal):
    """More than may be made in a minute; in `seconds` there is room again."""

    def __init__(self, sentence: str, seconds: int) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class NotNow(Refusal):
    """What was asked does not go with the state that the thing is in."""


class Chain(Protocol):
    """The steps of a launch, as far as outreach needs them."""

    def checked(self, tenant: str, wanted: Json) -> tuple[Json, str]:
        """The wanted brief, complete, and its hash; or a refusal that names every mistake. No link: the website."""
        ...

    def check_template(self, template: str) -> None:
        """Refuse a text with slots that nothing fills."""
        ...

    def snapshot(self, tenant: str, campaign_id: str) -> str:
        """The segments that the campaign speaks to, taken once, as of the moment it was entered."""
        ...

    def write(
        self,
        tenant: str,
        campaign_id: str,
        snapshot_id: str,
        units: Sequence[str],
        *,
        by: str,
        template: str | None,
        context: str | None,
    ) -> Json:
        """Retrieve, draft and screen for these units; what is drafted already stays. How many, and why not more."""
        ...

    def guard(self, tenant: str, campaign_id: str, *, by: str) -> None:
        """Decide for every customer of the audience whether they may be written to."""
        ...

    def ask_approval(self, tenant: str, campaign_id: str, *, by: str) -> Json:
        """Fix the design of the experiment and ask for approval of exactly what stands; where it stands now."""
        ...

    def assign(self, tenant: str, campaign_id: str, *, by: str) -> Json:
        """Give everybody who may be written to an arm; how many have which."""
        ...

    def deliver(self, tenant: str, campaign_id: str, *, by: str) -> Json:
        """Send what may be sent now of an approved campaign, once; how many, and why not more."""
        ...

    def steer(self, tenant: str, campaign_id: str, turn: Literal["pause", "resume", "cancel"], *, by: str) -> str:
        """Pause a campaign, let it go on or cancel it; the status that it has now."""
        ...

    def filled(self, tenant: str, brief: Json, rows: Sequence[Row]) -> list[Row]:
        """Variants with their slots filled from the lead of each row."""
        ...

    def templates(self, tenant: str, campaign_id: str) -> dict[str, Json]:
        """The variants of each unit as account-based systems take them, each at most 50 KB."""
        ...

    def approve_variant(self, tenant: str, variant_id: str, *, by: str, comment: str, seen: int | None) -> Json:
        """A person's yes to the newest version of a variant that they did not make."""
        ...

    def rate_variant(
        self,
        tenant: str,
        variant_id: str,
        *,
        by: str,
        rating: int | None,
        flags: Sequence[str],
        comment: str,
        seen: int | None,
    ) -> Json:
        """A person's feedback on the newest version of a variant."""
        ...


@dataclass(frozen=True, slots=True)
class Outreach:
    """Where outreach campaigns are kept and worked on."""

    database: Database
    policy: OutreachPolicy
    chain: Chain
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
