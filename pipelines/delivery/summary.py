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
    step: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """What became of the messages of one step of a journey."""

    step: int
    claimed: int
    accepted: int
    rejected: int
    unknown: int
    skipped: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where the sending of a campaign stands; people are counted by their first message, `later` ones apart."""

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
    later: tuple[Step, ...] = ()
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
    first = [row for row in states if row["step"] == 1]
    one = _counted(1, first)
    later = sum(row["customers"] for row in left_out if row["code"] == LATER)
    without_row = sum(row["customers"] for row in left_out) - later
    skipped, waiting = one.skipped + without_row, one.waiting + later
    moments = [row["next_at"] for row in states if row["state"] == "queued" and row["next_at"]]
    steps = sorted({row["step"] for row in states} - {1})
    return Delivery(
        campaign["campaign_id"], tenant, campaign["status"], one.claimed + skipped + waiting, one.claimed,
        one.accepted, one.rejected, one.unknown, skipped, waiting, counted(states, "claimed"),
        sum(row["overdue"] for row in states), tuple(_reasons(states, left_out)), min(moments) if moments else None,
        tuple(_counted(step, [row for row in states if row["step"] == step]) for step in steps),
        *((ramp["cohort"], ramp["steps"]) if ramp else (None, None)),
    )  # fmt: skip


def _counted(step: int, states: Sequence[Row]) -> Step:
    accepted, rejected = counted(states, *ACCEPTED), counted(states, "rejected")
    unknown = counted(states, "unknown", "claimed")
    return Step(
        step, accepted + rejected + unknown, accepted, rejected, unknown, counted(states, *SKIPPED),
        counted(states, "queued"),
    )  # fmt: skip


def _reasons(states: Sequence[Row], left_out: Sequence[Row]) -> list[Reason]:
    told: Counter[tuple[str, str, str, int]] = Counter()
    for row in states:
        if row["code"]:
            told[*_key(row["state"], row["code"], row["reason"]), row["step"]] += row["messages"]
    for row in left_out:
        state = "queued" if row["code"] == LATER else "skipped"
        told[*_key(state, row["code"], SENTENCES.get(row["code"], row["code"])), 1] += row["customers"]
    ordered = sorted(told.items(), key=lambda one: (-one[1], one[0]))
    return [Reason(state, code, why, messages, step) for (state, code, why, step), messages in ordered]


def _key(state: str, code: str, reason: str | None) -> tuple[str, str, str]:
    # What came back is told apart: its reason is not why it was accepted.
    shown = {"delivered": "accepted", **dict.fromkeys(SKIPPED, "skipped"), "queued": "waiting", "claimed": "unknown"}
    return shown.get(state, state), code, reason or ""
