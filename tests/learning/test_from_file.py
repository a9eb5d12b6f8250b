"""Any table: trained without tuning, scored again, refused in one sentence where nothing can be learnt."""

import json

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits
from typer.testing import CliRunner

from pipelines.contracts import Refusal
from pipelines.customers.reading.open import open_table
from pipelines.customers.reading.source import open_file
from pipelines.learning.from_file import score_file, score_table, train_from_file, train_from_table
from pipelines.learning.modelling.metrics import auc
from pipelines.learning.modelling.model_file import read_model
from pipelines.learning.tables.reading import whole
from pipelines.learning.tables.target import read_target
from tests.learning.tables import customers, logistic, matrix

KEYS = {
    "rows", "features", "auc", "pr_auc", "brier", "calibration", "top_decile_lift", "excluded", "warnings",
    "model_version",
}  # fmt: skip


@pytest.fixture(scope="module")
def table():
    return customers(1500)


def opened(path):
    return open_table(open_file(path, max_bytes=10**9), max_bytes=10**9)


def codes(summary):
    return {one["feature"]: one["code"] for one in summary.excluded}


@pytest.mark.parametrize(
    ("separator", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-16"), ("|", "cp1252")]
)
def test_a_table_is_read_however_it_is_spelt(table, tmp_path, separator, encoding):
    path = tmp_path / "table.csv"
    few = table.head(200).with_columns(city=pl.lit("Köln, Süd"), quoted=pl.lit('a "b"'))
    path.write_bytes(few.write_csv(separator=separator).encode(encoding))
    read = whole(opened(path), path)
    assert read.frame.with_columns(pl.all().fill_null("")).equals(few)
    assert (read.lines[0], read.warnings) == (2, ())


def test_lines_that_do_not_fit_the_header_are_left_out_and_named(table, tmp_path):
    path, model, scores = tmp_path / "t.csv", tmp_path / "m", tmp_path / "s.csv"
    lines = table.write_csv().splitlines()
    lines[5] += ",too,many"
    lines[9] = "too few"
    path.write_text("\n".join(lines))
    told = train_from_file(opened(path), path, "churned", ids=["customer_id"], out=model)
    sentence = "2 rows have another number of cells than the header, or broken text (lines 6, 10), and are left out."
    assert (told.rows, told.warnings[0]) == (len(table) - 2, sentence)
    assert score_file(opened(path), path, model, scores)["warnings"] == [sentence]
    assert len(pl.read_csv(scores)) == len(table) - 2


def test_the_command_trains_scores_and_says_the_same_twice(table, tmp_path):
    from pipelines.cli import app

    path, model, out = tmp_path / "t.csv", tmp_path / "m.liftline", tmp_path / "s.csv"
    table.write_csv(path)
    told = ["learning", "train", "--from", str(path), "--target", "churned", "--id", "customer_id", "--json"]
    first = CliRunner().invoke(app, [*told, "-o", str(model)])
    assert first.exit_code == 0, first.output
    summary = json.loads(first.stdout)
    assert set(summary) == KEYS
    assert (summary["rows"], summary["calibration"]["error"] < 0.06) == (1500, True)
    assert {one["feature"]: one["code"] for one in summary["excluded"]} == {"customer_id": "id", "country": "constant"}
    bytes_before = model.read_bytes()
    again = CliRunner().invoke(app, [*told, "-o", str(model)])
    assert (again.stdout, model.read_bytes()) == (first.stdout, bytes_before)
    # The file scores as the model that was fitted.
    score_file(opened(path), path, model, out)
    fitted = pl.read_csv(out)["score"].to_numpy()
    truth = (table["churned"] == "Yes").to_numpy().astype(float)
    assert auc(truth, fitted) > 0.75
    assert fitted.mean() == pytest.approx(truth.mean(), abs=0.03)
    # A new table: a level never seen, a blank column, another order of columns, and no target.
    new = table.drop("churned").with_columns(plan=pl.lit("platinum"), age=pl.lit(None, pl.String)).select(
        ["spend", "plan", "months", "since", "city", "country", "age", "customer_id"]
    )  # fmt: skip
    new.write_csv(path, separator=";")
    scored = CliRunner().invoke(app, ["learning", "score", str(path), "--model", str(model), "-o", str(out), "--json"])
    assert scored.exit_code == 0, scored.output
    scores = pl.read_csv(out)
    assert scores.columns == ["customer_id", "score"]
    assert scores["score"].is_between(0, 1).all()
    assert scores["score"].n_unique() > 100
    assert json.loads(scored.stdout)["model_version"] == summary["model_version"]


SETS = {
    "few rows": {"rows": 400, "seed": 1},
    "one in thirty": {"rows": 4000, "seed": 2, "base": -4.2},
    "many cities": {"rows": 3000, "seed": 3, "cities": 300},
    "usual": {"rows": 2500, "seed": 4},
}


@pytest.mark.parametrize("name", SETS)
def test_it_is_as_good_as_boosting_that_was_tuned(name):
    told = customers(**SETS[name])
    frame, truth = matrix(told)
    # The library takes 255 levels; the rare ones stand together.
    frame["city"] = frame["city"].where(frame["city"].map(frame["city"].value_counts()).astype(int) >= 12)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    theirs = []
    with threadpool_limits(1):
        for trees, leaves in ((60, 31), (150, 7)):
            boosting = HistGradientBoostingClassifier(
                learning_rate=0.05, max_iter=trees, max_leaf_nodes=leaves, categorical_features="from_dtype",
                early_stopping=False, random_state=0,
            )  # fmt: skip
            said = cross_val_predict(boosting, frame, truth, cv=folds, method="predict_proba")
            theirs.append(auc(truth, said[:, 1]))
    ours = train_from_table(told, "churned", ids=["customer_id"])
    assert ours.metrics["auc"] >= max(theirs) - 0.005, (ours.metrics["auc"], theirs)
    assert ours.metrics["calibration_error"] < 0.05


def test_probabilities_come_true_on_rows_that_nobody_saw(tmp_path):
    learnt, unseen = customers(4000, 7), customers(4000, 7).reverse()
    learnt, unseen = learnt.head(2000), unseen.head(2000)
    summary = train_from_table(learnt, "churned", out=tmp_path / "m")
    told, _ = score_table(read_model(tmp_path / "m"), unseen)
    truth = (unseen["churned"] == "Yes").to_numpy().astype(float)
    assert np.mean((told - truth) ** 2) == pytest.approx(summary.metrics["brier"], abs=0.015)
    best = np.argsort(-told)[:200]
    assert told[best].mean() == pytest.approx(truth[best].mean(), abs=0.08)


def test_what_knows_the_outcome_is_left_out_with_a_sentence(table):
    churned = table["churned"] == "Yes"
    chance = np.random.default_rng(3).random(len(table)) < 0.01
    leaky = table.with_columns(
        cancelled_on=pl.when(churned).then(pl.lit("2026-10-01")),
        refund=pl.when(churned ^ pl.Series(chance)).then(pl.lit("12.5")).otherwise(pl.lit("0")),
    )
    found = train_from_table(leaky, "churned")
    assert codes(found) | {"customer_id": "id"} == codes(found)
    assert (codes(found)["cancelled_on"], codes(found)["refund"]) == ("leak", "leak")
    reason = next(one["reason"] for one in found.excluded if one["feature"] == "refund")
    assert "alone nearly decides churned" in reason
    assert found.metrics["auc"] < 0.9


def test_an_honest_strong_feature_stays_and_is_named():
    chance = np.random.default_rng(5)
    strong = chance.normal(size=3000)
    left = logistic(5 * strong, chance)
    told = train_from_table(
        pl.DataFrame(
            {
                "strong": strong.astype(str),
                "noise": chance.normal(size=3000).astype(str),
                "y": left.astype(int).astype(str),
            }
        ),
        "y",
    )
    assert told.features == ["strong", "noise"]
    assert any("strong alone ranks rows" in warning for warning in told.warnings)


def test_the_newest_rows_measure_where_time_is_told(table):
    days = pl.Series(np.arange(len(table))[::-1])
    dated = table.with_columns(
        seen_on=(pl.lit("2026-01-01").str.to_date() + pl.duration(days=days % 300)).cast(pl.String)
    )
    found = train_from_table(dated, "churned", time="seen_on")
    assert found.metrics["rows"] == pytest.approx(300, abs=2)
    assert codes(found)["seen_on"] == "time"


@pytest.mark.parametrize(
    ("yes", "no"), [("1", "0"), ("true", "FALSE"), ("Y", "n"), ("1.0", "0.0"), ("churned", "active")]
)
def test_the_yes_is_known_however_it_is_spelt(table, yes, no):
    spelt = table.with_columns(churned=pl.when(pl.col("churned") == "Yes").then(pl.lit(yes)).otherwise(pl.lit(no)))
    asked = read_target(spelt, "churned")
    assert asked.truth.sum() == (table["churned"] == "Yes").sum()


def column(values):
    return pl.DataFrame({"a": [str(n % 7) for n in range(len(values))], "y": values})


@pytest.mark.parametrize(
    ("told", "target", "sentence"),
    [
        (column(["1"] * 60), "y", "Every answer in y is 1"),
        (column(["1", "0", "1", "0", "1"]), "y", "5 rows have an answer in y, 3 of them yes; a model needs 30 rows"),
        (column([""] * 60), "y", "Every row is blank in y"),
        (column(["1", "0"] * 30), "z", "The table has no column z; its columns are a, y"),
        (column(["a", "b", "c"] * 20), "y", r"y holds 3 different values \(a, b, c\); a target has two"),
        (column(["1", "0"] * 30).select("y"), "y", "No column is left to learn y from"),
    ],
)
def test_what_cannot_be_learnt_is_said_in_a_sentence(told, target, sentence):
    with pytest.raises(Refusal, match=sentence):
        train_from_table(told, target)


def test_a_file_that_is_no_model_is_not_opened(table, tmp_path):
    import pickle

    path = tmp_path / "m"
    path.write_bytes(pickle.dumps({"a": 1}))
    table.write_csv(tmp_path / "t.csv")
    with pytest.raises(Refusal, match="is no model of Liftline"):
        score_file(opened(tmp_path / "t.csv"), tmp_path / "t.csv", path, tmp_path / "o.csv")
