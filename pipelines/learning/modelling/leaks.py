"""A feature that alone nearly decides the target was most likely written after the outcome."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.learning.modelling.encoding import Vector

DECIDES, STRONG = 0.97, 0.90
SAMPLE, CUTS = 100_000, 32
FOLDS = 5
# What is seldom told weighs little in a bin's rate.
SMOOTHING = 1.0


@dataclass(frozen=True, slots=True)
class Power:
    """How well a feature alone, its blanks included, ranks rows that it was not learnt from."""

    name: str
    auc: float

    @property
    def decides(self) -> bool:
        """Whether no honest feature would be that good."""
        return self.auc >= DECIDES


def powers(frame: pl.DataFrame, truth: Vector) -> list[Power]:
    """The power of every column of a typed table, on an even sample of it."""
    if len(frame) > SAMPLE:
        step = len(frame) // SAMPLE + 1
        frame, truth = frame.gather_every(step), truth[::step]
    return [Power(name, _auc(_bins(frame[name]), truth)) for name in frame.columns]


def _bins(series: pl.Series) -> npt.NDArray[np.int64]:
    """A place for each value: few numbers and categories by themselves, many numbers by quantiles, blanks apart."""
    if series.dtype == pl.String:
        return _numbered(series)
    if series.dtype.is_temporal():
        series = series.cast(pl.Datetime("us")).to_physical()
    if series.n_unique() <= CUTS:
        return _numbered(series)
    values = series.cast(pl.Float64).fill_null(np.nan).to_numpy()
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, CUTS + 1)[1:-1]))
    place = np.searchsorted(edges, values, side="right")
    # Where one value stands for most rows, whether it is that value tells more than its quantile.
    most = series.drop_nulls().mode().sort()[0]
    place = np.where(values == float(most), len(edges) + 1, place)
    return np.asarray(np.where(np.isnan(values), len(edges) + 2, place), dtype=np.int64)


def _numbered(series: pl.Series) -> npt.NDArray[np.int64]:
    return np.asarray(series.rank("dense").fill_null(0).to_numpy(), dtype=np.int64)


def _auc(place: npt.NDArray[np.int64], truth: Vector) -> float:
    """Each row is told by the rates of its bin in the other folds."""
    fold = np.arange(len(truth)) % FOLDS
    size = int(place.max()) + 1
    cell = fold * size + place
    count = np.bincount(cell, minlength=FOLDS * size).reshape(FOLDS, size)
    ones = np.bincount(cell, weights=truth, minlength=FOLDS * size).reshape(FOLDS, size)
    others_count, others_ones = count.sum(axis=0) - count, ones.sum(axis=0) - ones
    # The same prior in every fold, or the folds themselves would rank rows.
    told = (others_ones + SMOOTHING * truth.mean()) / (others_count + SMOOTHING)
    ranked = [_ranked(told[one], ones[one], count[one] - ones[one]) for one in range(FOLDS)]
    weights = (ones.sum(axis=1) * (count - ones).sum(axis=1)).tolist()
    return float(np.average(ranked, weights=weights)) if sum(weights) else 0.5


def _ranked(told: Vector, ones: Vector, noes: Vector) -> float:
    """The chance that a yes is ranked above a no, where all rows of a bin are told the same."""
    if not ones.sum() or not noes.sum():
        return 0.5
    height = np.unique(told, return_inverse=True)[1]
    yes, no = np.bincount(height, weights=ones), np.bincount(height, weights=noes)
    below = np.cumsum(no) - no / 2
    return float((yes * below).sum() / (yes.sum() * no.sum()))
