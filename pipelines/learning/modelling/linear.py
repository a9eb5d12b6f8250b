"""A logistic regression beside the trees: on few rows it often knows more, and together they know most."""

from __future__ import annotations

from dataclasses import dataclass
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


def regress(matrix: Matrix, truth: Vector, sizes: list[int], strength: float) -> Linear:
    """A regression over a matrix whose first columns are categories of these sizes."""
    numbers = matrix[:, len(sizes) :]
    with np.errstate(invalid="ignore", divide="ignore"):
        skew = _skewness(numbers)
        logged = np.where(skew > SKEWED, np.sign(numbers) * np.log1p(np.abs(numbers)), numbers)
        middle, spread = _middle_and_spread(logged)
    bare = Linear(np.array(sizes, dtype=float), (skew > SKEWED).astype(float), middle, spread, np.zeros(0), 0.0)
    fitted = LogisticRegression(C=strength, max_iter=500).fit(bare._design(matrix), truth)
    return Linear(bare.sizes, bare.skewed, middle, spread, fitted.coef_[0], float(fitted.intercept_[0]))


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
