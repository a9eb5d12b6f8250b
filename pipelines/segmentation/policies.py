"""What the policy files of profiles and segments may say, checked and frozen."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipelines.contracts import LifecycleStage, event_spellings
from pipelines.policy_files.words import Zone

SegmentName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9 _-]{0,59}$")]
Sentence = Annotated[str, Field(min_length=1, max_length=300)]
Share = Annotated[float, Field(ge=0, le=1)]


class Policy(BaseModel):
    """A part of a policy file: nothing unknown in it, nothing guessed, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class SmallSegments(Policy):
    """What becomes of a segment with too few people."""

    min_share: Share = 0.0
    min_size: Annotated[int, Field(ge=0)] = 0
    action: Literal["merge", "flag"] = "flag"
    merge_into: SegmentName | None = None


class EventKind(Policy):
    """One kind of event: what it is worth and the names under which it arrives."""

    weight: float
    engages: bool
    human_only: bool
    names: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]

    @field_validator("names")
    @classmethod
    def _as_compared(cls, names: list[str]) -> list[str]:
        return event_spellings(names)


class Events(Policy):
    """The kinds of events that profiles know."""

    open: EventKind
    click: EventKind
    purchase: EventKind
    hard_bounce: EventKind
    complaint: EventKind
    visit: EventKind

    @model_validator(mode="after")
    def _a_name_means_one_thing(self) -> Events:
        seen: dict[str, str] = {}
        for kind in type(self).model_fields:
            for name in getattr(self, kind).names:
                if seen.setdefault(name, kind) != kind:
                    raise ValueError(f"the event name {name!r} stands under {seen[name]} and under {kind}")
        return self


class Engagement(Policy):
    """How points become a score."""

    half_at: Annotated[float, Field(gt=0)]


class Lifecycle(Policy):
    """Where one stage ends and the next begins."""

    new_days: Annotated[int, Field(ge=0)]
    active_days: Annotated[int, Field(ge=0)]
    churned_after: Annotated[int, Field(ge=1)]
    high_churn_risk: Share
    without_dates: LifecycleStage

    @model_validator(mode="after")
    def _stages_do_not_overlap(self) -> Lifecycle:
        if self.churned_after <= self.active_days:
            raise ValueError("churned_after must be more than active_days")
        return self


class ChurnWeights(Policy):
    """How much each part of the churn risk counts."""

    recency: float
    frequency: float
    monetary: float
    engagement: float

    @property
    def positive(self) -> float:
        """What the weights that speak for leaving add up to."""
        return sum(w for w in (self.recency, self.frequency, self.monetary, self.engagement) if w > 0)

    @model_validator(mode="after")
    def _something_speaks_for_leaving(self) -> ChurnWeights:
        if self.positive <= 0:
            raise ValueError("at least one weight must be above 0")
        return self


class Churn(Policy):
    """How the churn risk is put together."""

    weights: ChurnWeights
    horizon_days: Annotated[int, Field(gt=0)]
    half_at_orders: Annotated[float, Field(gt=0)]


class ProfilePolicy(Policy):
    """`profile.yaml`: how facts about a customer are weighed."""

    events: Events
    engagement: Engagement
    lifecycle: Lifecycle
    churn: Churn
    time_zone_when_unknown: Zone
    usd_rates: dict[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], Annotated[float, Field(gt=0)]]


def fingerprint(definition: dict[str, Any]) -> str:
    """A hash that changes whenever the definition does."""
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()
