"""What became of the approved audience, in numbers that add up: claimed, skipped and waiting are all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from pipelines.contracts import Json
from pipelines.delivery.store import Row, counted

ACCEPTED = ("accepted", "delivered", "bounced", "complained")
SKIPPED = ("skipped", "cancelled")
LATER = "later_cohort"
SENTENCES = {
    "control": "The experiment keeps this arm without a message.",
    LATER: "The campaign grows step by step and has not come to this person; `liftline delivery widen` does.",
    "arm_without_message": "The arm has no strategy, so it is sent nothing.",
    "not_assigned": "No arm was assigned to this person.",
    "no_approved_variant": "No approved text is left for this person.",
    "global_holdout": "The person belongs to the holdout that no campaign writes to.",
    "outside_coverage": "The experiment covers only a share of the audience.",
    "outside_namespace": "Another experiment has this person.",
    "incomplete_unit": "The group of this person has no approved text for every arm.",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why messages are in a state, and how many."""

    state: str
    code: str
    sentence: str
    messages: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where the sending of a campaign stands."""

    campaign_id: str
    tenant: str
    status: str
    audience: int
    claimed: int
    accepted: int
    rejected: int
    unknown: int
    skipped: int
    waiting: int
    in_flight: int
    overdue: int
    reasons: tuple[Reason, ...]
    next_at: datetime | None
    cohort: int | None = None
    cohorts: int | None = None
    stopped: str = ""
    sentence: str = ""

    def to_json(self) -> Json:
        """For a machine."""
        return {**asdict(self), "next_at": self.next_at.isoformat() if self.next_at else None}


def delivery_of(
    campaign: Row, tenant: str, states: Sequence[Row], left_out: Sequence[Row], ramp: Row | None = None
) -> Delivery:
    """The numbers; a message that is claimed and not settled yet is one of which nobody knows."""
    accepted, rejected = counted(states, *ACCEPTED), counted(states, "rejected")
    in_flight = counted(states, "claimed")
    unknown = counted(states, "unknown") + in_flight
    later = sum(row["customers"] for row in left_out if row["code"] == LATER)
    without_row = sum(row["customers"] for row in left_out) - later
    skipped, waiting = counted(states, *SKIPPED) + without_row, counted(states, "queued") + later
    claimed = accepted + rejected + unknown
    moments = [row["next_at"] for row in states if row["state"] == "queued" and row["next_at"]]
    return Delivery(
        campaign["campaign_id"], tenant, campaign["status"], claimed + skipped + waiting, claimed, accepted, rejected,
        unknown, skipped, waiting, in_flight, sum(row["overdue"] for row in states),
        tuple(_reasons(states, left_out)), min(moments) if moments else None,
        *((ramp["cohort"], ramp["steps"]) if ramp else (None, None)),
    )  # fmt: skip


def _reasons(states: Sequence[Row], left_out: Sequence[Row]) -> list[Reason]:
    told: Counter[tuple[str, str, str]] = Counter()
    for row in states:
        if row["code"]:
            told[_key(row["state"], row["code"], row["reason"])] += row["messages"]
    for row in left_out:
        state = "queued" if row["code"] == LATER else "skipped"
        told[_key(state, row["code"], SENTENCES.get(row["code"], row["code"]))] += row["customers"]
    return [Reason(*key, messages) for key, messages in sorted(told.items(), key=lambda one: (-one[1], one[0]))]


def _key(state: str, code: str, reason: str | None) -> tuple[str, str, str]:
    shown = {**dict.fromkeys(ACCEPTED, "accepted"), **dict.fromkeys(SKIPPED, "skipped")}
    shown |= {"queued": "waiting", "claimed": "unknown"}
    return shown.get(state, state), code, reason or ""
