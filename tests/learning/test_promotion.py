"""Promote, keep, refuse, roll back: each decision follows from figures, with a code and a sentence."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from pipelines.learning.drift import drifts
from pipelines.learning.modelling.metrics import Difference, auc, auc_difference, auc_interval
from pipelines.learning.policy import Monitoring, Promotion, Question
from pipelines.learning.promotion import compared, health, too_few, too_little, unfit_data

QUESTION = Question(horizon_days=30, least_rows=100, least_each=20)
PROMOTION = Promotion(certainty=0.95, suspicious_auc=0.98, drift_limit=0.25, noise_limit=0.3)
MONITORING = Monitoring(least_rows=100, least_each=20, worse_by=0.05, calibration_limit=0.1)


@pytest.mark.parametrize(
    ("metric", "interval", "difference", "decision", "code"),
    [
        (0.70, (0.66, 0.74), None, "promote", "first"),
        (0.70, (0.66, 0.74), Difference(0.02, 0.01, 0.03), "promote", "better"),
        (0.70, (0.66, 0.74), Difference(0.01, -0.01, 0.03), "keep", "not_better"),
        (0.70, (0.66, 0.74), Difference(-0.02, -0.03, -0.01), "refuse", "worse"),
        (0.99, (0.98, 1.00), Difference(0.20, 0.10, 0.30), "refuse", "suspiciously_good"),
        (0.52, (0.48, 0.56), None, "refuse", "no_signal"),
    ],
)
def test_a_challenger_is_decided_on(metric, interval, difference, decision, code):
    verdict = compared(PROMOTION, {"auc": metric}, interval, 3 if difference else None, difference)
    assert (verdict.decision, verdict.code) == (decision, code)
    assert verdict.reason.endswith(".")


def test_data_that_nothing_can_be_learnt_from_are_refused():
    assert too_few(QUESTION, 99).code == "too_little_data"
    assert too_few(QUESTION, 100) is None
    assert "15 yes and 500 no" in too_little(QUESTION, 15, 500).reason
    assert too_little(QUESTION, 20, 80) is None
    assert unfit_data(PROMOTION, {"age": 0.1}, 0.2) is None
    assert unfit_data(PROMOTION, {"age": 0.1}, 0.4).code == "label_noise"
    drifted = unfit_data(PROMOTION, {"age": 0.1, "spent": 0.4}, 0.0)
    assert drifted.code == "drift"
    assert "spent has drifted (PSI 0.40, limit 0.25)" in drifted.reason


@pytest.mark.parametrize(
    ("found", "interval", "verdict"),
    [
        ({"rows": 500, "positives": 100, "auc": 0.70, "calibration_error": 0.02}, (0.66, 0.74), "healthy"),
        ({"rows": 500, "positives": 100, "auc": 0.60, "calibration_error": 0.02}, (0.55, 0.64), "degraded"),
        ({"rows": 500, "positives": 100, "auc": 0.60, "calibration_error": 0.02}, (0.50, 0.70), "healthy"),
        ({"rows": 500, "positives": 100, "auc": 0.72, "calibration_error": 0.20}, (0.68, 0.76), "degraded"),
        ({"rows": 50, "positives": 10, "auc": 0.40, "calibration_error": 0.20}, (0.30, 0.50), "too_little_data"),
    ],
)
def test_the_live_model_is_judged_by_what_it_promised(found, interval, verdict):
    assert health(MONITORING, {"auc": 0.72}, found, interval)[0] == verdict


def test_the_index_of_drift_is_small_for_chance_and_large_for_another_world():
    chance = np.random.default_rng(0)
    before = pl.DataFrame({"n": chance.normal(size=4000), "c": chance.choice(["a", "b"], 4000)})
    same = pl.DataFrame({"n": chance.normal(size=4000), "c": chance.choice(["a", "b"], 4000)})
    other = pl.DataFrame({"n": chance.normal(1, 1, 4000), "c": ["new"] * 4000})
    assert max(drifts(before, same, ["n", "c"]).values()) < 0.02
    assert min(drifts(before, other, ["n", "c"]).values()) > 0.5
    # Against the definition, by hand: 60 and 40 of a hundred become 40 and 60.
    flip = [pl.DataFrame({"c": ["a"] * first + ["b"] * (100 - first)}) for first in (60, 40)]
    assert drifts(*flip, ["c"])["c"] == pytest.approx(2 * 0.2 * np.log(1.5), abs=1e-3)


def test_the_interval_of_a_difference_covers_as_often_as_it_says():
    chance = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        truth = (chance.random(400) < 0.3).astype(float)
        good, noisy = truth + chance.normal(0, 1.5, 400), truth + chance.normal(0, 1.5, 400)
        assert auc(truth, good) == pytest.approx(roc_auc_score(truth, good))
        found = auc_difference(truth, good, noisy)
        covered += found.low <= 0 <= found.high
    assert 180 <= covered <= 199
    low, high = auc_interval(truth, good)
    assert low < auc(truth, good) < high
