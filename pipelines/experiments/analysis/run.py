"""Use cases: read an experiment out, look at what was read, and conclude it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pipelines.contracts import Json, Refusal
from pipelines.experiments.analysis.allocating import allocate_next, allocate_running, told_of
from pipelines.experiments.analysis.explanation import explain_people
from pipelines.experiments.analysis.judging import Judged, Moment, Seen, judge
from pipelines.experiments.analysis.rounds import with_each_running
from pipelines.experiments.analysis.store import Readings, proven_copy
from pipelines.experiments.design import Design, checked
from pipelines.experiments.laboratory import Laboratory

__all__ = [
    "allocate_next", "allocate_running", "conclude", "conclude_decided", "explain_campaign", "library", "read_out",
    "read_out_running", "results",
]  # fmt: skip

Row = dict[str, Any]

# By these verdicts a person may end an experiment before its time.
DECIDED = ("winner", "loser", "invalid")
# More people than that explain nothing better, and would have to be held in memory.
MOST_EXPLAINED = 200_000


def read_out(
    laboratory: Laboratory, tenant: str, key: str, *, by: str, as_of: datetime | None = None, foretold: bool = False
) -> Json:
    """What an experiment says as of a moment; where nothing changed since, the newest read-out stands.

    A moment that lies ahead is one that a simulator has `foretold`.
    """
    now = laboratory.clock()
    moment_asked = as_of or now
    if moment_asked > now and not foretold:
        raise Refusal(
            f"{moment_asked:%Y-%m-%d %H:%M} UTC lies ahead, and what people will do by then is not known; name no "
            f"moment after {now:%Y-%m-%d %H:%M}."
        )
    with laboratory.database.transaction(tenant) as connection:
        readings = Readings(connection, key)
        there = readings.begin()
        design, judged = _judged(readings, there, moment_asked)
        newest = readings.newest()
        if newest is None or _says_other(judged, newest):
            number = newest["readout"] + 1 if newest else 1
            readings.keep(number, judged, as_of=moment_asked, by=by, now=now)
            facts = {"readout": number, "units": judged.units, "unripe": judged.unripe, "plan": design.plan}
            readings.log(there, {
                "by": by, "kind": "system", "action": "read_out", "decision": judged.verdict, "reason": judged.reason,
                "facts": facts,
            })  # fmt: skip
            newest = readings.newest()
    assert newest is not None
    return _told(there, newest)


def read_out_running(laboratory: Laboratory, tenants: Iterable[str], *, by: str) -> Json:
    """Read out every experiment that runs."""

    def read(tenant: str, key: str) -> Json:
        told = read_out(laboratory, tenant, key, by=by)
        return {name: told[name] for name in ("readout", "verdict", "winner")}

    return with_each_running(laboratory, tenants, read)


def _judged(readings: Readings, there: Row, as_of: datetime) -> tuple[Design, Judged]:
    if there["started_at"] is None:
        raise Refusal(f"Nothing of experiment {there['experiment_key']} was sent yet, so there is nothing to read out.")
    if as_of < there["started_at"]:
        raise Refusal(
            f"Experiment {there['experiment_key']} began on {there['started_at']:%Y-%m-%d %H:%M} UTC; ask for a later "
            "moment."
        )
    design, moment = checked(there["design"]), Moment(there["started_at"], as_of)
    return design, judge(design, seen_by(readings, there, design, moment), moment)


def seen_by(readings: Readings, there: Row, design: Design, moment: Moment) -> Seen:
    """Everything that is judged, read at once."""
    campaign_id = there["campaign_id"]
    return Seen(
        rows=readings.outcomes(campaign_id, design, moment),
        days=readings.by_day(campaign_id, design.primary_metric, moment),
        waves=readings.waves(),
        currencies=readings.currencies(moment),
        assigned=sum(((there["assigned"] or {}).get("arms") or {}).values()),
    )


def _says_other(judged: Judged, newest: Row) -> bool:
    before = (newest["analysis"], newest["verdict"], newest["winner"], newest["final"])
    return (judged.to_json(), judged.verdict, judged.winner, judged.final) != before


def _told(there: Row, readout: Row) -> Json:
    return {
        "experiment_key": there["experiment_key"], "campaign_id": there["campaign_id"], "state": there["state"],
        "readout": readout["readout"], "as_of": readout["as_of"].isoformat(), "final": readout["final"],
        "verdict": readout["verdict"], "winner": readout["winner"], "reason": readout["reason"],
        **readout["analysis"],
    }  # fmt: skip


def results(laboratory: Laboratory, tenant: str, key: str) -> Json | None:
    """The newest read-out of an experiment, its earlier ones, and what became of its arms; None before the first."""
    with laboratory.database.transaction(tenant) as connection:
        readings = Readings(connection, key)
        there, newest = readings.experiment(), readings.newest()
        if newest is None:
            return None
        earlier = [{**row, "as_of": row["as_of"].isoformat(), "made_at": row["made_at"].isoformat()}
                   for row in readings.all()]  # fmt: skip
        ended = _promotions(readings)
        design = checked(there["design"])
        learnt = None
        if design.learns:
            moment = Moment(there["started_at"], newest["as_of"])
            learnt = told_of(design, readings.waves(), readings.outcomes(there["campaign_id"], design, moment))
    return {
        **_told(there, newest), "design": there["design"], "started_at": there["started_at"].isoformat(),
        "readouts": earlier, "promotions": ended, "conclusion": there["conclusion"], "learnt": learnt,
    }  # fmt: skip


def library(laboratory: Laboratory, tenant: str) -> list[Json]:
    """The copy whose worth experiments have shown, the newest first, each with what was learnt of it."""
    with laboratory.database.transaction(tenant) as connection:
        return [{**row, "decided_at": row["decided_at"].isoformat()} for row in proven_copy(connection)]


def explain_campaign(laboratory: Laboratory, tenant: str, key: str) -> Json | None:
    """Whom the winner of the newest read-out, or else the arm ahead, moved; None where there is nothing to explain."""
    with laboratory.database.transaction(tenant) as connection:
        readings = Readings(connection, key)
        there, newest = readings.experiment(), readings.newest()
        if newest is None or newest["verdict"] == "invalid":
            return None
        design = checked(there["design"])
        compared = [one for one in _primary(design, newest) if one["ci_low"] is not None]
        if not compared:
            return None
        best = max(compared, key=lambda one: (one["arm"] == newest["winner"], one["lift_abs"]))
        moment = Moment(there["started_at"], newest["as_of"])
        people = readings.people(there["campaign_id"], design, moment, (best["arm"], best["control"]), MOST_EXPLAINED)
    return explain_people(people, design.primary_metric, best["arm"], best["control"])


def conclude(laboratory: Laboratory, tenant: str, key: str, *, by: str, as_of: datetime | None = None) -> Json:
    """End an experiment by its newest numbers: a winner is the control of what comes next, losers retire."""
    read_out(laboratory, tenant, key, by=by, as_of=as_of)
    now = laboratory.clock()
    with laboratory.database.transaction(tenant) as connection:
        readings = Readings(connection, key)
        there, newest = readings.begin(), readings.newest()
        assert newest is not None
        if there["state"] != "running":
            return _ended(readings, there, newest)
        if newest["verdict"] not in DECIDED and not newest["final"]:
            raise Refusal(
                f"Experiment {key} has neither a winner nor come to its end: {newest['reason']} Let it run, or "
                "cancel the campaign."
            )
        return _conclude(readings, there, newest, by=by, kind="person", now=now)


def conclude_decided(laboratory: Laboratory, tenants: Iterable[str], *, by: str) -> Json:
    """End every running experiment whose newest read-out decides it, or whose time is over; again, none."""
    now = laboratory.clock()

    def end(tenant: str, key: str) -> Json | None:
        with laboratory.database.transaction(tenant) as connection:
            readings = Readings(connection, key)
            there, newest = readings.begin(), readings.newest()
            if there["state"] != "running" or newest is None or not _is_over(checked(there["design"]), newest):
                return None
            ended = _conclude(readings, there, newest, by=by, kind="system", now=now)
        return {name: ended[name] for name in ("state", "verdict", "winner")}

    return with_each_running(laboratory, tenants, end)


def _is_over(design: Design, newest: Row) -> bool:
    """A winner ends an experiment once the least run is over, which its verdict says; one that learns goes on with it.

    What is invalid now may be mended until the time is over, or ended by a person.
    """
    return bool(newest["final"] or (newest["verdict"] in ("winner", "loser") and not design.learns))


def _conclude(readings: Readings, there: Row, newest: Row, *, by: str, kind: str, now: datetime) -> Json:
    design = checked(there["design"])
    state = "invalid" if newest["verdict"] == "invalid" else "concluded"
    conclusion = {"verdict": newest["verdict"], "winner": newest["winner"], "reason": newest["reason"],
                  "readout": newest["readout"], "by": by}  # fmt: skip
    readings.conclude(state, conclusion, now=now)
    _retire(readings, design, there, newest, by=by, now=now)
    readings.log(there, {
        "by": by, "kind": kind, "action": "conclude", "decision": newest["verdict"], "reason": newest["reason"],
        "facts": {"readout": newest["readout"], "winner": newest["winner"]},
    })  # fmt: skip
    return _ended(readings, {**there, "state": state, "conclusion": conclusion}, newest)


def _ended(readings: Readings, there: Row, newest: Row) -> Json:
    return {**_told(there, newest), "conclusion": there["conclusion"], "promotions": _promotions(readings)}


def _promotions(readings: Readings) -> list[Json]:
    return [{**row, "decided_at": row["decided_at"].isoformat()} for row in readings.promotions()]


def _primary(design: Design, newest: Row) -> list[Json]:
    """The comparisons that decide: of the primary metric, over everybody."""
    return [
        one
        for one in newest["analysis"]["comparisons"]
        if one["metric"] == design.primary_metric and "segment" not in one
    ]


def _retire(readings: Readings, design: Design, there: Row, newest: Row, *, by: str, now: datetime) -> None:
    templates = readings.templates(there["campaign_id"])
    primary = {one["arm"]: one for one in _primary(design, newest)}
    for arm in design.arms:
        numbers = primary.get(arm.name, {})
        if newest["winner"] == arm.name:
            outcome, reason = "promoted", f"It is the control of what comes next. {newest['reason']}"
        elif arm.strategy is None:
            outcome, reason = "kept", "It is sent nothing; every experiment needs it."
        elif newest["winner"] is not None or numbers.get("verdict") == "loser":
            outcome, reason = "retired", numbers.get("reason") or newest["reason"]
        else:
            outcome, reason = "kept", numbers.get("reason") or newest["reason"]
        readings.promote(
            arm.name, outcome, arm.strategy, templates.get(arm.strategy or "", []), numbers, reason, by=by, now=now
        )
