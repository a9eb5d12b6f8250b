"""`delivery.yaml`: who writes, how fast, at what hour, and when sending stops by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pipelines.policy_files import read_policy
from pipelines.policy_files.mistakes import formed
from pipelines.policy_files.words import TenantName, Zone


def _address(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise ValueError(f"{text!r} is no e-mail address ({error})") from error


def _whole(costs: Mapping[str, float]) -> Mapping[str, float]:
    if missing := [channel for channel in get_args(Channel) if channel not in costs]:
        raise ValueError(f"{', '.join(missing)} is missing; say what a message costs there, 0 where nothing")
    return costs


Channel = Literal["email", "sms", "whatsapp", "push", "web", "linkedin"]
Address = Annotated[str, AfterValidator(_address)]
# As the domains of addresses are compared.
Domain = Annotated[
    str, AfterValidator(str.lower), formed(r"[a-z0-9-]+(\.[a-z0-9-]+)+", "what follows the @, such as gmail.com")
]
Hour = Annotated[int, Field(ge=0, le=23)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SenderPolicy(_Part):
    """Who a tenant's mails come from; the name is the brand's. A new sender warms up from its first day on."""

    address: Address
    reply_to: Address | None = None
    since: date | None = None

    @property
    def domain(self) -> str:
        """What mailbox providers know it by."""
        return self.address.rpartition("@")[2].lower()


class SendTime(_Part):
    """When a message is due: at once, or at the hour of the recipient's own clock at which they use to read."""

    at: Literal["once", "preferred_hour"]
    unknown_hour: Hour
    zone_when_unknown: Zone

    def day_of(self, moment: datetime) -> date:
        """The day at that moment where the senders are."""
        return moment.astimezone(ZoneInfo(self.zone_when_unknown)).date()


class DeliveryPolicy(_Part):
    """What holds for every campaign."""

    senders: Mapping[TenantName, SenderPolicy]
    claim_at_once: Annotated[int, Field(ge=1, le=10_000)]
    senders_at_once: Annotated[int, Field(ge=1, le=16)]
    one_per_request: bool
    domains_an_hour: Mapping[Domain, Annotated[int, Field(ge=0)]]
    warm_up_a_day: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]
    longest_wait_seconds: Annotated[float, Field(ge=0, le=3600)]
    failures_in_a_row: Annotated[int, Field(ge=1, le=1000)]
    in_doubt_after_minutes: Annotated[int, Field(ge=1, le=1440)]
    overdue_after_hours: Annotated[int, Field(ge=1, le=720)]
    night_looks_again_minutes: Annotated[int, Field(ge=1, le=720)]
    spoilt_looks_again_minutes: Annotated[int, Field(ge=1, le=1440)]
    send_time: SendTime
    track_opens: bool
    track_clicks: bool
    cost_usd: Annotated[Mapping[Channel, Annotated[float, Field(ge=0)]], AfterValidator(_whole)]

    @model_validator(mode="after")
    def _somebody_writes(self) -> DeliveryPolicy:
        if "default" not in self.senders:
            raise ValueError("senders names no default; add one")
        return self

    def sender(self, tenant: str) -> SenderPolicy:
        """Who writes for this tenant."""
        return self.senders.get(tenant, self.senders["default"])

    def sharing(self, tenant: str) -> tuple[list[str] | None, list[str]]:
        """Whose mails come from the same domain as this tenant's: these, or everybody's but those."""
        domain = self.sender(tenant).domain
        same = [name for name, one in self.senders.items() if one.domain == domain]
        return (None, [name for name in self.senders if name not in same]) if "default" in same else (same, [])


def read_delivery_policy(folder: Path) -> DeliveryPolicy:
    """The policy in the folder, or a refusal that names every mistake in it."""
    return read_policy(folder / "delivery.yaml", DeliveryPolicy, "delivery policy")
