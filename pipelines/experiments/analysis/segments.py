"""How the lift differs between segments: shrunk towards the whole as far as chance alone explains the difference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy.special import chdtrc, ndtr

from pipelines.contracts import Json

ALPHA = 0.05
FEWEST = 30
Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Sums:
    """The people of an arm within a segment: how many, the sum of the metric, and the sum of its squares."""

    n: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        """The mean of the metric."""
        return self.total / self.n

    @property
    def variance_of_mean(self) -> float:
        """How far that mean may be off."""
        return max(self.squares - self.total * self.mean, 0.0) / (self.n - 1) / self.n


@dataclass(frozen=True, slots=True)
class SegmentLift:
    """The lift within one segment, as it was seen and as it is believed."""

    segment: str
    n_arm: int
    n_control: int
    lift: float
    believed: float
    ci_low: float
    ci_high: float
    p_value: float
    p_adjusted: float
    stands_out: bool
    sentence: str

    def to_json(self) -> Json:
        """For a machine."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Segments:
    """All segments of one attribute, whether they differ at all, and what was too small to be told."""

    attribute: str
    differs: bool
    p_value: float | None
    lifts: tuple[SegmentLift, ...]
    left_out: tuple[str, ...]
    sentence: str

    def to_json(self) -> Json:
        """For a machine."""
        return {**asdict(self), "lifts": [one.to_json() for one in self.lifts]}


def compare_segments(attribute: str, arms: Mapping[str, tuple[Sums, Sums]]) -> Segments:
    """`arms`: for each segment its treated and its control people."""
    told, left_out = [], []
    for segment, (arm, control) in arms.items():
        if min(arm.n, control.n) < FEWEST or not arm.variance_of_mean + control.variance_of_mean > 0:
            left_out.append(segment)
        else:
            told.append((segment, arm, control))
    if len(told) < 2:
        sentence = f"By {attribute}, fewer than two segments are large enough to be compared."
        return Segments(attribute, False, None, (), tuple(left_out), sentence)
    lifts = np.array([arm.mean - control.mean for _, arm, control in told])
    spread = np.array([arm.variance_of_mean + control.variance_of_mean for _, arm, control in told])
    middle, between, p_value = _between(lifts, spread)
    # Each against the others, which it is no part of: against the whole it would be compared with itself.
    p_values = _against_the_rest(lifts, spread)
    found = _believed(told, lifts, spread, middle, between, p_values, differs=p_value < ALPHA)
    return Segments(
        attribute, p_value < ALPHA, p_value, found, tuple(left_out), _sentence(attribute, p_value, found)
    )  # fmt: skip


def _between(lifts: np.ndarray, spread: np.ndarray) -> tuple[float, float, float]:
    """The lift of all, how much of the variance is not chance (DerSimonian and Laird), and Cochran's p value."""
    weights = 1 / spread
    middle = float(np.average(lifts, weights=weights))
    q, freedom = float((weights * (lifts - middle) ** 2).sum()), len(lifts) - 1
    room = float(weights.sum() - (weights**2).sum() / weights.sum())
    between = max(q - freedom, 0.0) / room
    return float(np.average(lifts, weights=1 / (spread + between))), between, float(chdtrc(freedom, q))


def _against_the_rest(lifts: np.ndarray, spread: np.ndarray) -> np.ndarray:
    weights = 1 / spread
    others = weights.sum() - weights
    rest = ((weights * lifts).sum() - weights * lifts) / others
    away: np.ndarray = 2 * ndtr(-np.abs(lifts - rest) / np.sqrt(spread + 1 / others))
    return away


def holm(p_values: Sequence[float]) -> list[float]:
    """Corrected for having looked at all of them."""
    order = np.argsort(p_values, kind="stable")
    steps = np.array(p_values)[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(one) for one in adjusted]


def _believed(
    told: Sequence[tuple[str, Sums, Sums]], lifts: np.ndarray, spread: np.ndarray, middle: float, between: float,
    p_values: np.ndarray, *, differs: bool,
) -> tuple[SegmentLift, ...]:  # fmt: skip
    found = []
    adjusted = holm(p_values.tolist())
    for at, (segment, arm, control) in enumerate(told):
        kept = between / (between + spread[at])
        believed = float(middle + kept * (lifts[at] - middle))
        own = 1 / (spread + between)
        reach = Z * math.sqrt(kept * spread[at] + (1 - kept) ** 2 / own.sum())
        out = differs and adjusted[at] < ALPHA
        found.append(SegmentLift(
            segment, arm.n, control.n, float(lifts[at]), believed, believed - reach, believed + reach,
            float(p_values[at]), adjusted[at], out, _about(segment, float(lifts[at]), believed, middle, out=out),
        ))  # fmt: skip
    return tuple(sorted(found, key=lambda one: -one.believed))


def _about(segment: str, lift: float, believed: float, middle: float, *, out: bool) -> str:
    if not out:
        return f"{segment}: {lift:+.4g} was seen, which chance explains; {believed:+.4g} is believed."
    how = "more" if believed > middle else "less"
    return f"{segment}: it responds {how} than the others, by {believed:+.4g} (seen: {lift:+.4g})."


def _sentence(attribute: str, p_value: float, found: Sequence[SegmentLift]) -> str:
    if p_value >= ALPHA:
        return f"The lift does not differ by {attribute} beyond what chance explains (p = {p_value:.2g})."
    named = [f"{attribute} = {one.segment}" for one in found if one.stands_out]
    if not named:
        return f"The lift seems to differ by {attribute} (p = {p_value:.2g}), but no single segment stands out."
    return (
        f"The lift differs by {attribute} (p = {p_value:.2g}); {', '.join(named)} "
        f"{'stand' if len(named) > 1 else 'stands'} out. This was found by looking; test it before you build on it."
    )
