"""Intervals that stay true however often they are looked at: asymptotic confidence sequences."""

from __future__ import annotations

import math
from dataclasses import replace

from pipelines.experiments.analysis.statistics import Difference

# The number of units at which the interval is tightest, unless the design says how many it expects.
TIGHTEST_AT = 5000


def always_valid(found: Difference, units: int, alpha: float, expected: int | None = None) -> Difference:
    """The same difference with an interval and a p value that hold at every look; wider than one look's would be."""
    if not (units > 0 and found.se > 0):
        return found
    tuned = max(expected or TIGHTEST_AT, 2)
    said = -2 * math.log(alpha)
    rho2 = (said + math.log(said + 1)) / tuned
    spread = units * rho2 + 1
    # Of the difference itself: its variance is that of one unit divided by their number.
    scale = 2 * spread / (units * rho2) * found.se**2
    reach = math.sqrt(scale * math.log(math.sqrt(spread) / alpha))
    p_value = min(1.0, math.exp(0.5 * math.log(spread) - found.lift_abs**2 / scale))
    return replace(
        found, ci_low=found.lift_abs - reach, ci_high=found.lift_abs + reach, p_value=p_value,
        test=f"{found.test}, always valid",
    )  # fmt: skip
