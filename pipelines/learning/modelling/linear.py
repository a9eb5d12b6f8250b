"""A logistic regression beside the trees: on few rows it often knows more, and together they know most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from pipelines.learning.modelling.encoding import Matrix, Vector
from pipelines.learning.modelling.trees import Arrays

SKEWED, FARTHEST = 2.0, 5.0


@dataclass(frozen=True, slots=True)
class Linear:
    """Standardised columns (skewed ones by their logarithm), blanks marked, levels one by one, and their weights."""

    sizes: Vector
    skewed: Vector
    middle: Vector
    spread: Vector
    weights: Vector
    intercept: float

    def log_odds(self, matrix: Matrix) -> Vector:
        """What the regression says of each row."""
        return np.asarray(self._design(matrix) @ self.weights + self.intercept)

    def _design(self, matrix: Matrix) -> Matrix:
        levels = len(self.sizes)
        numbers = matrix[:, levels:]
        blank = np.isnan(numbers)
        numbers = np.where(self.skewed > 0, np.sign(numbers) * np.log1p(np.abs(numbers)), numbers)
        scaled = np.where(blank, 0.0, np.clip((numbers - self.middle) / self.spread, -FARTHEST, FARTHEST))
        ones = [(matrix[:, [place]] == np.arange(int(size))).astype(float) for place, size in enumerate(self.sizes)]
        return np.hstack([scaled, blank.astype(float), *ones])

    def arrays(self) -> Arrays:
        """For the model's file."""
        return {
            "sizes": self.sizes, "skewed": self.skewed, "middle": self.middle, "spread": self.spread,
            "weights": self.weights, "intercept": np.array([self.intercept]),
        }  # fmt: skip

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Linear:
        """As it was written."""
        kept: dict[str, Any] = {name: array for name, array in arrays.items() if name != "intercept"}
        return cls(**kept, intercept=float(arrays["intercept"][0]))


def regress(matrix: Matrix, truth: Vector, sizes: list[int], strengths: Sequence[float]) -> list[Linear]:
    """A regression of each strength over a matrix whose first columns are categories of these sizes."""
    numbers = matrix[:, len(sizes) :]
    with np.errstate(invalid="ignore", divide="ignore"):
        skewed = _skewness(numbers) > SKEWED
        numbers = np.where(skewed, np.sign(numbers) * np.log1p(np.abs(numbers)), numbers)
        middle, spread = _middle_and_spread(numbers)
    bare = Linear(np.array(sizes, dtype=float), skewed.astype(float), middle, spread, np.zeros(0), 0.0)
    design = bare._design(matrix)
    # Most columns have no blanks to mark: what is nothing in every row would weigh nothing.
    told = np.asarray(design.any(axis=0))
    design = design[:, told]
    found = []
    for strength in strengths:
        fitted = LogisticRegression(C=strength, max_iter=500).fit(design, truth)
        weights = np.zeros(len(told))
        weights[told] = fitted.coef_[0]
        found.append(replace(bare, weights=weights, intercept=float(fitted.intercept_[0])))
    return found


def _middle_and_spread(numbers: Matrix) -> tuple[Vector, Vector]:
    known = ~np.isnan(numbers)
    count = np.maximum(known.sum(axis=0), 1)
    middle = np.where(known, numbers, 0).sum(axis=0) / count
    spread = np.sqrt(np.where(known, (numbers - middle) ** 2, 0).sum(axis=0) / count)
    return middle, np.where(spread > 0, spread, 1.0)


def _skewness(numbers: Matrix) -> Vector:
    middle, spread = _middle_and_spread(numbers)
    known = ~np.isnan(numbers)
    cubes = np.where(known, ((numbers - middle) / spread) ** 3, 0).sum(axis=0)
    return np.asarray(np.abs(cubes / np.maximum(known.sum(axis=0), 1)))
