"""Training and scoring beside scikit-learn's own boosting on the same frame, which neither looks for leaks nor measures
on rows of its own, and calibrates by fitting several times."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import polars as pl

from benchmarks.harness import Comparison, Contender
from pipelines.learning.modelling.fitting import fit
from pipelines.learning.modelling.leaks import powers
from pipelines.services import Services

NUMBERS = 12
TENTH = 10


@cache
def churn_frame(rows: int) -> tuple[pl.DataFrame, Any]:
    """Customers as the warehouse knows them: counts, amounts, days, blanks, countries and job titles."""
    chance = np.random.default_rng(11)
    told: dict[str, Any] = {}
    for place in range(NUMBERS):
        values = chance.gamma(1.5, 20, rows) if place % 2 else chance.normal(0, 1, rows)
        told[f"number_{place}"] = np.where(chance.random(rows) < 0.05 * (place % 3), np.nan, values)
    country, title = chance.integers(0, 14, rows), chance.integers(0, 60, rows)
    told["country"] = np.char.add("C", country.astype(str))
    told["job_title"] = np.char.add("T", title.astype(str))
    lean = 0.03 * np.nan_to_num(told["number_1"]) - 0.6 * np.nan_to_num(told["number_0"]) + 0.1 * (country % 5)
    lean += np.sin(np.nan_to_num(told["number_3"]) / 15) - 2.5
    left = (chance.random(rows) < 1 / (1 + np.exp(-lean))).astype(float)
    return pl.DataFrame(told, nan_to_null=True), left


def training(services: Services, rows: int) -> Comparison:
    """Churn on so many customers."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.ensemble import HistGradientBoostingClassifier

    frame, left = churn_frame(rows)
    plain = _as_categories(frame)

    def bare(_: int) -> None:
        HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0).fit(plain, left)

    def calibrated(_: int) -> None:
        boosting = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0)
        CalibratedClassifierCV(boosting, method="isotonic", cv=5).fit(plain[::TENTH], left[::TENTH])

    def ours(_: int) -> None:
        honest = [one.name for one in powers(frame, left) if not one.decides]
        fit(frame, left, honest)

    return Comparison(
        f"Training churn on {rows:,} rows",
        [
            Contender("one plain HistGradientBoosting fit", bare),
            Contender("Liftline: leaks, fit, calibration, figures", ours),
            Contender("CalibratedClassifierCV over the plain one, 5 folds", calibrated, share=1 / TENTH, rounds=1),
        ],
        "<= 1.5x the plain fit",
    )


def scoring(services: Services, rows: int) -> Comparison:
    """Everybody scored by a model of each."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    frame, left = churn_frame(rows)
    plain, some = _as_categories(frame), min(rows, 200_000)
    model = fit(frame[:some], left[:some], frame.columns).model
    if model.trees is None:
        raise SystemExit("The model of the benchmark has no trees; there is nothing to compare.")
    trees, matrix = model.trees, model.encoder.matrix(frame)
    theirs = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0).fit(
        plain[:some], left[:some]
    )
    return Comparison(
        f"Scoring {rows:,} customers",
        [
            Contender(
                f"the same {len(trees.begins) - 1} trees over a matrix in memory", lambda _: trees.log_odds(matrix)
            ),
            Contender("Liftline: from the table to calibrated probabilities", lambda _: model.probabilities(frame)),
            Contender(
                f"HistGradientBoosting.predict_proba, its own {theirs.n_iter_} trees",
                lambda _: theirs.predict_proba(plain),
            ),
        ],
        "<= 1.5x the bare trees",
    )


def _as_categories(frame: pl.DataFrame) -> Any:
    pandas = frame.to_pandas()
    for name in ("country", "job_title"):
        pandas[name] = pandas[name].astype("category")
    return pandas
