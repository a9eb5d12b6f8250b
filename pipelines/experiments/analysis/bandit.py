"""Which share of the next cohort each arm gets, by what matured cohorts showed, and what that says honestly afterwards.

A cohort has matured when its last message was sent a whole attribution window ago. Younger ones are not looked at: an
arm whose people answer slowly would seem to lose. Whatever is decided is told with its shares, for without them nobody
can say afterwards what each arm is worth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from pipelines.contracts import Json

FEWEST = 100
FLOOR = 0.05
DRAWS = 20_000

Code = Literal["not_matured", "too_few", "equal", "shifted", "weakest_halved", "winner"]


@dataclass(frozen=True, slots=True)
class Cohort:
    """The people of one wave: the shares that were decided for it, and per arm how many and how many responded."""

    shares: Mapping[str, float]
    units: Mapping[str, int]
    responses: Mapping[str, int]
    matured: bool = True


@dataclass(frozen=True, slots=True)
class Allocation:
    """The shares of the next cohort, and why."""

    shares: Mapping[str, float]
    code: Code
    reason: str


@dataclass(frozen=True, slots=True)
class Worth:
    """What an arm would yield if everybody had got it, with its interval of 95 %."""

    arm: str
    units: int
    rate: float
    ci_low: float
    ci_high: float

    def to_json(self) -> Json:
        """For a machine."""
        return asdict(self)


def allocate(
    arms: Sequence[str], cohorts: Sequence[Cohort], rng: np.random.Generator, *, floor: float = FLOOR
) -> Allocation:
    """Thompson sampling: each arm gets the chance that it is the best, but never less than the floor."""
    if not 0 <= floor * len(arms) <= 1:
        raise ValueError(f"a floor of {floor:g} for each of {len(arms)} arms is more than everybody")
    units, responses = _seen(arms, cohorts)
    waits = _waits(arms, cohorts, units)
    if waits:
        return waits
    chances = chances_of_best(arms, units, responses, rng)
    shares = {arm: floor + (1 - floor * len(arms)) * chances[arm] for arm in arms}
    best = max(arms, key=lambda arm: chances[arm])
    reason = (
        f"{best} is the best arm with a chance of {chances[best]:.0%}, by {sum(units.values()):,} people whose time to "
        f"respond is over; no arm gets less than {floor:.0%}."
    )
    return Allocation(shares, "shifted", reason)


def stage(arms: Sequence[str], cohorts: Sequence[Cohort], winner: str | None) -> Allocation:
    """The staged plan: equal shares, then half a share for the weakest (of three: 40/40/20), then the winner alone.

    `winner` is what an always-valid read-out says, never the highest rate so far.
    """
    units, responses = _seen(arms, cohorts)
    waits = _waits(arms, cohorts, units)
    if waits:
        return waits
    if winner is not None:
        if winner not in arms:
            raise ValueError(f"the winner {winner} is no arm")
        shares = {arm: float(arm == winner) for arm in arms}
        return Allocation(shares, "winner", f"{winner} has won, so everybody who is left gets it.")
    rates = {arm: responses[arm] / units[arm] for arm in arms}
    weakest = min(arms, key=lambda arm: rates[arm])
    if len(arms) < 3 or list(rates.values()).count(rates[weakest]) > 1:
        told = "there are two arms only" if len(arms) < 3 else "no single arm is the weakest"
        return Allocation(_equal(arms), "equal", f"The shares stay equal: {told}.")
    parts = {arm: 1.0 if arm == weakest else 2.0 for arm in arms}
    shares = {arm: part / sum(parts.values()) for arm, part in parts.items()}
    reason = f"{weakest} responds least so far ({rates[weakest]:.2%}) and gets half a share; nothing is decided yet."
    return Allocation(shares, "weakest_halved", reason)


def chances_of_best(
    arms: Sequence[str], units: Mapping[str, int], responses: Mapping[str, int], rng: np.random.Generator
) -> dict[str, float]:
    """For each arm the chance that its rate is the highest, if every rate was as likely as any other before."""
    drawn = np.stack([rng.beta(1 + responses[arm], 1 + units[arm] - responses[arm], DRAWS) for arm in arms])
    best = np.bincount(drawn.argmax(axis=0), minlength=len(arms)) / DRAWS
    return dict(zip(arms, best.tolist(), strict=True))


def worth(arms: Sequence[str], cohorts: Sequence[Cohort]) -> list[Worth]:
    """What each arm is worth, every response weighted by the inverse of the share that its arm had.

    Adding cohorts up as they are would mistake a good week in which an arm was large for a good arm. An arm that some
    cohort gave nobody is not told: about those people nothing is known.
    """
    found = []
    for arm in arms:
        parts = [one for one in cohorts if one.matured and one.units.get(arm, 0)]
        everybody = [one for one in cohorts if one.matured and any(one.units.values())]
        if not parts or any(one.shares.get(arm, 0.0) <= 0 or not one.units.get(arm, 0) for one in everybody):
            continue
        weights = [1 / one.shares[arm] for one in parts]
        n = [one.units[arm] for one in parts]
        yes = [one.responses.get(arm, 0) for one in parts]
        whole = math.fsum(w * many for w, many in zip(weights, n, strict=True))
        rate = math.fsum(w * many for w, many in zip(weights, yes, strict=True)) / whole
        spread = math.fsum(
            w * w * (good * (1 - rate) ** 2 + (many - good) * rate**2)
            for w, many, good in zip(weights, n, yes, strict=True)
        )
        reach = 1.959963984540054 * math.sqrt(spread) / whole
        found.append(Worth(arm, sum(n), rate, max(rate - reach, 0.0), min(rate + reach, 1.0)))
    return found


def _seen(arms: Sequence[str], cohorts: Sequence[Cohort]) -> tuple[dict[str, int], dict[str, int]]:
    matured = [one for one in cohorts if one.matured]
    units = {arm: sum(one.units.get(arm, 0) for one in matured) for arm in arms}
    responses = {arm: sum(one.responses.get(arm, 0) for one in matured) for arm in arms}
    odd = next((arm for arm in arms if not 0 <= responses[arm] <= units[arm]), None)
    if odd is not None:
        raise ValueError(f"{odd} has {responses[odd]} responses of {units[odd]} people")
    return units, responses


def _waits(arms: Sequence[str], cohorts: Sequence[Cohort], units: Mapping[str, int]) -> Allocation | None:
    """Equal shares while it is too early to tell anything."""
    if not any(one.matured for one in cohorts):
        return Allocation(_equal(arms), "not_matured", "Nobody's time to respond is over yet, so the shares are equal.")
    few = min(arms, key=lambda arm: units[arm])
    if units[few] < FEWEST:
        reason = f"{few} has {units[few]:,} people whose time to respond is over; below {FEWEST} an arm nothing shifts."
        return Allocation(_equal(arms), "too_few", reason)
    return None


def _equal(arms: Sequence[str]) -> dict[str, float]:
    return {arm: 1 / len(arms) for arm in arms}
