"""How many people an experiment needs, what it can detect with those it has, and how long it takes."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Literal

from scipy.optimize import brentq
from scipy.stats import norm

from pipelines.contracts import Json, Refusal

Plan = Literal["fixed", "sequential"]
Correction = Literal["holm", "bonferroni", "none"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What should be found: a relative lift over a baseline rate, how surely, in how many arms, by which plan."""

    baseline: float
    lift: float
    power: float = 0.8
    alpha: float = 0.05
    arms: int = 2
    plan: Plan = "fixed"
    correction: Correction = "holm"

    def __post_init__(self) -> None:
        if not 0 < self.baseline < 1:
            raise Refusal(f"The baseline is {self.baseline:g}; write a rate between 0 and 1, such as 0.02 for 2 %.")
        if self.lift == 0 or not 0 < self.baseline * (1 + self.lift) < 1:
            raise Refusal(
                f"A lift of {self.lift:g} makes {self.baseline:g} {self.baseline * (1 + self.lift):g}; write a "
                "relative lift, such as 0.10 for 10 % more, that leaves a rate between 0 and 1 and another than before."
            )
        for name, value in (("power", self.power), ("alpha", self.alpha)):
            if not 0 < value < 1:
                raise Refusal(f"The {name} is {value:g}; write a share between 0 and 1.")
        if self.power <= self.alpha:
            raise Refusal(f"A power of {self.power:g} is no more than alpha ({self.alpha:g}); write 0.8, or more.")
        if self.arms < 2:
            raise Refusal(f"{self.arms} arm compares nothing; write 2 or more, the control among them.")

    @property
    def alpha_each(self) -> float:
        """What each comparison with the control may err by: the first step of Holm is Bonferroni's."""
        return self.alpha if self.correction == "none" else self.alpha / (self.arms - 1)


def needed(wish: Wish) -> int:
    """The people that each arm needs, by Cohen's h for two rates, as statsmodels computes it."""
    return math.ceil((_reach(wish) / _h(wish.baseline, wish.baseline * (1 + wish.lift))) ** 2 - 1e-9)


def detectable(wish: Wish, people: float) -> float | None:
    """The least relative rise that so many people in each arm detect; None where no rise would be seen."""
    if people < 1:
        return None
    angle = math.asin(math.sqrt(wish.baseline)) + _reach(wish) / math.sqrt(people) / 2
    return math.sin(angle) ** 2 / wish.baseline - 1 if angle < math.pi / 2 else None


def power_of(wish: Wish, people: float) -> float:
    """How surely so many people in each arm show the lift that is wished for."""
    if people < 1:
        return 0.0
    return _seen(abs(_h(wish.baseline, wish.baseline * (1 + wish.lift))) * math.sqrt(people / 2), _threshold(wish))


def _h(before: float, after: float) -> float:
    return 2 * (math.asin(math.sqrt(after)) - math.asin(math.sqrt(before)))


def _seen(effect: float, threshold: float) -> float:
    """How surely an effect of so many standard errors is beyond the threshold, on either side of zero."""
    return float(norm.cdf(effect - threshold) + norm.cdf(-effect - threshold))


def _reach(wish: Wish) -> float:
    threshold = _threshold(wish)
    return math.sqrt(2) * float(brentq(lambda effect: _seen(effect, threshold) - wish.power, 0, threshold + 40))


def _threshold(wish: Wish) -> float:
    """How many standard errors off zero an estimate must be; a sequential interval is widest where it is tuned to."""
    alpha = wish.alpha_each
    if wish.plan == "fixed":
        return float(norm.ppf(1 - alpha / 2))
    tuned = -2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)
    return math.sqrt(2 * (tuned + 1) / tuned * math.log(math.sqrt(tuned + 1) / alpha))


@dataclass(frozen=True, slots=True)
class Size:
    """What an experiment needs and what it can see."""

    baseline: float
    lift: float
    power: float
    alpha: float
    alpha_per_comparison: float
    arms: int
    plan: str
    correction: str
    sample_per_arm: int
    sample_total: int
    days: int
    audience: int | None
    audience_per_arm: int | None
    detectable_lift: float | None
    power_at_audience: float | None
    enough: bool | None
    sentence: str

    def to_json(self) -> Json:
        """The one object that `--json` prints."""
        return asdict(self)


def size(
    wish: Wish,
    *,
    audience: int | None = None,
    smallest_share: float | None = None,
    daily: int | None = None,
    attribution_days: int = 7,
    min_days: int = 7,
) -> Size:
    """Needed sample, detectable effect and expected days; `smallest_share` is that of the smallest arm compared."""
    per_arm = needed(wish)
    share = smallest_share or 1 / wish.arms
    total = math.ceil(per_arm / share - 1e-9)
    sending = math.ceil(min(total, audience or total) / daily) if daily else 1
    each = None if audience is None else int(audience * share)
    seen = None if each is None else detectable(wish, each)
    enough = None if each is None else each >= per_arm
    return Size(
        wish.baseline, wish.lift, wish.power, wish.alpha, wish.alpha_each, wish.arms, wish.plan, wish.correction,
        per_arm, total, max(min_days, sending + attribution_days), audience, each, seen,
        None if each is None else power_of(wish, each), enough, _sentence(wish, per_arm, total, audience, seen, enough),
    )  # fmt: skip


def _sentence(
    wish: Wish, per_arm: int, total: int, audience: int | None, seen: float | None, enough: bool | None
) -> str:
    goal = f"a change from {wish.baseline:.2%} to {wish.baseline * (1 + wish.lift):.2%}"
    need = f"{per_arm:,} people in each arm, {total:,} in all"
    if audience is None:
        return f"To detect {goal} with {wish.power:.0%} power it takes {need}."
    if enough:
        return f"{audience:,} people are enough to detect {goal}: it takes {need}."
    shown = f"only a rise to {wish.baseline * (1 + seen):.2%} or more" if seen is not None else "no rise at all"
    return f"It cannot detect {goal}: it takes {need}, and there are {audience:,}. They show {shown}."
