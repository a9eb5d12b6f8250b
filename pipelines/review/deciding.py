"""Where an approval stands, and who may answer it: the rules that the database keeps too, said in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pipelines.contracts import Changed, Json, Refusal

State = Literal["unasked", "open", "approved", "rejected", "expired", "void"]
Decision = Literal["approve", "reject"]
Via = Literal["console", "airflow", "cli", "api"]

SENTENCES: Mapping[str, str] = {
    "unasked": "Nobody has asked yet whether this campaign may be sent.",
    "approved": "Approved; exactly this content may be sent to exactly these people.",
    "expired": "Nobody answered in time, and silence is no approval; ask again.",
    "void": "Something was changed since it was asked to be approved; ask again.",
}
STAGES: Mapping[str, str] = {
    "marketing": "marketing", "quality": "quality", "manager": "a manager", "director": "a director",
}  # fmt: skip
SOONEST, LATEST = timedelta(seconds=15), timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person said to one request."""

    stage: str
    role: str
    by: str
    decision: Decision
    comment: str
    at: datetime
    via: Via


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a campaign stands with its approval, as the database computes it anew each time it is asked."""

    campaign_id: str
    state: State
    sentence: str
    moment: datetime
    approved_hash: str | None = None
    needs: tuple[str, ...] = ()
    waits_for: str | None = None
    answers: tuple[Answer, ...] = ()
    asked_by: str | None = None
    asked_at: datetime | None = None
    due_at: datetime | None = None

    @property
    def final(self) -> bool:
        """Whether waiting is over; what was changed can be asked about again until the time is up."""
        overdue = self.due_at is not None and self.moment > self.due_at
        return self.state in ("approved", "rejected", "expired") or (self.state == "void" and overdue)

    @property
    def look_again_in(self) -> timedelta:
        """How long to wait before looking again: soon at first, later the longer nobody has answered."""
        if self.asked_at is None or self.due_at is None:
            return LATEST
        paced = min(max((self.moment - self.asked_at) / 10, SOONEST), LATEST)
        return max(min(paced, self.due_at - self.moment + timedelta(seconds=1)), timedelta(seconds=1))

    def to_json(self) -> Json:
        """For machines."""
        told = asdict(self)
        del told["moment"]
        for name in ("asked_at", "due_at"):
            told[name] = told[name].isoformat() if told[name] else None
        told["answers"] = [{**answer, "at": answer["at"].isoformat()} for answer in told["answers"]]
        return {**told, "final": self.final}


def standing_of(campaign_id: str, row: Mapping[str, Any] | None, answers: Sequence[Answer], now: datetime) -> Standing:
    """Where the campaign stands, said of its newest request and what was answered in its round."""
    if row is None:
        return Standing(campaign_id, "unasked", SENTENCES["unasked"], now)
    filled = {answer.stage for answer in answers if answer.decision == "approve"}
    waits_for = next((stage for stage in row["needs"] if stage not in filled), None) if row["state"] == "open" else None
    if row["state"] == "open":
        sentence = waiting_for(waits_for, row["due_at"])
    elif row["state"] == "rejected":
        no = next(answer for answer in answers if answer.decision == "reject")
        sentence = f"Rejected by {no.by} ({no.stage}): {no.comment}"
    else:
        sentence = SENTENCES[row["state"]]
    return Standing(
        campaign_id, row["state"], sentence, now, row["approved_hash"], tuple(row["needs"]), waits_for, tuple(answers),
        row["asked_by"], row["asked_at"], row["due_at"],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Office:
    """A stage that a person may decide, by which of their roles."""

    stage: str
    role: str


def office_for(standing: Standing, decision: Decision, by: str, offices: Sequence[Office], *, made_it: bool) -> Office:
    """The stage that this person decides now, or a refusal that says why they may not."""
    campaign = standing.campaign_id
    if standing.state != "open" and not (standing.state == "approved" and decision == "reject"):
        raise Changed(f"Campaign {campaign} takes no answer: {standing.sentence}")
    if made_it:
        raise Refusal(
            f"{by} had a hand in campaign {campaign}, and who made it cannot decide on it; ask somebody else."
        )
    if not offices:
        raise Refusal(
            f"{by} has no role that decides on campaign {campaign}; `liftline access grant` gives one "
            f"(it needs: {', '.join(standing.needs)})."
        )
    if decision == "reject":
        return next((one for one in offices if one.stage == standing.waits_for), offices[0])
    if given := yes_of(standing, by):
        raise Refusal(
            f"{by} said yes to campaign {campaign} already, for {STAGES[given.stage]}; one person says one yes."
        )
    for office in offices:
        if office.stage == standing.waits_for:
            return office
    raise Refusal(
        f"Campaign {campaign} waits for the yes of {STAGES[standing.waits_for or '']}, which {by} has no role to give."
    )


def waiting_for(stage: str | None, until: datetime) -> str:
    """Whose yes comes next, and by when."""
    return f"Waits for the yes of {STAGES[stage or '']} until {until:%d %B %Y %H:%M} UTC."


def yes_of(standing: Standing, by: str) -> Answer | None:
    """The yes that this person gave in this round, if they did."""
    return next((one for one in standing.answers if one.decision == "approve" and same_person(one.by, by)), None)


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person; capitals and blanks around make nobody another."""
    return one.strip().lower() == other.strip().lower()
