"""From a table to the matrix that models read; what was learnt of the training rows is all that later rows meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]

# Up to so many levels a tree splits by the level itself; more of them are told by how often their rows say yes.
FEW_LEVELS, LEAST_OF_A_LEVEL = 32, 3
# So many rows of the general rate are mixed into each level's own.
SMOOTHING, FOLDS = 20.0, 5
DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Few:
    """A category with few levels."""

    name: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Many:
    """A category with many levels: for each its smoothed rate and how common it is; others have the general rate."""

    name: str
    levels: tuple[str, ...]
    rates: tuple[float, ...]
    common: tuple[float, ...]
    otherwise: float


@dataclass(frozen=True, slots=True)
class Encoder:
    """How each column becomes columns of the matrix: levels first, as trees want them."""

    few: tuple[Few, ...]
    numbers: tuple[str, ...]
    moments: tuple[str, ...]
    many: tuple[Many, ...]

    @property
    def names(self) -> list[str]:
        """Of each column of the matrix the column of the table that it came from."""
        return [
            *(one.name for one in self.few),
            *self.numbers,
            *(name for name in self.moments for _ in range(4)),
            *(one.name for one in self.many for _ in range(2)),
        ]

    def matrix(self, frame: pl.DataFrame) -> Matrix:
        """The rows of a typed table."""
        out = np.empty((len(frame), len(self.names)), order="F")
        place = 0
        for few in self.few:
            out[:, place] = codes(frame[few.name], few.levels)
            place += 1
        for name in self.numbers:
            out[:, place] = frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
            place += 1
        for name in self.moments:
            out[:, place : place + 4] = _calendar(frame[name])
            place += 4
        for many in self.many:
            code = codes(frame[many.name], many.levels)
            out[:, place] = _looked_up(code, many.rates, many.otherwise)
            out[:, place + 1] = _looked_up(code, many.common, 0.0)
            place += 2
        return out

    def training_matrix(self, frame: pl.DataFrame, truth: Vector) -> Matrix:
        """The rows that the encoder was learnt from: the rate of a level leaves a row's own fold out."""
        out = self.matrix(frame)
        fold = np.arange(len(frame)) % FOLDS
        place = out.shape[1] - 2 * len(self.many)
        for many in self.many:
            code = codes(frame[many.name], many.levels)
            out[:, place] = _out_of_fold(code, len(many.levels), fold, truth)
            place += 2
        return out

    def to_json(self) -> dict[str, Any]:
        """For the model's file."""
        return asdict(self)

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Encoder:
        """As it was written."""
        return cls(
            tuple(Few(one["name"], tuple(one["levels"])) for one in said["few"]),
            tuple(said["numbers"]),
            tuple(said["moments"]),
            tuple(
                Many(one["name"], tuple(one["levels"]), tuple(one["rates"]), tuple(one["common"]), one["otherwise"])
                for one in said["many"]
            ),
        )


def learn_encoder(frame: pl.DataFrame, truth: Vector, names: Sequence[str]) -> Encoder:
    """The encoder of these columns, learnt from training rows alone."""
    few: list[Few] = []
    many: list[Many] = []
    numbers, moments = [], []
    for name in names:
        kind = frame[name].dtype
        if kind == pl.String:
            counts = frame[name].drop_nulls().value_counts()
            counted = sorted(row[0] for row in counts.iter_rows() if row[1] >= LEAST_OF_A_LEVEL)
            if len(counted) <= FEW_LEVELS:
                few.append(Few(name, tuple(counted)))
            else:
                many.append(_many(frame[name], tuple(counted), truth))
        elif kind.is_temporal():
            moments.append(name)
        else:
            numbers.append(name)
    return Encoder(tuple(one for one in few if one.levels), tuple(numbers), tuple(moments), tuple(many))


def codes(series: pl.Series, levels: Sequence[str]) -> Vector:
    """The place of each value among the levels; NaN for what is blank or was never seen."""
    if not levels:
        return np.full(len(series), np.nan)
    known = series.cast(pl.Enum(list(levels)), strict=False).to_physical()
    return known.cast(pl.Float64).fill_null(np.nan).to_numpy()


def _many(series: pl.Series, levels: tuple[str, ...], truth: Vector) -> Many:
    code = codes(series, levels)
    known = ~np.isnan(code)
    at = code[known].astype(np.int64)
    count = np.bincount(at, minlength=len(levels)).astype(float)
    ones = np.bincount(at, weights=truth[known], minlength=len(levels))
    rate = float(truth.mean())
    smooth = (ones + SMOOTHING * rate) / (count + SMOOTHING)
    return Many(series.name, levels, tuple(smooth.tolist()), tuple(np.log1p(count).tolist()), rate)


def _out_of_fold(code: Vector, levels: int, fold: npt.NDArray[np.int64], truth: Vector) -> Vector:
    at = np.where(np.isnan(code), levels, code).astype(np.int64)
    cell = fold * (levels + 1) + at
    size = FOLDS * (levels + 1)
    count = np.bincount(cell, minlength=size).reshape(FOLDS, -1)
    ones = np.bincount(cell, weights=truth, minlength=size).reshape(FOLDS, -1)
    rate = truth.mean()
    others_count, others_ones = count.sum(axis=0) - count, ones.sum(axis=0) - ones
    told = (others_ones + SMOOTHING * rate) / (others_count + SMOOTHING)
    told[:, levels] = rate
    return np.asarray(told[fold, at], dtype=np.float64)


def _looked_up(code: Vector, values: Sequence[float], otherwise: float) -> Vector:
    table = np.array([*values, otherwise])
    return np.asarray(table[np.where(np.isnan(code), len(values), code).astype(np.int64)])


def _calendar(series: pl.Series) -> Matrix:
    days = series.cast(pl.Datetime("us")).to_physical().cast(pl.Float64) / DAY
    parts = (days, series.dt.weekday(), series.dt.month(), series.cast(pl.Datetime("us")).dt.hour())
    return np.column_stack([part.cast(pl.Float64).fill_null(np.nan).to_numpy() for part in parts])
