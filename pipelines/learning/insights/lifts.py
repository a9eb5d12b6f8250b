"""How much more often people answered than was to be expected, pulled towards "no difference" where little is known.

Expected is what the same campaign earned overall, so that a good campaign makes no strategy look good; a tone is one
for a whole campaign, and is held against its channel. Answers are counts around what is expected times a lift, and the
lifts of a dimension scatter around 1: a gamma prior whose width the data themselves tell (empirical Bayes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import gamma, t

# The prior is worth at least and at most so many expected answers.
LEAST_PRIOR, MOST_PRIOR = 5.0, 500.0
RATINGS_PRIOR = 4.0


@dataclass(frozen=True, slots=True)
class Lift:
    """One value of a dimension; a lift of 1 is no difference."""

    dimension: str
    value: str
    segment: str | None
    lift: float
    low: float
    high: float
    reached: int
    engaged: int
    expected: float
    campaigns: int

    @property
    def differs(self) -> bool:
        """Whether its interval leaves out that it makes no difference."""
        return self.low > 1 or self.high < 1


def lifts(
    answers: pl.DataFrame, dimension: str, *, within: Sequence[str], certainty: float, segment: str | None = None
) -> list[Lift]:
    """The lift of each value of the column `dimension`, held against the rate of the same `within`."""
    known = answers.filter(pl.col(dimension).is_not_null())
    # What was never tried beside something else is held against itself, and shows nothing.
    known = known.filter(pl.col(dimension).n_unique().over(list(within)) > 1)
    if known.is_empty():
        return []
    rate = pl.col("engaged").sum().over(list(within)) / pl.col("reached").sum().over(list(within))
    counted = (
        known.with_columns(expected=pl.col("reached") * rate)
        .group_by(dimension)
        .agg(
            pl.col("reached", "engaged", "expected").sum(), campaigns=pl.col("campaign_id").n_unique()
        )
        .sort(dimension)
        .filter(pl.col("expected") > 0)
    )  # fmt: skip
    if len(counted) < 2:
        return []
    engaged, expected = counted["engaged"].to_numpy().astype(float), counted["expected"].to_numpy()
    prior = _prior(engaged, expected)
    low, high = (gamma.ppf(q, prior + engaged, scale=1 / (prior + expected)) for q in _tails(certainty))
    mean = (prior + engaged) / (prior + expected)
    return [
        Lift(
            dimension, str(row[dimension]), segment, float(mean[at]), float(low[at]), float(high[at]), row["reached"],
            row["engaged"], round(row["expected"], 2), row["campaigns"],
        )
        for at, row in enumerate(counted.iter_rows(named=True))
    ]  # fmt: skip


def rated(ratings: pl.DataFrame, *, certainty: float, least: int) -> list[Lift]:
    """How each strategy is rated beside all of them, in points: 0 is no difference; here `lift` is the difference."""
    if len(ratings) < least or ratings["strategy"].n_unique() < 2:
        return []
    overall, spread = float(ratings["rating"].mean()), float(ratings["rating"].std() or 0)  # type: ignore[arg-type]
    told = []
    for (strategy,), rows in sorted(ratings.group_by("strategy"), key=lambda one: str(one[0])):
        if len(rows) < least:
            continue
        weight = len(rows) / (len(rows) + RATINGS_PRIOR)
        by = weight * (float(rows["rating"].mean()) - overall)  # type: ignore[arg-type]
        half = float(t.ppf(_tails(certainty)[1], len(rows) - 1)) * spread * np.sqrt(weight / len(rows))
        flagged = int(rows["flagged"].sum())
        told.append(
            Lift("rating", str(strategy), None, by, by - half, by + half, len(rows), flagged, round(overall, 2), 0)
        )
    return told


def _prior(engaged: np.ndarray, expected: np.ndarray) -> float:
    """How many expected answers the prior is worth: the scatter of the lifts beyond that of counts."""
    weight = expected / expected.sum()
    scatter = float((weight * (engaged / expected - 1) ** 2).sum() - (weight / expected).sum())
    return float(np.clip(1 / max(scatter, 1 / MOST_PRIOR), LEAST_PRIOR, MOST_PRIOR))


def _tails(certainty: float) -> tuple[float, float]:
    return (1 - certainty) / 2, (1 + certainty) / 2
