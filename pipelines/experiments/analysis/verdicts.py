"""What is made of a comparison: one of five verdicts, and a sentence that a marketer understands."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pipelines.contracts import Json
from pipelines.experiments.analysis.adjusting import adjusted
from pipelines.experiments.analysis.sequential import always_valid
from pipelines.experiments.analysis.statistics import (
    Difference,
    Kind,
    Moments,
    adjusted_by_covariate,
    chance_to_beat,
    compare,
    estimate,
    stratified,
)

Verdict = Literal["winner", "loser", "inconclusive", "not enough data", "invalid"]
# With fewer units nothing is called; with fewer responses, no difference found says nothing but that few were asked.
FEWEST_UNITS, FEWEST_RESPONSES = 100, 25


@dataclass(frozen=True, slots=True)
class Asked:
    """A metric: how it is measured, and whether more of it is what is wanted."""

    name: str
    kind: Kind
    more_is_better: bool = True


@dataclass(frozen=True, slots=True)
class Terms:
    """By what an analysis judges, fixed before the data were seen."""

    control: str
    alpha: float = 0.05
    plan: Literal["fixed", "sequential"] = "fixed"
    correction: Literal["holm", "bonferroni", "none"] = "holm"
    expected_units: int | None = None
    # Where shares changed from wave to wave, only what differs within a wave is a difference.
    by_strata: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """One arm against the control by one metric, in everybody or in one segment."""

    metric: str
    kind: Kind
    arm: str
    control: str
    n_arm: int
    n_control: int
    value_arm: float | None
    value_control: float | None
    lift_abs: float | None
    lift_rel: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    p_adjusted: float | None
    verdict: Verdict
    reason: str
    test: str | None
    chance_to_beat_control: float | None
    cuped: Json | None
    stratified: Json | None = None
    segment: str | None = None

    def to_json(self) -> Json:
        """As `--json` prints it; `segment` only where there are segments."""
        told = {name: getattr(self, name) for name in self.__slots__ if name != "segment"}
        return told if self.segment is None else {**told, "segment": self.segment}


def judged(
    asked: Asked, arms: dict[str, Moments], terms: Terms, *, covariate: bool = False, segment: str | None = None,
    strata: Sequence[Mapping[str, Moments]] = (),
) -> list[Comparison]:  # fmt: skip
    """Every arm against the control; p values are not corrected yet, and nothing has won yet."""
    control = arms[terms.control]
    return [
        _compared(
            asked, name, moments, control, terms, covariate=covariate, segment=segment,
            strata=[(one[name], one[terms.control]) for one in strata],
        )
        for name, moments in arms.items()
        if name != terms.control
    ]  # fmt: skip


def settled(family: list[Comparison], asked: Asked, terms: Terms, invalid: str | None) -> list[Comparison]:
    """One family of comparisons with its p values corrected and its verdicts given."""
    told = [one for one in family if one.p_value is not None]
    corrected = iter(adjusted([one.p_value for one in told if one.p_value is not None], terms.correction))
    return [
        _settled(one if one.p_value is None else replace(one, p_adjusted=next(corrected)), asked, terms, invalid)
        for one in family
    ]


def _compared(
    asked: Asked, name: str, arm: Moments, control: Moments, terms: Terms, *, covariate: bool, segment: str | None,
    strata: Sequence[tuple[Moments, Moments]],
) -> Comparison:  # fmt: skip
    bare = Comparison(
        asked.name, asked.kind, name, terms.control, arm.n, control.n,
        _value(arm, asked.kind), _value(control, asked.kind),
        None, None, None, None, None, None, "not enough data", "", None, None, None, None, segment,
    )  # fmt: skip
    if trouble := _trouble(asked, name, arm, control, terms.control):
        return replace(bare, reason=trouble)
    weighed = stratified(strata, asked.kind, terms.alpha)
    decides = weighed is not None and terms.by_strata
    found = weighed.difference if weighed and decides else compare(arm, control, asked.kind, terms.alpha)
    against = estimate(control, asked.kind).value
    chance = chance_to_beat(found)
    units = arm.n + control.n
    if terms.plan == "sequential":
        found = always_valid(found, units, terms.alpha, terms.expected_units)
    without = adjusted_by_covariate(arm, control, terms.alpha) if covariate and asked.kind != "ratio" else None
    return replace(
        bare, lift_abs=found.lift_abs, lift_rel=found.lift_abs / abs(against) if against else None,
        ci_low=found.ci_low, ci_high=found.ci_high, p_value=found.p_value, test=found.test,
        chance_to_beat_control=chance if asked.more_is_better else 1 - chance,
        cuped=_adjusted(without.difference, units, terms, theta=without.theta,
                        variance_reduction=without.variance_reduction) if without else None,
        stratified=_adjusted(weighed.difference, units, terms, strata=weighed.strata, left_out=weighed.left_out,
                             decides=decides) if weighed else None,
    )  # fmt: skip


def _value(moments: Moments, kind: Kind) -> float | None:
    if moments.n == 0 or (kind == "ratio" and moments.x == 0):
        return None
    return estimate(moments, kind).value if moments.n > 1 else (moments.y / (moments.x if kind == "ratio" else 1))


def _adjusted(said: Difference, units: int, terms: Terms, **how: Any) -> Json:
    """An estimate that stands beside the plain one, by the same plan."""
    if terms.plan == "sequential":
        said = always_valid(said, units, terms.alpha, terms.expected_units)
    return {**how, "lift_abs": said.lift_abs, "ci_low": said.ci_low, "ci_high": said.ci_high, "p_value": said.p_value}


def _trouble(asked: Asked, name: str, arm: Moments, control: Moments, control_name: str) -> str | None:
    """Why these two cannot be compared at all, if they cannot."""
    for label, one in ((name, arm), (control_name, control)):
        if one.n < 2:
            known = "one unit with a value" if one.n else "no unit with a value"
            return f"{label} has {known} of {asked.name}; a comparison needs two at least in each arm."
        if asked.kind == "ratio" and one.x == 0:
            return f"The denominators of {asked.name} sum to zero in {label}, so there is no ratio."
    if asked.kind == "binary":
        both = arm + control
        if both.y in (0, both.n):
            return f"{'Nobody' if both.y == 0 else 'Everybody'} has {asked.name}, in either arm: nothing to compare."
        return None
    if estimate(arm, asked.kind).variance == estimate(control, asked.kind).variance == 0:
        return f"{asked.name} never varies within {name} or within {control_name}, so no test can judge a difference."
    return None


def _settled(one: Comparison, asked: Asked, terms: Terms, invalid: str | None) -> Comparison:
    if invalid:
        return replace(one, verdict="invalid", reason=invalid)
    if one.p_adjusted is None or one.lift_abs is None or one.ci_low is None or one.ci_high is None:
        return one
    sure = one.p_adjusted < terms.alpha and not one.ci_low <= 0 <= one.ci_high
    shown = _shown(one, asked, terms)
    if few := _too_few(one, asked, sure=sure):
        return replace(one, verdict="not enough data", reason=f"{shown} {few}")
    if sure:
        better = (one.lift_abs > 0) == asked.more_is_better
        said = "better" if better else "worse"
        odds = f"Chance alone would hardly do that (p {_p(one.p_adjusted)} after correction)"
        return replace(
            one, verdict="winner" if better else "loser",
            reason=f"{shown} {one.arm} is {said} than {one.control}. {odds}.",
        )  # fmt: skip
    return replace(
        one, verdict="inconclusive",
        reason=f"{shown} That may well be chance (p {_p(one.p_adjusted)} after correction): no difference is shown.",
    )  # fmt: skip


def _too_few(one: Comparison, asked: Asked, *, sure: bool) -> str | None:
    # Of very few units no test is sure: sums of few are not normal, and whoever looks often sees a streak.
    if (least := min(one.n_arm, one.n_control)) < FEWEST_UNITS:
        return f"With {least:,} units in the smaller arm that is not enough to tell; {FEWEST_UNITS} are the least."
    if asked.kind == "binary" and not sure:
        responses = round((one.value_arm or 0) * one.n_arm + (one.value_control or 0) * one.n_control)
        if responses < FEWEST_RESPONSES:
            counted = "1 response in both arms is" if responses == 1 else f"{responses} responses in both arms are"
            return f"{counted} not enough to tell; {FEWEST_RESPONSES} are the least."
    return None


def _shown(one: Comparison, asked: Asked, terms: Terms) -> str:
    assert one.lift_abs is not None
    assert one.ci_low is not None
    assert one.ci_high is not None
    assert one.value_arm is not None
    assert one.value_control is not None
    relative = f" ({one.lift_rel:+.1%})" if one.lift_rel is not None and math.isfinite(one.lift_rel) else ""
    sure = f"{1 - terms.alpha:.0%}"
    where = f" in {one.segment}" if one.segment is not None else ""
    if asked.kind == "binary":
        return (
            f"{asked.name}{where}: {one.value_arm:.2%} in {one.arm} against {one.value_control:.2%} in {one.control}, "
            f"{100 * one.lift_abs:+.2f} points{relative}; {sure} interval {100 * one.ci_low:+.2f} to "
            f"{100 * one.ci_high:+.2f} points."
        )
    return (
        f"{asked.name}{where}: {one.value_arm:,.4g} in {one.arm} against {one.value_control:,.4g} in {one.control}, "
        f"{one.lift_abs:+,.4g}{relative}; {sure} interval {one.ci_low:+,.4g} to {one.ci_high:+,.4g}."
    )


def _p(value: float) -> str:
    return f"= {value:.3f}" if value >= 0.001 else "< 0.001"
