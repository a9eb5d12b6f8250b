"""How far a feature has moved since training: the population stability index over the bins of the training rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

BINS = 10
# An empty bin counts as so little rather than as nothing.
LEAST = 1e-3


def drifts(before: pl.DataFrame, after: pl.DataFrame, names: Sequence[str]) -> dict[str, float]:
    """The index of each feature: below 0.1 the same, above 0.25 another world."""
    return {name: round(_index(before[name], after[name]), 4) for name in names}


def _index(before: pl.Series, after: pl.Series) -> float:
    if before.dtype == pl.String:
        levels = before.drop_nulls().value_counts(sort=True)[before.name].head(BINS).to_list()
        places = [_levels(series, levels) for series in (before, after)]
    else:
        known = before.drop_nulls().to_numpy()
        if not len(known):
            return 0.0
        edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))
        places = [_bins(series, edges) for series in (before, after)]
    size = int(max(place.max(initial=0) for place in places)) + 1
    shares = [np.maximum(np.bincount(place, minlength=size) / max(len(place), 1), LEAST) for place in places]
    return float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))


def _bins(series: pl.Series, edges: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    values = series.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))


def _levels(series: pl.Series, levels: Sequence[str]) -> npt.NDArray[np.int64]:
    places = {level: place + 2 for place, level in enumerate(levels)}
    return np.array([0 if value is None else places.get(value, 1) for value in series.to_list()], dtype=np.int64)
