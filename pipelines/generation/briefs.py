"""What is wanted of a campaign, as a YAML file that a marketing operator writes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

STRATEGIES = ("professional", "friendly", "direct", "control", "curiosity", "benefit", "urgency", "social_proof")
CHANNELS = ("email", "sms", "whatsapp", "push", "web", "linkedin")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Audience(_Part):
    """For whom: one message for each segment of a scheme, each persona, account or person."""

    unit: Literal["segment", "persona", "account", "person"] = "segment"
    scheme: Literal["rules", "rfm", "kmeans"] = "rfm"
    only: tuple[str, ...] = ()


class CallToAction(_Part):
    """What the reader is asked to do, and where."""

    text: str
    link: str


class Offer(_Part):
    """What is offered, in the words of an approved passage."""

    text: str
    code: str | None = None
    ends: date | None = None


class Knowledge(_Part):
    """Which approved content may be used, and what to look for in it."""

    query: str | None = None
    audience: tuple[str, ...] = ()
    locale: str = "en"
    products: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    passages: int = Field(12, ge=1, le=50)


class Arm(_Part):
    """One treatment, or the control that gets nothing; which strategy it sends."""

    name: str
    weight: float = Field(gt=0)
    strategy: str | None = None


class Brief(_Part):
    """One campaign as it was asked for."""

    name: str
    goal: str
    audience: Audience = Audience()
    channel: Literal["email", "sms", "whatsapp", "push", "web", "linkedin"] = "email"
    tone: str = "warm and plain"
    value_proposition: str
    call_to_action: CallToAction
    strategies: tuple[str, ...] = ("professional", "friendly", "direct")
    offer: Offer | None = None
    budget_usd: Decimal = Field(Decimal(5), ge=0)
    knowledge: Knowledge = Knowledge()
    arms: tuple[Arm, ...] = ()
