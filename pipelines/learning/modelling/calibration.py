"""From log-odds to probabilities that come true: the way is chosen by measurement on rows that the model never saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from pipelines.learning.modelling.encoding import Vector
from pipelines.learning.modelling.metrics import log_loss

Way = Literal["none", "sigmoid", "isotonic"]
FOLDS = 5
# Steps need many answers before they say more than a curve.
LEAST_FOR_STEPS, BETTER_BY = 500, 0.001
# Steps hold many rows on one height; a trace of the curve keeps their order.
TRACE = 0.001
SUREST = 1e-6


@dataclass(frozen=True, slots=True)
class Calibration:
    """A monotone curve; `heights` at `steps` of the log-odds for the isotonic one."""

    way: Way
    slope: float = 1.0
    intercept: float = 0.0
    steps: tuple[float, ...] = ()
    heights: tuple[float, ...] = ()

    def probabilities(self, log_odds: Vector) -> Vector:
        """The probability of yes for each row."""
        curve: Vector = expit(self.slope * log_odds + self.intercept)
        if self.way == "isotonic":
            curve = (1 - TRACE) * np.interp(log_odds, self.steps, self.heights) + TRACE * curve
        return np.asarray(np.clip(curve, SUREST, 1 - SUREST))

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Calibration:
        """As it was written."""
        return cls(
            said["way"], said["slope"], said["intercept"], tuple(said["steps"]), tuple(said["heights"])
        )  # fmt: skip


def calibrated(way: Way, log_odds: Vector, truth: Vector) -> Calibration:
    """The curve of one way, fitted."""
    if way == "none":
        return Calibration(way)
    curve = LogisticRegression(C=1e6, max_iter=200).fit(log_odds[:, None], truth)
    slope = float(curve.coef_[0, 0])
    if slope <= 0:
        return Calibration("none")
    if way == "sigmoid":
        return Calibration(way, slope, float(curve.intercept_[0]))
    fitted = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(log_odds, truth)
    steps, heights = fitted.X_thresholds_.tolist(), fitted.y_thresholds_.tolist()
    return Calibration(way, slope, float(curve.intercept_[0]), tuple(steps), tuple(heights))


def best_calibration(log_odds: Vector, truth: Vector) -> tuple[Calibration, Vector]:
    """The way with the least log loss over folds, fitted on all rows, and what each row was told by the other folds."""
    ways: list[Way] = ["none", "sigmoid"]
    if min(truth.sum(), len(truth) - truth.sum()) >= LEAST_FOR_STEPS:
        ways.append("isotonic")
    fold = np.arange(len(truth)) % FOLDS
    told = {way: np.empty(len(truth)) for way in ways}
    for way in ways:
        for one in range(FOLDS):
            unseen = fold == one
            curve = calibrated(way, log_odds[~unseen], truth[~unseen])
            told[way][unseen] = curve.probabilities(log_odds[unseen])
    losses = {way: log_loss(truth, told[way]) for way in ways}
    best: Way = "none"
    for way in ways[1:]:
        # The simpler way stays unless the other is clearly better.
        if losses[way] < losses[best] * (1 - BETTER_BY):
            best = way
    return calibrated(best, log_odds, truth), told[best]
