"""What the sums of a campaign say under its design: measured, checked, judged, and put in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pipelines.contracts import LESS_IS_BETTER, RATES, Json
from pipelines.experiments.analysis.analysing import Analysis, Measured, analyse
from pipelines.experiments.analysis.factors import Effect, effects
from pipelines.experiments.analysis.health import (
    NOVELTY_DAYS,
    Finding,
    contamination,
    exposure,
    novelty,
    outage,
    sample_ratio,
)
from pipelines.experiments.analysis.statistics import Moments
from pipelines.experiments.analysis.verdicts import Asked, Comparison, Terms, Verdict
from pipelines.experiments.design import Design

Row = Mapping[str, Any]
# Only a message can cause these: an arm that is sent nothing cannot be compared by them.
CAUSED = ("clicked", "replied", "unsubscribed", "complained", "bounced")
FEW_LATE = 100
# Where the sums tell what a design weighs people by.
STRATA = {"unit": "unit_id", "country": "people_of"}


@dataclass(frozen=True, slots=True)
class Moment:
    """When it is looked, and when it began."""

    started_at: datetime
    as_of: datetime

    @property
    def days(self) -> float:
        """How long it has run."""
        return (self.as_of - self.started_at) / timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Judged:
    """An analysis under a design, with the one verdict that counts."""

    analysis: Analysis
    verdict: Verdict
    winner: str | None
    reason: str
    final: bool
    units: int
    unripe: int
    incremental: Json | None = None
    currency: str | None = None
    factors: Sequence[Effect] = ()

    def to_json(self) -> Json:
        """As a read-out keeps it; `factors` only of a factorial design."""
        counted: Json = {"units": self.units, "unripe": self.unripe}
        if self.factors:
            counted["factors"] = [one.to_json() for one in self.factors]
        return {**self.analysis.to_json(), **counted, "currency": self.currency, "incremental": self.incremental}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the database holds of an experiment: sums, first responses by day, shares of waves, how many have an arm."""

    rows: Sequence[Row]
    days: Sequence[Row] = ()
    waves: Sequence[Row] = ()
    currencies: Sequence[str | None] = ()
    assigned: int = 0


def judge(design: Design, seen: Seen, moment: Moment) -> Judged:
    """Everything that can be said of an experiment now."""
    rows = shown_one_arm(seen.rows)
    ripe = [row for row in rows if row["ripe"]]
    counts = {arm.name: sum(row["units"] for row in ripe if row["arm"] == arm.name) for arm in design.arms}
    findings = list(_health(design, seen, ripe, moment))
    units = _by_unit(ripe)
    measured = [_measured(design, metric, ripe, units if len(units) > 1 else {}) for metric in _metrics(design)]
    warnings = _of_silence(design, measured)
    unlike = _of_currencies(seen.currencies)
    warnings += [unlike] if unlike else []
    # Intervals that hold at every look are tuned once, to the two arms that a comparison will have in the end.
    expected = max(round(2 * seen.assigned / len(design.arms)), 2) if seen.assigned else None
    terms = Terms(design.control, design.alpha, design.plan, design.correction, expected, by_strata=design.learns)
    told = analyse(counts, measured, terms, health=findings)
    comparisons = [
        replace(one, verdict="invalid", reason=unlike) if unlike and one.metric == "revenue" else one
        for one in told.comparisons
    ]
    unripe = sum(row["units"] for row in rows if not row["ripe"])
    if unripe:
        warnings.append(
            f"{unripe:,} people still have time to respond and are not counted yet; each has "
            f"{design.attribution_days} days."
        )
    too_early = _too_early(design, moment, unripe)
    if too_early:
        comparisons = [
            replace(one, verdict="not enough data", reason=f"{too_early} {one.reason}")
            if one.verdict in ("winner", "loser") else one
            for one in comparisons
        ]  # fmt: skip
    analysis = replace(told, comparisons=comparisons, warnings=warnings)
    verdict, winner, reason = _verdict(design, comparisons, too_early)
    final = moment.days >= design.max_days and not unripe
    currency = seen.currencies[0] if len(seen.currencies) == 1 else None
    return Judged(
        analysis, verdict, winner, reason, final, sum(counts.values()), unripe,
        _incremental(design, comparisons, currency), currency,
        [] if verdict == "invalid" else _factors(design, measured[0], terms, seen.assigned),
    )  # fmt: skip


def _factors(design: Design, primary: Measured, terms: Terms, assigned: int) -> list[Effect]:
    levels = {arm.name: arm.levels for arm in design.arms if arm.name in primary.arms}
    if design.kind != "factorial" or len(levels) < len(design.arms):
        return []
    return effects(
        primary.asked.name, primary.asked.kind, levels, primary.arms, primary.terms(terms), max(assigned, 2)
    )  # fmt: skip


def _of_silence(design: Design, measured: Sequence[Measured]) -> list[str]:
    caused = [one for one in measured if one.against != design.control]
    if not caused:
        return []
    *some, last = [one.asked.name for one in caused]
    named = f"{', '.join(some)} or {last}" if some else last
    return [
        f"{design.control} is sent nothing and cannot have {named}: by that the arms are compared with "
        f"{caused[0].against}."
    ]


def _of_currencies(currencies: Sequence[str | None]) -> str | None:
    if len(currencies) < 2:
        return None
    shown = ", ".join(one or "no currency" for one in currencies)
    return (
        f"What people bought was told in {shown}, and is added up as it stands: nothing can be concluded from revenue; "
        "have shops tell it in one currency, or judge by converted."
    )


def _incremental(design: Design, comparisons: Sequence[Comparison], currency: str | None) -> Json | None:
    """What the arms earned that the control did not, times their people. Ends are added to ends, since all arms share
    one control: never narrower than is true. None where the control was sent a text as well: then no arm tells what
    people spend without one."""
    if next(arm for arm in design.arms if arm.name == design.control).strategy is not None:
        return None
    told = [
        (one.n_arm, one.ci_low, one.lift_abs, one.ci_high) for one in comparisons
        if one.metric == "revenue" and one.segment is None and one.verdict != "invalid" and one.ci_low is not None
    ]  # fmt: skip
    if not told:
        return None
    low, revenue, high = (sum(one[0] * (one[at] or 0.0) for one in told) for at in (1, 2, 3))
    return {"revenue": revenue, "low": low, "high": high, "people": sum(one[0] for one in told), "currency": currency}


def _metrics(design: Design) -> tuple[str, ...]:
    return (design.primary_metric, *design.secondary_metrics, *design.guardrail_metrics)


def reference(design: Design, metric: str) -> str:
    """Whom the arms are compared with: the control, or the first arm written to, where only that can respond."""
    silent = next(arm for arm in design.arms if arm.name == design.control).strategy is None
    treated = [arm.name for arm in design.arms if arm.strategy is not None]
    return treated[0] if silent and metric in CAUSED else design.control


def shown_one_arm(rows: Iterable[Row]) -> list[Row]:
    """The sums without those who have seen two arms, and so say nothing of either."""
    return [row for row in rows if not row["other_arm"]]


def _by_unit(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["unit_id"], []).append(row)
    return dict(sorted(found.items()))


def _measured(design: Design, metric: str, ripe: Sequence[Row], units: Mapping[str, Sequence[Row]]) -> Measured:
    asked = Asked(metric, "binary" if metric in RATES else "continuous", metric not in LESS_IS_BETTER)
    names = [arm.name for arm in design.arms if metric not in CAUSED or arm.strategy is not None]
    sums = {f"unit={unit}": _sums(metric, rows, names) for unit, rows in units.items()}
    # A unit of one person, or of nobody in an arm, compares nothing.
    within = {unit: arms for unit, arms in sums.items() if min(one.n for one in arms.values()) > 1}
    strata = [_sums(metric, part, names) for part in _strata(design, ripe)]
    return Measured(
        asked, _sums(metric, ripe, names), within,
        covariate=metric == "revenue", against=reference(design, metric), strata=strata,
    )  # fmt: skip


def _strata(design: Design, ripe: Sequence[Row]) -> list[list[Row]]:
    """The rows by what the design weighs people by; where shares change from wave to wave, by the wave as well."""
    by = [*(STRATA[one] for one in design.stratify_by), *(["wave"] if design.learns else [])]
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in ripe:
        found.setdefault(tuple(row[name] for name in by), []).append(row)
    return list(found.values()) if by else []


def _sums(metric: str, rows: Iterable[Row], names: Sequence[str]) -> dict[str, Moments]:
    sums = dict.fromkeys(names, Moments(0, 0.0, 0.0))
    for row in rows:
        if row["arm"] in sums:
            sums[row["arm"]] = sums[row["arm"]] + _moments(metric, row)
    return sums


def _moments(metric: str, row: Row) -> Moments:
    if metric in RATES:
        return Moments(row["units"], float(row[metric]), float(row[metric]))
    return Moments(
        row["units"], row["revenue"], row["revenue_squared"], row["spent"], row["spent_squared"], row["revenue_spent"]
    )


def _wanted(design: Design, waves: Sequence[Row], rows: Iterable[Row]) -> dict[str, float]:
    """How the people of these rows were meant to be shared out: by the design, or wave by wave as was decided."""
    if not design.learns:
        return design.shares
    decided = {row["wave"]: row["shares"] for row in waves}
    wanted = dict.fromkeys(design.shares, 0.0)
    for row in rows:
        for arm, share in decided.get(row["wave"], design.shares).items():
            wanted[arm] += share * row["units"]
    return wanted


def _health(design: Design, seen: Seen, ripe: Sequence[Row], moment: Moment) -> Iterable[Finding]:
    rows, days = shown_one_arm(seen.rows), seen.days
    shares = _wanted(design, seen.waves, rows)
    treated = {arm.name: shares[arm.name] for arm in design.arms if arm.strategy is not None}
    everybody = _by_arm(rows, "units", shares)
    yield sample_ratio(everybody, shares)
    for unit, of_unit in _by_unit(rows).items():
        wanted = _wanted(design, seen.waves, of_unit)
        found = sample_ratio(_by_arm(of_unit, "units", wanted), wanted, segment=unit)
        if found.severity == "invalid":
            yield found
    people = {arm: _by_arm(rows, "units", treated)[arm] - _by_arm(rows, "robots", treated)[arm] for arm in treated}
    if len(treated) > 1 and any(people.values()):
        after = sample_ratio(people, treated)
        if after.severity == "invalid":
            shown = ", ".join(f"{arm} {count:,}" for arm, count in people.items())
            yield Finding(
                "sample_ratio_after_bots", "warning",
                f"Once robots are left out, the arms no longer hold their shares ({shown}; p = {after.p_value:.2g}): "
                "scanners met one arm more often than another, so look at the bot filter before you believe clicks.",
                after.p_value,
            )  # fmt: skip
    yield from filter(None, [
        contamination(
            sum(row["units"] for row in seen.rows if row["other_arm"]), sum(row["units"] for row in seen.rows)
        ),
        exposure(_by_arm(rows, "sent", treated), _by_arm(rows, "units", treated)),
    ])  # fmt: skip
    last = int(moment.days)
    counted = [sum(row["responses"] for row in days if row["day"] == day) for day in range(max(last, 0))]
    yield from filter(None, [outage(design.primary_metric, counted), _fading(design, ripe, days)])


def _by_arm(rows: Iterable[Row], what: str, arms: Mapping[str, float]) -> dict[str, int]:
    counted = dict.fromkeys(arms, 0)
    for row in rows:
        if row["arm"] in counted:
            counted[row["arm"]] += row[what]
    return counted


def _fading(design: Design, ripe: Sequence[Row], days: Sequence[Row]) -> Finding | None:
    """The best arm's lead in the first days beside its lead since."""
    against = reference(design, design.primary_metric)
    counts = _by_arm(ripe, "units", design.shares)
    others = [arm.name for arm in design.arms if arm.name != against and arm.strategy is not None]
    if not others or not all(counts[name] for name in (*others, against)):
        return None

    early, late = (
        _by_arm((row for row in days if (row["day"] >= NOVELTY_DAYS) == since), "responses", counts)
        for since in (False, True)
    )
    best = max(others, key=lambda name: (early[name] + late[name]) / counts[name])
    if late[best] + late[against] < FEW_LATE:
        return None
    return novelty(*([told[best], told[against]] for told in (early, late, counts)))


def _too_early(design: Design, moment: Moment, unripe: int) -> str | None:
    if moment.days < design.min_days:
        return f"It has run {moment.days:.1f} days and has to run {design.min_days} at least."
    if design.plan == "fixed" and moment.days < design.max_days:
        return f"It is planned for one look after {design.max_days} days, and has run {moment.days:.1f}."
    if design.plan == "fixed" and unripe:
        return f"It is planned for one look at everybody, and {unripe:,} people still have time to respond."
    return None


def _verdict(
    design: Design, comparisons: Sequence[Comparison], too_early: str | None
) -> tuple[Verdict, str | None, str]:
    """The primary metric decides, over everybody; an arm that harms by a guardrail metric cannot win."""
    primary = [one for one in comparisons if one.metric == design.primary_metric and one.segment is None]
    if len(design.arms) < 2:
        return "inconclusive", None, "Everybody has the same arm, so there is nothing to compare it with."
    if not primary:
        return "not enough data", None, "There is one arm only that can be judged by the primary metric."
    invalid = next((one for one in primary if one.verdict == "invalid"), None)
    if invalid:
        return "invalid", None, invalid.reason
    if too_early:
        return "not enough data", None, too_early
    harmful = {
        one.arm: one for one in comparisons
        if one.metric in design.guardrail_metrics and one.segment is None and one.verdict == "loser"
    }  # fmt: skip
    won = [one for one in primary if one.verdict == "winner"]
    for one in sorted(won, key=lambda found: -(abs(found.lift_abs or 0.0))):
        if one.arm not in harmful:
            return "winner", one.arm, one.reason
    if won:
        harm = harmful[won[0].arm]
        return "inconclusive", None, f"{won[0].arm} wins by {won[0].metric} and harms by {harm.metric}. {harm.reason}"
    if all(one.verdict == "loser" for one in primary):
        return "loser", primary[0].control, primary[0].reason
    decisive: Verdict = (
        "not enough data" if any(one.verdict == "not enough data" for one in primary) else "inconclusive"
    )
    return decisive, None, next(one for one in primary if one.verdict in (decisive, "inconclusive", "loser")).reason
