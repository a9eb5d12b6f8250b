"""What each factor of a factorial design does by itself, and whether one changes what another does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import combinations

from pipelines.contracts import Json
from pipelines.experiments.analysis.adjusting import adjusted
from pipelines.experiments.analysis.sequential import always_valid
from pipelines.experiments.analysis.statistics import Kind, Moments, contrast
from pipelines.experiments.analysis.verdicts import FEWEST_UNITS, Terms

Levels = Mapping[str, str]
Weights = dict[str, float]


@dataclass(frozen=True, slots=True)
class Effect:
    """Of one factor its main effect over all arms; of two how much more the first does where the second differs."""

    factors: tuple[str, ...]
    levels: tuple[str, ...]
    against: tuple[str, ...]
    units: int
    lift_abs: float
    ci_low: float
    ci_high: float
    p_value: float
    p_adjusted: float
    stands: bool
    sentence: str = ""

    def to_json(self) -> Json:
        """As a read-out keeps it."""
        return {**asdict(self), **{name: list(getattr(self, name)) for name in ("factors", "levels", "against")}}


def effects(metric: str, kind: Kind, levels: Mapping[str, Levels], arms: Mapping[str, Moments], terms: Terms,
            units: int) -> list[Effect]:  # fmt: skip
    """Every main effect and every interaction of two factors, against the levels of the control; one family."""
    if any(arms[name].n < 2 for name in levels):
        return []
    found = []
    for told, weights in _contrasts(levels, terms.control):
        difference = contrast([(weight, arms[name]) for name, weight in weights.items()], kind, terms.alpha)
        if difference is None:
            continue
        if terms.plan == "sequential":
            difference = always_valid(difference, sum(arms[name].n for name in weights), terms.alpha, units)
        found.append((told, min(arms[name].n for name in weights), difference))
    corrected = adjusted([difference.p_value for _, _, difference in found], terms.correction)
    return [
        _worded(metric, kind, Effect(
            *told, sum(arms[name].n for name in levels), one.lift_abs, one.ci_low, one.ci_high, one.p_value, p,
            stands=p < terms.alpha and not one.ci_low <= 0 <= one.ci_high and least >= FEWEST_UNITS,
        ))
        for (told, least, one), p in zip(found, corrected, strict=True)
    ]  # fmt: skip


def _contrasts(
    levels: Mapping[str, Levels], control: str
) -> Iterator[tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], Weights]]:
    base = levels[control]
    others = {
        factor: [one for one in dict.fromkeys(arm[factor] for arm in levels.values()) if one != base[factor]]
        for factor in base
    }
    for factor, wanted in others.items():
        for level in wanted:
            yield ((factor,), (level,), (base[factor],)), _weights(levels, {factor: (level, base[factor])})
    for one, other in combinations(base, 2):
        for level in others[one]:
            for beside in others[other]:
                pairs = {one: (level, base[one]), other: (beside, base[other])}
                yield ((one, other), (level, beside), (base[one], base[other])), _weights(levels, pairs)


def _weights(levels: Mapping[str, Levels], pairs: Mapping[str, tuple[str, str]]) -> Weights:
    """Arms at the wanted level count for, those at the base against; at both of two factors, for again."""
    taken = {name: arm for name, arm in levels.items() if all(arm[factor] in pair for factor, pair in pairs.items())}
    each = len(taken) / 2 ** len(pairs)
    signs = dict.fromkeys(taken, 1)
    for name, arm in taken.items():
        for factor, (level, _) in pairs.items():
            signs[name] *= 1 if arm[factor] == level else -1
    return {name: sign / each for name, sign in signs.items()}


def _worded(metric: str, kind: Kind, one: Effect) -> Effect:
    def shown(value: float) -> str:
        return f"{100 * value:+.2f}" if kind == "binary" else f"{value:+,.4g}"

    points = " points" if kind == "binary" else ""
    spread = f"{shown(one.lift_abs)}{points} of {metric}, interval {shown(one.ci_low)} to {shown(one.ci_high)}"
    sure = "Chance alone would hardly do that" if one.stands else "That may well be chance"
    if len(one.factors) == 1:
        said = f"{one.factors[0]}: {one.levels[0]} beside {one.against[0]}, over all else alike, {spread}."
    else:
        said = (
            f"{one.factors[0]} and {one.factors[1]}: {one.levels[0]} beside {one.against[0]} does this much more with "
            f"{one.levels[1]} than with {one.against[1]}: {spread}."
        )
    return replace(one, sentence=f"{said} {sure} (p = {one.p_adjusted:.3f} after correction).")
