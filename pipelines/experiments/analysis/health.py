"""Whether an experiment can be believed at all: each check is one function that finds something or nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from scipy import stats

from pipelines.contracts import Json

Severity = Literal["ok", "warning", "invalid"]
MISMATCH = 0.001
NOVELTY_DAYS = 4
# Fewer expected in an arm of a segment, and no test of shares holds; fewer on a day, and the next may well have none.
FEWEST_EXPECTED, MANY_A_DAY = 5, 10
TOO_MANY = 0.01
UNTOLD = " If they were meant to differ, tell their shares with --weights."


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has to say."""

    check: str
    severity: Severity
    sentence: str
    p_value: float | None = None
    segment: str | None = None

    def to_json(self) -> Json:
        """As `--json` prints it."""
        return {name: value for name, value in asdict(self).items() if name != "segment" or value is not None}


def sample_ratio(
    counts: Mapping[str, int], wanted: Mapping[str, float] | None, *, segment: str | None = None
) -> Finding:
    """Whether the arms hold the shares that they were meant to; if not, who is missing is no accident."""
    names, check = list(counts), "sample_ratio"
    observed = np.array([counts[name] for name in names], float)
    if observed.sum() == 0:
        return Finding(check, "warning", "Nobody is left in any arm, so no ratio can be checked.", segment=segment)
    if len(names) < 2:
        return Finding(check, "warning", "There is one arm only, so no ratio can be checked.", segment=segment)
    meant = dict(wanted) if wanted else dict.fromkeys(names, 1.0)
    p_value, least = _mismatch(observed, [meant.get(name, 0.0) for name in names])
    if segment is not None and least < FEWEST_EXPECTED:
        return Finding(check, "ok", f"Too few are in {segment} to check a ratio.", segment=segment)
    of = f" in {segment}" if segment is not None else ""
    shown = ", ".join(f"{name} {counts[name]:,}" for name in names)
    if p_value >= MISMATCH:
        how = "as designed" if wanted else "as equal arms"
        return Finding(check, "ok", f"The arms hold what they should{of}, {how}: {shown}.", p_value, segment)
    wish = ", ".join(f"{name} {meant.get(name, 0.0) / sum(meant.values()):.1%}" for name in names)
    return Finding(
        check, "invalid",
        f"The arms do not hold what they should{of} ({shown}; wanted {wish}; p = {p_value:.2g}): somebody is "
        f"missing for a reason, and no difference between the arms can be trusted.{'' if wanted else UNTOLD}",
        p_value, segment,
    )  # fmt: skip


def _mismatch(observed: np.ndarray, shares: Sequence[float]) -> tuple[float, float]:
    """The p value, and how many are expected in the smallest arm; who is in an arm of nobody is no chance.

    Where these are few, each arm is held exactly against the others, and the worst is corrected for being the worst.
    """
    wanted = np.array(shares, float)
    if (observed[wanted <= 0] > 0).any():
        return 0.0, math.inf
    kept = wanted > 0
    expected = wanted[kept] / wanted[kept].sum() * observed.sum()
    least = float(expected.min())
    if 0 < least < FEWEST_EXPECTED:
        everybody = int(observed.sum())
        exact = [
            stats.binomtest(int(count), everybody, share / everybody).pvalue
            for count, share in zip(observed[kept], expected, strict=True)
        ]
        return min(1.0, float(min(exact)) * (len(exact) if len(exact) > 2 else 1)), least
    return float(stats.chisquare(observed[kept], expected).pvalue), least


def contamination(units_in_several: int, units: int) -> Finding | None:
    """Units that stand in two arms have seen both, and say nothing of either."""
    if not units_in_several:
        return None
    share = units_in_several / units
    return Finding(
        "contamination", "invalid" if share > TOO_MANY else "warning",
        f"{units_in_several:,} of {units:,} units ({share:.2%}) stand in more than one arm; they are left out"
        + (", and with so many nothing can be trusted." if share > TOO_MANY else "."),
    )  # fmt: skip


def duplicates(rows: int, units: int) -> Finding | None:
    """Rows that name a unit again: one row is one unit, or intervals come out too narrow."""
    if not rows:
        return None
    many = rows > TOO_MANY * units
    return Finding(
        "duplicated_units", "invalid" if many else "warning",
        f"{rows:,} rows name a unit that stands in the same arm already; the first row of each counts"
        + (", and with so many it is not known what a row is: give each unit one row." if many else "."),
    )  # fmt: skip


def exposure(sent: Mapping[str, int], assigned: Mapping[str, int]) -> Finding | None:
    """Treated units that were never reached water every effect down, and unevenly so distort it."""
    reached = {arm: sent.get(arm, 0) / many for arm, many in assigned.items() if many and arm in sent}
    low = {arm: share for arm, share in reached.items() if share < 0.95}
    if not low:
        return None
    said = ", ".join(f"{arm} {share:.1%}" for arm, share in low.items())
    return Finding(
        "missing_exposures", "warning",
        f"Not everybody assigned was written to ({said}); everybody counts as assigned, so the effect comes out small.",
    )  # fmt: skip


def outage(metric: str, by_day: Sequence[int]) -> Finding | None:
    """Days without a single event between two that had many: events were lost, not people silent."""
    days = np.array(by_day)
    some = np.flatnonzero(days)
    many = days[some] >= MANY_A_DAY
    silent = int((np.diff(some) - 1)[many[:-1] & many[1:]].sum())
    if not silent:
        return None
    said = "1 day" if silent == 1 else f"{silent} days"
    return Finding("metric_outage", "warning", f"{metric} has {said} without any event amid days with many.")


def novelty(early: Sequence[int], late: Sequence[int], people: Sequence[int]) -> Finding | None:
    """An effect that does not last, by the responses of an arm and its control in the first days and since.

    To one message responses grow fewer by themselves: an effect lasts if among fewer the arm leads by as much fewer.
    """
    fewer = sum(late) / sum(early) if sum(early) else 0.0
    meant = fewer * (early[0] / people[0] - early[1] / people[1])
    found = late[0] / people[0] - late[1] / people[1]
    lost = meant - found if meant > 0 else found - meant
    se = math.sqrt(
        sum((fewer**2 * before + since) / n**2 for before, since, n in zip(early, late, people, strict=True))
    )
    if not se or lost < 2 * se:
        return None
    return Finding(
        "novelty", "warning",
        f"The effect of the first {NOVELTY_DAYS} days did not last: the arm would lead by {meant:+.4g} since then, and "
        f"leads by {found:+.4g}; expect the later one.",
    )  # fmt: skip


def invalid_because(findings: Sequence[Finding]) -> str | None:
    """Why nothing may be concluded, if so; a segment's trouble is that segment's alone."""
    return next((one.sentence for one in findings if one.severity == "invalid" and one.segment is None), None)
