"""A model of a yes or no that needs no tuning: on few rows the best of several by cross-validation, on many one fit.

Many rows: most of them grow trees, a part that the trees do not see says when to stop and how to calibrate, and the
rest only measures. Few rows: everything is learnt out of fold, and at the end from all rows. With `in_order` the rows
are in the order of time, and what measures is always the newest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from pipelines.contracts import Refusal
from pipelines.learning.modelling.calibration import Calibration, best_calibration
from pipelines.learning.modelling.contest import Rows, contest
from pipelines.learning.modelling.encoding import Encoder, Matrix, Vector, learn_encoder
from pipelines.learning.modelling.linear import Linear, regress
from pipelines.learning.modelling.metrics import measure
from pipelines.learning.modelling.trees import Recipe, Trees, grow, portable

# From so many rows on one fit says as much as several.
MANY = 40_000
MEASURED, CALIBRATED, NEWEST = 0.1, 0.1, 0.2
WORTH_THREADS = 2_000_000
# Of each answer among the rows that are learnt from.
LEAST_OLDER = 2


@dataclass(frozen=True)
class Model:
    """Trees and a regression that speak together, and what their word is worth."""

    encoder: Encoder
    trees: Trees | None
    linear: Linear | None
    share: float
    """How much of the log-odds the trees say."""
    calibration: Calibration

    def log_odds(self, frame: pl.DataFrame) -> Vector:
        """What is said of each row, before it is calibrated."""
        return self._log_odds(self.encoder.matrix(frame))

    def probabilities(self, frame: pl.DataFrame) -> Vector:
        """The probability of yes for each row of a typed table."""
        return self.calibration.probabilities(self.log_odds(frame))

    def whole(self, frame: pl.DataFrame) -> pl.DataFrame:
        """What is not known before there is a message, or is looked at no more, is blank."""
        texts = {one.name for one in self.encoder.few} | {one.name for one in self.encoder.many}
        absent = [name for name in dict.fromkeys(self.encoder.names) if name not in frame.columns]
        return frame.with_columns(
            [pl.lit(None, dtype=pl.String if name in texts else pl.Float64).alias(name) for name in absent]
        )

    def _log_odds(self, matrix: Matrix) -> Vector:
        out = np.zeros(len(matrix))
        if self.trees is not None:
            out += self.share * self.trees.log_odds(matrix)
        if self.linear is not None:
            out += (1 - self.share) * self.linear.log_odds(matrix)
        return out

    @cached_property
    def importance(self) -> dict[str, float]:
        """How much each column of the table helped, the most first; the shares add up to 1."""
        names = self.encoder.names
        total = np.zeros(len(names))
        if self.trees is not None:
            total += self.share * self.trees.gains(len(names))
        if self.linear is not None:
            numbers = len(names) - len(self.linear.sizes)
            weights = np.abs(self.linear.weights)
            by_level = np.split(weights[2 * numbers :], np.cumsum(self.linear.sizes.astype(int))[:-1])
            levels = [part.max(initial=0.0) for part in by_level] if len(self.linear.sizes) else []
            each = np.array([*levels, *(weights[:numbers] + weights[numbers : 2 * numbers])])
            total += (1 - self.share) * (each / each.sum() if each.sum() > 0 else each)
        told: dict[str, float] = {}
        for name, part in zip(names, total, strict=True):
            told[name] = told.get(name, 0.0) + float(part)
        return dict(sorted(told.items(), key=lambda one: (-one[1], one[0])))


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model with its figures on rows that it never saw."""

    model: Model
    metrics: dict[str, Any]


def fit(frame: pl.DataFrame, truth: Vector, names: Sequence[str], *, in_order: bool = False) -> Fitted:
    """Learn from these columns of a typed table."""
    if in_order:
        cut = _cut(truth, NEWEST)
        _refuse_one_answer(truth[:cut], truth[cut:])
        fitted = _fit_unmeasured(frame[:cut], truth[:cut], names)
        return Fitted(fitted, measure(truth[cut:], fitted.probabilities(frame[cut:])))
    if len(frame) >= MANY:
        learning, measuring = _parted(truth, MEASURED)
        model = _fit_many(frame[learning], truth[learning], names)
        return Fitted(model, measure(truth[measuring], model.probabilities(frame[measuring])))
    model, held, told = _fit_few(frame, truth, names)
    return Fitted(model, measure(truth[held], told))


def fit_all(frame: pl.DataFrame, truth: Vector, names: Sequence[str]) -> Model:
    """Learn from every row; whoever asks has rows of his own to measure by."""
    return _fit_unmeasured(frame, truth, names)


def _fit_unmeasured(frame: pl.DataFrame, truth: Vector, names: Sequence[str]) -> Model:
    return _fit_many(frame, truth, names) if len(frame) >= MANY else _fit_few(frame, truth, names)[0]


def _cut(truth: Vector, newest: float) -> int:
    """Where the newest part begins; both parts must hold both answers."""
    cut = round(len(truth) * (1 - newest))
    return cut if 0 < truth[:cut].sum() < cut and 0 < truth[cut:].sum() < len(truth) - cut else _both(truth, cut)


def _refuse_one_answer(older: Vector, newest: Vector) -> None:
    for rows, name, least in ((older, "older", LEAST_OLDER), (newest, "newest", 1)):
        fewer = min(rows.sum(), len(rows) - rows.sum())
        if fewer < least:
            raise Refusal(
                f"In the order of time the {name} rows hold {fewer:.0f} of the rarer answer, fewer than {least}; order "
                "the rows by another column, or bring rows of both answers from the whole of the time."
            )


def _both(truth: Vector, cut: int) -> int:
    for place in range(cut, len(truth) // 2, -1):
        if 0 < truth[place:].sum() < len(truth) - place:
            return place
    return len(truth) // 2


def _fit_many(frame: pl.DataFrame, truth: Vector, names: Sequence[str]) -> Model:
    growing, checking = _parted(truth, CALIBRATED)
    own, own_truth = frame[growing], truth[growing]
    encoder = learn_encoder(own, own_truth, names)
    held, held_truth = encoder.matrix(frame[checking]), truth[checking]
    most = int(np.clip(30_000_000 // len(frame), 110, 500))
    recipe = Recipe(0.1 if most < 200 else 0.06, 31, 20, 0.5, most)
    grown = grow(
        encoder.training_matrix(own, own_truth), own_truth, len(encoder.few), recipe, stop_by=(held, held_truth)
    )
    trees = portable(grown)
    calibration, _ = best_calibration(trees.log_odds(held), held_truth)
    return Model(encoder, trees, None, 1.0, calibration)


def _fit_few(frame: pl.DataFrame, truth: Vector, names: Sequence[str]) -> tuple[Model, Rows, Vector]:
    """The model, the rows that were held from models of its kind, and what each of these was told."""
    # Few cells are worked on faster than threads find each other.
    with threadpool_limits(limits=1 if len(frame) * len(names) < WORTH_THREADS else None):
        chosen = contest(frame, truth, names)
        calibration, told = best_calibration(chosen.log_odds, truth[chosen.rows])
        encoder = learn_encoder(frame, truth, names)
        matrix = encoder.training_matrix(frame, truth)
        levels, share = [len(few.levels) for few in encoder.few], chosen.share
        trees = portable(grow(matrix, truth, len(levels), chosen.recipe)) if share > 0 else None
        linear = regress(matrix, truth, levels, [chosen.strength])[0] if share < 1 else None
    return Model(encoder, trees, linear, share, calibration), chosen.rows, told


def _parted(truth: Vector, share: float) -> tuple[Rows, Rows]:
    """Two parts with the same mixture of answers, each in the order of the rows."""
    chance = np.random.default_rng(0)
    drawn = np.zeros(len(truth), dtype=bool)
    for answer in (0.0, 1.0):
        rows = np.flatnonzero(truth == answer)
        drawn[chance.permutation(rows)[: max(1, round(share * len(rows)))]] = True
    return np.flatnonzero(~drawn), np.flatnonzero(drawn)
