"""Which KPIs moved more than chance explains, and what of the same month may explain it. A lead, never a verdict."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.reporting.numbers import told

# A share must differ from the month before by so many standard errors; else by so many deviations of the months before.
ERRORS, DEVIATIONS = 3.0, 3.0
LEAST_MONTHS = 4
LEAST_CHANGE = 0.1

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One KPI that moved: from where to where, and what may explain it."""

    kpi: str
    before: float
    now: float
    unit: str
    better: bool
    explanations: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The finding in words."""
        way = "better" if self.better else "worse"
        why = " ".join(self.explanations) or "Nothing in the marts of this month stands out beside it."
        moved = f"{told(self.before, self.unit)} to {told(self.now, self.unit)}"
        return f"{self.kpi.capitalize()} went from {moved}, which is {way}. {why}"


def anomalies(history: Sequence[Row], month: Any, causes: Mapping[str, Sequence[str]]) -> list[Anomaly]:
    """The KPIs of `month` that moved; `history` holds the rows of all months up to it, oldest first."""
    found = []
    for kpi in dict.fromkeys(row["kpi"] for row in history):
        rows = [row for row in history if row["kpi"] == kpi and row["value"] is not None]
        if len(rows) < 2 or rows[-1]["month"] != month:
            continue
        before, now = rows[-2], rows[-1]
        if _moved(rows):
            better = (now["value"] > before["value"]) == now["higher_is_better"]
            found.append(
                Anomaly(
                    kpi, float(before["value"]), float(now["value"]), now["unit"], better, tuple(causes.get(kpi, ()))
                )
            )
    return found


def _moved(rows: Sequence[Row]) -> bool:
    before, now = rows[-2], rows[-1]
    change = float(now["value"]) - float(before["value"])
    if abs(change) < LEAST_CHANGE * abs(float(before["value"])):
        return False
    if now["unit"] == "share":
        return abs(change) > ERRORS * _standard_error(before, now)
    earlier = [float(row["value"]) for row in rows[:-1]]
    if len(earlier) < LEAST_MONTHS:
        return False
    return abs(float(now["value"]) - statistics.fmean(earlier)) > DEVIATIONS * statistics.stdev(earlier)


def _standard_error(before: Row, now: Row) -> float:
    """Of the difference of two shares, were both the same."""
    parts = float(before["numerator"] + now["numerator"])
    wholes = float(before["denominator"] + now["denominator"])
    share = parts / wholes
    return math.sqrt(share * (1 - share) * (1 / float(before["denominator"]) + 1 / float(now["denominator"])))
