"""How a tone goes together with engagement: phi of its two-by-two table, with an interval by Fisher's z."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Z = 1.959964
LEAST_MESSAGES = 30


@dataclass(frozen=True, slots=True)
class Correlation:
    """Phi between a tone and engagement, with its 95 % interval."""

    tone: str
    delivered: int
    engaged: int
    phi: float
    low: float
    high: float


def correlations(rows: Iterable[Mapping[str, Any]]) -> list[Correlation]:
    """One for each tone that was written often enough, beside at least one other, strongest first."""
    listed = list(rows)
    delivered, engaged = _sums(listed)
    if not 0 < engaged < delivered:
        return []
    found = []
    for tone in sorted({row["tone"] for row in listed}):
        own, own_engaged = _sums([row for row in listed if row["tone"] == tone])
        others = delivered - own
        if min(own, others) < LEAST_MESSAGES:
            continue
        spread = math.sqrt(own * others * engaged * (delivered - engaged))
        phi = (own_engaged * delivered - own * engaged) / spread
        around = math.atanh(max(-0.999999, min(0.999999, phi)))
        reach = Z / math.sqrt(delivered - 3)
        found.append(Correlation(tone, own, own_engaged, phi, math.tanh(around - reach), math.tanh(around + reach)))
    return sorted(found, key=lambda one: -abs(one.phi))


def not_compared(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The tones that are too rare, or too common, for a correlation, with what was delivered of each."""
    listed = list(rows)
    delivered, _ = _sums(listed)
    own = {
        tone: _sums([row for row in listed if row["tone"] == tone])[0] for tone in sorted({r["tone"] for r in listed})
    }
    return {tone: count for tone, count in own.items() if min(count, delivered - count) < LEAST_MESSAGES}


def _sums(rows: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    listed = list(rows)
    return sum(row["delivered"] for row in listed), sum(row["engaged"] for row in listed)
