"""Sufficient statistics of a metric in an arm, and what two of them say about each other: closed forms, no rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

Kind = Literal["binary", "continuous", "ratio"]
Floats = npt.NDArray[np.float64]
# Below this many expected in a cell, the normal curve is not near enough and the exact test takes over.
FEW_EXPECTED = 5
# An end of an interval is found as near as numbers go: far finer than any count of people.
NEAREST = 1e-15
HAIR = 1e-12
# Beyond this many, a sum of squares no longer tells a spread from the rounding of its mean.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Moments:
    """Units of an arm: sums of a metric y, of x beside it (a covariate or a denominator), and of their products."""

    n: int
    y: float
    yy: float
    x: float = 0.0
    xx: float = 0.0
    xy: float = 0.0

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.n + other.n, self.y + other.y, self.yy + other.yy,
            self.x + other.x, self.xx + other.xx, self.xy + other.xy,
        )  # fmt: skip

    @property
    def mean(self) -> float:
        """The mean of y."""
        return self.y / self.n

    @property
    def mean_x(self) -> float:
        """The mean of x."""
        return self.x / self.n

    @property
    def var_y(self) -> float:
        """The sample variance of y."""
        return _spread(self.yy, self.y, self.n)

    @property
    def var_x(self) -> float:
        """The sample variance of x."""
        return _spread(self.xx, self.x, self.n)

    @property
    def cov(self) -> float:
        """The sample covariance of x and y."""
        return (self.xy - self.x * self.y / self.n) / (self.n - 1) if self.n > 1 else math.nan


def _spread(squares: float, total: float, n: int) -> float:
    if n < 2:
        return math.nan
    rest = squares - total * total / n
    return max(rest, 0.0) / (n - 1) if rest > ROUNDING * squares else 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """The value of a metric in an arm, and the variance of that value."""

    n: int
    value: float
    variance: float


@dataclass(frozen=True, slots=True)
class Difference:
    """An arm against its control: how far apart, how surely, and by which test."""

    lift_abs: float
    se: float
    ci_low: float
    ci_high: float
    p_value: float
    test: str


def estimate(moments: Moments, kind: Kind) -> Estimate:
    """The rate, the mean, or the ratio of the sums, by the delta method."""
    if kind == "binary":
        rate = moments.mean
        return Estimate(moments.n, rate, rate * (1 - rate) / moments.n)
    if kind == "continuous":
        return Estimate(moments.n, moments.mean, moments.var_y / moments.n)
    ratio = moments.y / moments.x
    spread = moments.var_y - 2 * ratio * moments.cov + ratio * ratio * moments.var_x
    return Estimate(moments.n, ratio, max(spread, 0.0) / moments.mean_x**2 / moments.n)


def compare(arm: Moments, control: Moments, kind: Kind, alpha: float) -> Difference:
    """The test that fits the metric; two-sided."""
    if kind == "binary":
        return _proportions(arm, control, alpha)
    of_arm, of_control = estimate(arm, kind), estimate(control, kind)
    return _welch(of_arm, of_control, alpha) if kind == "continuous" else _normal(of_arm, of_control, alpha, "delta")


def _proportions(arm: Moments, control: Moments, alpha: float) -> Difference:
    """The chi-square test without correction; Fisher's exact test where a cell expects too few.

    The interval is the score interval: the differences that the same chi-square test does not refuse. Wald's, which is
    simpler, can hold zero where the test refuses it, and has no width where nobody or everybody responded.
    """
    of_arm, of_control = estimate(arm, "binary"), estimate(control, "binary")
    lift = of_arm.value - of_control.value
    both = arm + control
    rate = both.mean
    pooled = math.sqrt(rate * (1 - rate) * (1 / arm.n + 1 / control.n))
    se = math.sqrt(of_arm.variance + of_control.variance)
    low, high = _score_interval(arm, control, alpha)
    if min(arm.n, control.n) * min(rate, 1 - rate) < FEW_EXPECTED:
        cells = [[round(one.y), one.n - round(one.y)] for one in (arm, control)]
        return Difference(lift, se, low, high, float(stats.fisher_exact(cells).pvalue), "fisher")
    return Difference(lift, se, low, high, _two_sided(lift / pooled), "chi-square")


def _score_interval(arm: Moments, control: Moments, alpha: float) -> tuple[float, float]:
    z, lift = _quantile(alpha), arm.mean - control.mean

    def refused(beyond: float) -> float:
        return abs(lift - beyond) - z * _spread_if(arm, control, beyond)

    def border(end: float) -> float:
        """Between the lift and the end of what is possible, where the test begins to refuse."""
        # Where nobody or everybody responded the lift itself has no spread; a hair beside it has.
        inside = lift + HAIR * (end - lift)
        if refused(inside) >= 0:
            return lift
        return float(optimize.brentq(refused, inside, end, xtol=NEAREST)) if refused(end) > 0 else end

    return border(-1.0), border(1.0)


def _spread_if(arm: Moments, control: Moments, lift: float) -> float:
    """The standard error of the difference if it truly were `lift`, with the rates that are then the likeliest."""
    odds, p, q = control.n / arm.n, arm.mean, control.mean
    a = 1 + odds
    b = -(1 + odds + p + odds * q + lift * (odds + 2))
    c = lift * lift + lift * (2 * p + odds + 1) + p + odds * q
    d = -p * lift * (1 + lift)
    v = (b / (3 * a)) ** 3 - b * c / (6 * a * a) + d / (2 * a)
    u = math.copysign(math.sqrt(max((b / (3 * a)) ** 2 - c / (3 * a), 0.0)), v)
    turn = (math.pi + math.acos(min(max(v / u**3, -1.0), 1.0))) / 3 if u else math.pi / 2
    rate = min(max(2 * u * math.cos(turn) - b / (3 * a), 0.0, lift), 1.0, 1.0 + lift)
    beside = rate - lift
    return math.sqrt(rate * (1 - rate) / arm.n + beside * (1 - beside) / control.n)


def stratified(parts: Sequence[tuple[Moments, Moments]], kind: Kind, alpha: float) -> Stratified | None:
    """The difference within each stratum, weighed by its size: unlike mixtures of people do not count as a difference.

    A stratum with fewer than two units in either arm compares nothing and is left out.
    """
    told = [one for one in parts if min(one[0].n, one[1].n) > 1]
    if len(parts) < 2 or not told or kind == "ratio":
        return None
    whole = sum(arm.n + control.n for arm, control in told)
    lift = spread = 0.0
    for arm, control in told:
        share = (arm.n + control.n) / whole
        of_arm, of_control = estimate(arm, kind), estimate(control, kind)
        lift += share * (of_arm.value - of_control.value)
        spread += share * share * (of_arm.variance + of_control.variance)
    if spread <= 0:
        return None
    found = _normal(Estimate(0, lift, spread), Estimate(0, 0.0, 0.0), alpha, "stratified")
    return Stratified(len(told), len(parts) - len(told), found)


def contrast(parts: Sequence[tuple[float, Moments]], kind: Kind, alpha: float) -> Difference | None:
    """A weighted sum of what arms have, whose weights sum to zero; None where nothing in them varies."""
    told = [(weight, estimate(moments, kind)) for weight, moments in parts]
    lift = sum(weight * one.value for weight, one in told)
    spread = sum(weight * weight * one.variance for weight, one in told)
    if spread <= 0:
        return None
    return _normal(Estimate(0, lift, spread), Estimate(0, 0.0, 0.0), alpha, "contrast")


def _welch(arm: Estimate, control: Estimate, alpha: float) -> Difference:
    lift, se = arm.value - control.value, math.sqrt(arm.variance + control.variance)
    freedom = (arm.variance + control.variance) ** 2 / (
        arm.variance**2 / (arm.n - 1) + control.variance**2 / (control.n - 1)
    )
    reach = -float(special.stdtrit(freedom, alpha / 2)) * se
    return Difference(
        lift, se, lift - reach, lift + reach, float(2 * special.stdtr(freedom, -abs(lift / se))), "welch"
    )  # fmt: skip


def _normal(arm: Estimate, control: Estimate, alpha: float, test: str) -> Difference:
    lift, se = arm.value - control.value, math.sqrt(arm.variance + control.variance)
    reach = _quantile(alpha) * se
    return Difference(lift, se, lift - reach, lift + reach, _two_sided(lift / se), test)


def _quantile(alpha: float) -> float:
    """How many standard errors to either side leave `alpha` outside; scipy's distributions take fifty times as long."""
    return -float(special.ndtri(alpha / 2))


def _two_sided(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


@dataclass(frozen=True, slots=True)
class Stratified:
    """The same comparison within strata: how many there were, how many had too few, and what they say together."""

    strata: int
    left_out: int
    difference: Difference


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The same comparison after what was known before the experiment is taken out (CUPED)."""

    theta: float
    variance_reduction: float
    difference: Difference


def adjusted_by_covariate(arm: Moments, control: Moments, alpha: float) -> Adjusted | None:
    """CUPED: x is the covariate, one slope for both arms; None where x says nothing."""
    freedom = arm.n + control.n - 2
    if freedom < 2:
        return None
    var_x = ((arm.n - 1) * arm.var_x + (control.n - 1) * control.var_x) / freedom
    if var_x <= 0:
        return None
    theta = ((arm.n - 1) * arm.cov + (control.n - 1) * control.cov) / freedom / var_x
    middle = (arm.x + control.x) / (arm.n + control.n)

    def estimated(one: Moments) -> Estimate:
        spread = one.var_y - 2 * theta * one.cov + theta * theta * one.var_x
        return Estimate(one.n, one.mean - theta * (one.mean_x - middle), max(spread, 0.0) / one.n)

    of_arm, of_control = estimated(arm), estimated(control)
    plain = arm.var_y / arm.n + control.var_y / control.n
    left = of_arm.variance + of_control.variance
    if plain <= 0 or left <= 0:
        return None
    return Adjusted(theta, 1 - left / plain, _normal(of_arm, of_control, alpha, "cuped"))


def chance_to_beat(difference: Difference) -> float:
    """How likely the arm is truly above its control, if nothing was known before."""
    return float(stats.norm.cdf(difference.lift_abs / difference.se)) if difference.se > 0 else 0.5


def grouped(groups: npt.NDArray[np.intp], count: int, y: Floats, x: Floats | None = None) -> list[Moments]:
    """The moments of every group in one pass a sum; a group is a number below `count`."""
    n = np.bincount(groups, minlength=count)

    def total(weights: Floats) -> Floats:
        summed: Floats = np.bincount(groups, weights=weights, minlength=count).astype(np.float64, copy=False)
        return summed

    sums = [total(y), total(y * y)]
    if x is not None:
        sums += [total(x), total(x * x), total(x * y)]
    return [Moments(int(n[at]), *(float(one[at]) for one in sums)) for at in range(count)]
