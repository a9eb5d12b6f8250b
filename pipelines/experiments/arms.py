"""Arms and their weights as people write them: `control:30,a,b,c` is 30 % for control, and the rest is shared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from pipelines.contracts import Refusal

MOST = 20
LEAST_WEIGHT, MOST_WEIGHT = 1e-3, 1e6


def arms_in(text: str) -> dict[str, float | None]:
    """The arms of a text such as `control:25,a:25,b`, with the weights that it names."""
    arms: dict[str, float | None] = {}
    for part in text.split(","):
        before, colon, after = part.rpartition(":")
        name, weight = (before.strip(), after.strip()) if colon else (part.strip(), "")
        if not name:
            raise Refusal(f"--arms {text!r} has an arm without a name; write them as control:25,a:25,b:25.")
        if name in arms:
            raise Refusal(f"--arms {text!r} names {name} twice; keep one.")
        arms[name] = _weight(name, weight) if colon else None
    return arms


def _weight(name: str, text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not LEAST_WEIGHT <= weight <= MOST_WEIGHT:
        raise Refusal(
            f"The weight of arm {name} is {text!r}; write a number from {LEAST_WEIGHT:g} to {MOST_WEIGHT:,.0f}, "
            f"such as {name}:25."
        )
    return weight


def shares_of(weights: Mapping[str, float | None]) -> dict[str, float]:
    """The share of each arm. Weights of all are parts of their sum; where some have none, the others are per cent."""
    if not 2 <= len(weights) <= MOST:
        raise Refusal(f"{len(weights)} arms compare nothing or too much; name 2 to {MOST}.")
    given = {arm: weight for arm, weight in weights.items() if weight is not None}
    sharing = len(weights) - len(given)
    whole = sum(given.values())
    if not sharing:
        return {arm: weight / whole for arm, weight in given.items()}
    if whole >= 100:
        raise Refusal(
            f"{_listed(list(given))} have {whole:g} % together, which leaves nothing for the arms without a weight; "
            "give them less, or give every arm a weight."
        )
    rest = (100 - whole) / 100 / sharing if given else 1 / sharing
    return {arm: rest if weight is None else weight / 100 for arm, weight in weights.items()}


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
