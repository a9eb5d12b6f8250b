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
import numpy.typing as npt
import polars as pl
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from pipelines.learning.modelling.calibration import Calibration, best_calibration
from pipelines.learning.modelling.encoding import Encoder, Matrix, Vector, learn_encoder
from pipelines.learning.modelling.linear import Linear, regress
from pipelines.learning.modelling.metrics import log_loss, measure
from pipelines.learning.modelling.trees import Recipe, Trees, grow, portable

Rows = npt.NDArray[np.int64]

# From so many rows on one fit says as much as several.
MANY = 40_000
MEASURED, CALIBRATED, NEWEST = 0.1, 0.1, 0.2
FOLDS = 5
RECIPES = (Recipe(0.05, 7, 15, 1.0, 400), Recipe(0.05, 31, 20, 1.0, 200))
STRENGTHS = (0.03, 1.0)
STAGES = (25, 50, 100, 150, 200, 300, 400)
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


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
        fitted = _fit_unmeasured(frame[:cut], truth[:cut], names)
        return Fitted(fitted, measure(truth[cut:], fitted.probabilities(frame[cut:])))
    if len(frame) >= MANY:
        learning, measuring = _parted(truth, MEASURED)
        model = _fit_many(frame[learning], truth[learning], names)
        return Fitted(model, measure(truth[measuring], model.probabilities(frame[measuring])))
    model, told = _fit_few(frame, truth, names)
    return Fitted(model, measure(truth, told))


def fit_all(frame: pl.DataFrame, truth: Vector, names: Sequence[str]) -> Model:
    """Learn from every row; whoever asks has rows of his own to measure by."""
    return _fit_unmeasured(frame, truth, names)


def _fit_unmeasured(frame: pl.DataFrame, truth: Vector, names: Sequence[str]) -> Model:
    return _fit_many(frame, truth, names) if len(frame) >= MANY else _fit_few(frame, truth, names)[0]


def _cut(truth: Vector, newest: float) -> int:
    """Where the newest part begins; both parts must hold both answers."""
    cut = round(len(truth) * (1 - newest))
    return cut if 0 < truth[:cut].sum() < cut and 0 < truth[cut:].sum() < len(truth) - cut else _both(truth, cut)


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


def _fit_few(frame: pl.DataFrame, truth: Vector, names: Sequence[str]) -> tuple[Model, Vector]:
    """The model, and what each row was told by models that had not seen it."""
    # So few rows are worked on faster than threads find each other.
    with threadpool_limits(limits=1):
        return _best_of_several(frame, truth, names)


def _best_of_several(frame: pl.DataFrame, truth: Vector, names: Sequence[str]) -> tuple[Model, Vector]:
    by_trees = {(recipe, stage): np.zeros(len(truth)) for recipe in RECIPES for stage in STAGES if stage <= recipe.most}
    by_line = {strength: np.zeros(len(truth)) for strength in STRENGTHS}
    folds = min(FOLDS, int(min(truth.sum(), len(truth) - truth.sum())))
    for seen, unseen in StratifiedKFold(folds, shuffle=True, random_state=0).split(np.zeros(len(truth)), truth):
        encoder = learn_encoder(frame[seen], truth[seen], names)
        learning, held = encoder.training_matrix(frame[seen], truth[seen]), encoder.matrix(frame[unseen])
        for recipe in RECIPES:
            grown = grow(learning, truth[seen], len(encoder.few), recipe)
            for stage, said in enumerate(grown.staged_predict_proba(held), 1):
                if stage in STAGES:
                    sure = np.clip(said[:, 1], 1e-9, 1 - 1e-9)
                    by_trees[recipe, stage][unseen] = np.log(sure / (1 - sure))
        sizes = [len(few.levels) for few in encoder.few]
        for strength in STRENGTHS:
            by_line[strength][unseen] = regress(learning, truth[seen], sizes, strength).log_odds(held)
    recipe, stage = min(by_trees, key=lambda one: _loss(truth, by_trees[one]))
    strength = min(by_line, key=lambda one: _loss(truth, by_line[one]))
    mixed = {
        share: share * by_trees[recipe, stage] + (1 - share) * by_line[strength] for share in SHARES
    }  # fmt: skip
    share = min(SHARES, key=lambda one: _loss(truth, mixed[one]))
    calibration, told = best_calibration(mixed[share], truth)
    encoder = learn_encoder(frame, truth, names)
    matrix = encoder.training_matrix(frame, truth)
    final = Recipe(recipe.rate, recipe.leaves, recipe.least_in_leaf, recipe.l2, stage)
    sizes = [len(few.levels) for few in encoder.few]
    trees = portable(grow(matrix, truth, len(encoder.few), final)) if share > 0 else None
    linear = regress(matrix, truth, sizes, strength) if share < 1 else None
    return Model(encoder, trees, linear, share, calibration), told


def _loss(truth: Vector, log_odds: Vector) -> float:
    return log_loss(truth, 1 / (1 + np.exp(-np.clip(log_odds, -30, 30))))


def _parted(truth: Vector, share: float) -> tuple[Rows, Rows]:
    """Two parts with the same mixture of answers, each in the order of the rows."""
    chance = np.random.default_rng(0)
    drawn = np.zeros(len(truth), dtype=bool)
    for answer in (0.0, 1.0):
        rows = np.flatnonzero(truth == answer)
        drawn[chance.permutation(rows)[: max(1, round(share * len(rows)))]] = True
    return np.flatnonzero(~drawn), np.flatnonzero(drawn)
