"""Several kinds of trees and regressions, tried on rows that they did not see: which mixture of them speaks best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.model_selection import StratifiedKFold

from pipelines.learning.modelling.encoding import Matrix, Vector, learn_encoder
from pipelines.learning.modelling.linear import regress
from pipelines.learning.modelling.trees import Recipe, grow

Rows = npt.NDArray[np.int64]
Way = TypeVar("Way")

RECIPES = (Recipe(0.05, 7, 15, 1.0, 600), Recipe(0.05, 31, 20, 1.0, 400))
STRENGTHS = (0.03, 1.0)
STAGES = (25, 50, 100, 150, 200, 300, 400, 600)
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
# Of a wide table not every fold is tried: fewer have shown enough once so many cells were learnt from.
FOLDS, FEWEST, CELLS = 5, 2, 15_000_000
# So many standard errors behind the best of its kind, nobody takes part in the next fold.
BEATEN_BY = 2.0
# Trees that got no better for so long will not.
PATIENCE = 75


@dataclass(frozen=True, slots=True)
class Choice:
    """What to fit on all rows, how much of the log-odds its trees say, and what was said of the rows that were held."""

    recipe: Recipe
    strength: float
    share: float
    rows: Rows
    log_odds: Vector


def contest(frame: pl.DataFrame, truth: Vector, names: Sequence[str]) -> Choice:
    """The mixture with the least surprise on rows that it was not learnt from."""
    by_trees = {recipe: np.zeros((len(STAGES), len(truth))) for recipe in RECIPES}
    by_line = {strength: np.zeros((1, len(truth))) for strength in STRENGTHS}
    rows = np.zeros(0, dtype=np.int64)
    folds = StratifiedKFold(min(FOLDS, int(min(truth.sum(), len(truth) - truth.sum()))), shuffle=True, random_state=0)
    for turn, (seen, unseen) in enumerate(folds.split(np.zeros(len(truth)), truth)):
        if turn >= FEWEST and turn * len(seen) * len(names) > CELLS:
            break
        encoder = learn_encoder(frame[seen], truth[seen], names)
        learning, held = encoder.training_matrix(frame[seen], truth[seen]), encoder.matrix(frame[unseen])
        levels = [len(few.levels) for few in encoder.few]
        for recipe, said in by_trees.items():
            said[:, unseen] = _by_stage(learning, truth[seen], len(levels), recipe, (held, truth[unseen]))
        for line, said in zip(regress(learning, truth[seen], levels, list(by_line)), by_line.values(), strict=True):
            said[:, unseen] = line.log_odds(held)
        rows = np.sort(np.concatenate([rows, unseen]))
        by_trees, by_line = _unbeaten(by_trees, truth, rows), _unbeaten(by_line, truth, rows)
    recipe, strength = next(iter(by_trees)), next(iter(by_line))
    stage, _ = _least(by_trees[recipe][:, rows], truth[rows])
    trees, line = by_trees[recipe][stage, rows], by_line[strength][0, rows]
    mixed = np.array([share * trees + (1 - share) * line for share in SHARES])
    best, _ = _least(mixed, truth[rows])
    return Choice(replace(recipe, most=STAGES[stage]), strength, SHARES[best], rows, mixed[best])


def _by_stage(matrix: Matrix, truth: Vector, levels: int, recipe: Recipe, held: tuple[Matrix, Vector]) -> Matrix:
    """The log-odds of the held rows after each stage; what was not grown so far is no candidate and says NaN."""
    grown = grow(matrix, truth, levels, recipe, stop_by=held, patience=PATIENCE)
    out = np.full((len(STAGES), len(held[1])), np.nan)
    for trees, said in enumerate(grown.staged_predict_proba(held[0]), 1):
        if trees in STAGES:
            sure = np.clip(said[:, 1], 1e-9, 1 - 1e-9)
            out[STAGES.index(trees)] = np.log(sure / (1 - sure))
    return out


def _unbeaten(by: Mapping[Way, Matrix], truth: Vector, rows: Rows) -> dict[Way, Matrix]:
    """Those that none of their kind is clearly better than on the rows so far, the best first."""
    surprises = {way: _least(said[:, rows], truth[rows])[1] for way, said in by.items()}
    order = sorted(by, key=lambda way: float(surprises[way].mean()))
    behind = {way: surprises[way] - surprises[order[0]] for way in order}
    return {
        way: by[way] for way in order if behind[way].mean() <= BEATEN_BY * behind[way].std() / np.sqrt(len(rows))
    }  # fmt: skip


def _least(log_odds: Matrix, truth: Vector) -> tuple[int, Vector]:
    """Which line of log-odds surprised least, and how much in each row."""
    with np.errstate(invalid="ignore"):
        surprises = np.logaddexp(0, np.where(truth == 1, -log_odds, log_odds))
    least = int(np.nanargmin(surprises.mean(axis=1)))
    return least, surprises[least]
