"""Comparisons as rows that people read, each with where its interval lies on the one scale of its metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.contracts import RATES, factor_words

Comparison = Mapping[str, Any]
TONES = {"winner": "good", "loser": "bad", "invalid": "bad", "inconclusive": "", "not enough data": ""}


@dataclass(frozen=True, slots=True)
class Bar:
    """Where an interval lies, of 100 from left to right."""

    low: float
    middle: float
    high: float
    zero: float


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison in words, and its bar where there is an interval."""

    arm: str
    control: str
    segment: str
    people: int
    value: str
    beside: str
    lift: str
    relative: str
    interval: str
    p: str
    verdict: str
    tone: str
    reason: str
    bar: Bar | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What one factor does, or how much more it does where a second differs, and its bar."""

    factor: str
    levels: str
    people: int
    effect: str
    interval: str
    p: str
    tone: str
    bar: Bar


def effects(found: Sequence[Mapping[str, Any]], metric: str, currency: str | None = None) -> list[Effect]:
    """The effects of a factorial design on its primary metric, all on one scale."""
    rate, after = metric in RATES, f" {currency}" if currency and metric not in RATES else ""
    low, high = _scale(found)
    return [
        Effect(
            *factor_words(one), one["units"],
            f"{_lift(one['lift_abs'], rate)}{' points' if rate else after}",
            f"{_lift(one['ci_low'], rate)} to {_lift(one['ci_high'], rate)}{after}", _p(one["p_adjusted"]),
            "" if not one["stands"] else "good" if one["lift_abs"] > 0 else "bad",
            _bar(one, low, high),
        )
        for one in found
    ]  # fmt: skip


def lines(comparisons: Sequence[Comparison], currency: str | None = None) -> list[Line]:
    """The comparisons of one metric; amounts are told in the currency, where one is known."""
    low, high = _scale(comparisons)
    return [_line(one, low, high, f" {currency}" if currency else "") for one in comparisons]


def by_metric(
    comparisons: Sequence[Comparison], *, segments: bool, currency: str | None = None
) -> dict[str, list[Line]]:
    """The comparisons over everybody, or those within segments, by metric."""
    found: dict[str, list[Comparison]] = {}
    for one in comparisons:
        if ("segment" in one) == segments:
            found.setdefault(one["metric"], []).append(one)
    return {metric: lines(of, currency) for metric, of in found.items()}


def _line(one: Comparison, low: float, high: float, currency: str) -> Line:
    rate = one["metric"] in RATES
    told_in = " points" if rate else currency
    known = one["ci_low"] is not None
    return Line(
        one["arm"], one["control"], one.get("segment", "").removeprefix("unit="), one["n_arm"],
        _value(one["value_arm"], rate, currency), _value(one["value_control"], rate, currency),
        f"{_lift(one['lift_abs'], rate)}{told_in}" if known else "–",
        f"{one['lift_rel']:+.1%}" if one["lift_rel"] is not None else "",
        f"{_lift(one['ci_low'], rate)} to {_lift(one['ci_high'], rate)}{currency if not rate else ''}" if known else "",
        _p(one["p_adjusted"]),
        one["verdict"], TONES[one["verdict"]], one["reason"],
        _bar(one, low, high) if known and high > low else None,
    )  # fmt: skip


def _p(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}" if value >= 0.001 else "< 0.001"


def _scale(found: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """From where to where the intervals reach, with zero among it."""
    ends = [0.0, *(one[end] for one in found for end in ("ci_low", "ci_high") if one[end] is not None)]
    return min(ends), max(ends)


def _bar(one: Mapping[str, Any], low: float, high: float) -> Bar:
    # A margin at both ends, so that no mark is cut off.
    def at(value: float) -> float:
        return round(3 + 94 * (value - low) / (high - low), 2)

    return Bar(at(one["ci_low"]), at(one["lift_abs"]), at(one["ci_high"]), at(0.0))


def _value(value: float | None, rate: bool, currency: str) -> str:
    return "–" if value is None else f"{value:.2%}" if rate else f"{value:,.2f}{currency}"


def _lift(value: float, rate: bool) -> str:
    return f"{100 * value:+.2f}" if rate else f"{value:+,.2f}"
