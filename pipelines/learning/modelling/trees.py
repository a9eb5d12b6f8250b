"""Boosted trees, fitted by scikit-learn and kept as plain arrays, so that no model file is ever unpickled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

from pipelines.learning.modelling.encoding import Matrix, Vector

Arrays = dict[str, npt.NDArray[Any]]
ROWS_AT_ONCE = 200_000


@dataclass(frozen=True, slots=True)
class Recipe:
    """How trees are grown; `most` of them at most."""

    rate: float
    leaves: int
    least_in_leaf: int
    l2: float
    most: int


@dataclass(frozen=True, slots=True)
class Trees:
    """Grown trees: the nodes of all of them in a row, and where each begins."""

    nodes: npt.NDArray[np.void]
    begins: npt.NDArray[np.int64]
    bitsets: npt.NDArray[np.uint32]
    bitsets_begin: npt.NDArray[np.int64]
    known: npt.NDArray[np.uint32]
    places: npt.NDArray[np.uint32]
    baseline: float

    def log_odds(self, matrix: Matrix) -> Vector:
        """What the trees say of each row."""
        threads = _openmp_effective_n_threads()
        out = np.full(len(matrix), self.baseline)
        trees = [
            TreePredictor(self.nodes[a:b], None, self.bitsets[c:d])
            for a, b, c, d in zip(
                self.begins, self.begins[1:], self.bitsets_begin, self.bitsets_begin[1:], strict=False
            )
        ]
        for at in range(0, len(matrix), ROWS_AT_ONCE):
            # Row by row the trees walk faster over rows than over columns.
            rows = np.ascontiguousarray(matrix[at : at + ROWS_AT_ONCE])
            for tree in trees:
                out[at : at + len(rows)] += tree.predict(rows, self.known, self.places, threads)
        return out

    def gains(self, columns: int) -> Vector:
        """How much each column of the matrix helped, adding up to 1."""
        split = self.nodes[self.nodes["is_leaf"] == 0]
        gain = np.bincount(split["feature_idx"], weights=np.maximum(split["gain"], 0), minlength=columns)
        return np.asarray(gain / gain.sum() if gain.sum() > 0 else gain)

    def arrays(self) -> Arrays:
        """For the model's file."""
        return {
            "nodes": self.nodes, "begins": self.begins, "bitsets": self.bitsets, "bitsets_begin": self.bitsets_begin,
            "known": self.known, "places": self.places, "baseline": np.array([self.baseline]),
        }  # fmt: skip

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Trees:
        """As they were written."""
        kept: dict[str, Any] = {name: array for name, array in arrays.items() if name != "baseline"}
        return cls(**kept, baseline=float(arrays["baseline"][0]))


def grow(
    matrix: Matrix,
    truth: Vector,
    levels: int,
    recipe: Recipe,
    stop_by: tuple[Matrix, Vector] | None = None,
    patience: int = 15,
) -> HistGradientBoostingClassifier:
    """Trees over a matrix whose first `levels` columns are categories; `stop_by` says when to stop."""
    grower = HistGradientBoostingClassifier(
        learning_rate=recipe.rate,
        max_iter=recipe.most,
        max_leaf_nodes=recipe.leaves,
        min_samples_leaf=recipe.least_in_leaf,
        l2_regularization=recipe.l2,
        categorical_features=list(range(levels)) or None,
        early_stopping=stop_by is not None,
        n_iter_no_change=patience,
        random_state=0,
    )
    if stop_by is None:
        return grower.fit(matrix, truth)
    return grower.fit(matrix, truth, X_val=stop_by[0], y_val=stop_by[1])


def portable(grown: HistGradientBoostingClassifier) -> Trees:
    """The same trees as arrays."""
    trees = [several[0] for several in grown._predictors]
    known, places = grown._bin_mapper.make_known_categories_bitsets()
    nodes = [np.array(tree.nodes) for tree in trees]
    bitsets = [np.array(tree.raw_left_cat_bitsets, dtype=np.uint32).reshape(-1, 8) for tree in trees]
    return Trees(
        np.concatenate(nodes),
        np.cumsum([0, *map(len, nodes)], dtype=np.int64),
        np.concatenate(bitsets),
        np.cumsum([0, *map(len, bitsets)], dtype=np.int64),
        np.asarray(known, dtype=np.uint32).reshape(-1, 8),
        np.asarray(places, dtype=np.uint32),
        float(np.ravel(grown._baseline_prediction)[0]),
    )
