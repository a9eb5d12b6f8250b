"""How good probabilities are: do they rank, do they come true, and what is the best tenth worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm, rankdata
from sklearn.metrics import average_precision_score

from pipelines.learning.modelling.encoding import Vector

BINS, SHARE = 10, 0.1


def auc(truth: Vector, score: Vector) -> float:
    """The chance that a yes is ranked above a no; ties count half."""
    ones = float(truth.sum())
    noes = len(truth) - ones
    if not ones or not noes:
        return 0.5
    return float((rankdata(score)[truth == 1].sum() - ones * (ones + 1) / 2) / (ones * noes))


def log_loss(truth: Vector, score: Vector) -> float:
    """The mean surprise."""
    sure = np.clip(score, 1e-12, 1 - 1e-12)
    return float(-np.mean(truth * np.log(sure) + (1 - truth) * np.log1p(-sure)))


def measure(truth: Vector, score: Vector) -> dict[str, Any]:
    """Every figure that a model card shows, on rows that the model never saw."""
    order = np.argsort(-score, kind="stable")
    top = order[: max(1, round(SHARE * len(order)))]
    bins = [
        {
            "rows": len(part),
            "predicted": round(float(score[part].mean()), 6),
            "actual": round(float(truth[part].mean()), 6),
        }
        for part in np.array_split(order[::-1], min(BINS, len(order)))
    ]
    error = sum(one["rows"] * abs(one["predicted"] - one["actual"]) for one in bins) / len(truth)
    return {
        "rows": len(truth),
        "positives": int(truth.sum()),
        "auc": round(auc(truth, score), 6),
        "pr_auc": round(float(average_precision_score(truth, score)), 6),
        "brier": round(float(np.mean((score - truth) ** 2)), 6),
        "log_loss": round(log_loss(truth, score), 6),
        "calibration_error": round(error, 6),
        "calibration_bins": bins,
        "top_decile_lift": round(float(truth[top].mean() / truth.mean()), 4),
    }


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better one model ranks than another, with its interval."""

    by: float
    low: float
    high: float


def auc_difference(truth: Vector, challenger: Vector, champion: Vector, *, level: float = 0.95) -> Difference:
    """The difference of two AUCs on the same rows, by DeLong's covariance of their placements."""
    placed = [_placements(truth, score) for score in (challenger, champion)]
    over_ones = np.cov(np.vstack([one[0] for one in placed]))
    over_noes = np.cov(np.vstack([one[1] for one in placed]))
    by = float(placed[0][0].mean() - placed[1][0].mean())
    way = np.array([1.0, -1.0])
    variance = way @ (over_ones / len(placed[0][0]) + over_noes / len(placed[0][1])) @ way
    half = float(norm.ppf(0.5 + level / 2) * np.sqrt(max(variance, 0.0)))
    return Difference(by, by - half, by + half)


def auc_interval(truth: Vector, score: Vector, *, level: float = 0.95) -> tuple[float, float]:
    """The interval of one AUC."""
    against = auc_difference(truth, score, np.zeros_like(score), level=level)
    return 0.5 + against.low, 0.5 + against.high


def _placements(truth: Vector, score: Vector) -> tuple[Vector, Vector]:
    ones, noes = score[truth == 1], score[truth == 0]
    whole = rankdata(np.concatenate([ones, noes]))
    above = (whole[: len(ones)] - rankdata(ones)) / len(noes)
    below = 1 - (whole[len(ones) :] - rankdata(noes)) / len(ones)
    return np.asarray(above), np.asarray(below)
