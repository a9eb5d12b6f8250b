"""Several comparisons, one promise: the chance of a single false winner among them stays what was promised."""

from __future__ import annotations

from collections.abc import Sequence


def adjusted(p_values: Sequence[float], rule: str = "holm") -> list[float]:
    """The p values of one family of comparisons, by Holm's rule, Bonferroni's, or as they are."""
    if rule == "none":
        return list(p_values)
    family = len(p_values)
    if rule == "bonferroni":
        return [min(1.0, p * family) for p in p_values]
    after = [0.0] * family
    so_far = 0.0
    for rank, at in enumerate(sorted(range(family), key=p_values.__getitem__)):
        so_far = max(so_far, min(1.0, p_values[at] * (family - rank)))
        after[at] = so_far
    return after
