"""Tables as people have them: read where that can be done, refused in a sentence where not, never read in silence."""

import polars as pl
import pytest

from pipelines.contracts import Refusal
from pipelines.learning.from_file import score_file, train_from_file, train_from_table
from pipelines.learning.modelling import contest
from pipelines.learning.tables.columns import kind_of, read_as
from tests.learning.tables import customers
from tests.learning.test_from_file import codes, opened


@pytest.fixture(scope="module")
def table():
    return customers(600).select("customer_id", "age", "spend", "plan", "since", "churned")


def written(table, path, separator=","):
    table.write_csv(path, separator=separator)
    return path


@pytest.mark.parametrize(
    "cells",
    [
        ["1,234.50", "-7.25"], ["1.234,50", "-7,25"], ["€ 1,234.50", "-€ 7.25"], ["1 234,50 kr", "-7,25 kr"],
        ["1234.50", "(7.25)"], ["1,234.50", "7.25-"], ["1234.50", "\u22127.25"], ["1'234.50 CHF", "-7.25 CHF"],
    ],
)  # fmt: skip
def test_numbers_are_read_however_they_are_spelt(cells):
    series = pl.Series("x", cells * 20)
    column = kind_of(series)
    assert (column.kind, read_as(series, column).to_list()) == ("number", [1234.5, -7.25] * 20)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-10-23", "23.10.2026", "23/10/2026", "10/23/2026", "23.10.26", "23-Oct-2026", "October 23, 2026",
        "2026.10.23", "23.10.2026 00:00:00", "10/23/2026 12:00 AM", "2026-10-23T00:00:00Z", "2026/10/23 00:00:00",
    ],
)  # fmt: skip
def test_dates_are_read_however_they_are_spelt(cell):
    series = pl.Series("x", [cell] * 40)
    column = kind_of(series)
    assert column.kind == "moment"
    assert str(read_as(series, column)[0]) == "2026-10-23 00:00:00"


def test_a_table_of_another_country_is_scored_alike_and_that_is_said(table, tmp_path):
    source, model = written(table, tmp_path / "t.csv"), tmp_path / "m"
    train_from_file(opened(source), source, "churned", ids=["customer_id"], out=model)
    here = score_file(opened(source), source, model, tmp_path / "here.csv")
    other = table.with_columns(
        pl.col("spend").str.replace(",", "", literal=True).str.replace(".", ",", literal=True),
        pl.col("since").str.to_date("%d.%m.%Y").cast(pl.String),
    )
    elsewhere = written(other, tmp_path / "elsewhere.csv", ";")
    there = score_file(opened(elsewhere), elsewhere, model, tmp_path / "there.csv")
    assert here["warnings"] == []
    assert [said.split(";")[0] for said in there["warnings"]] == [
        "spend is not spelt as in training", "since is not spelt as in training",
    ]  # fmt: skip
    assert (tmp_path / "here.csv").read_text() == (tmp_path / "there.csv").read_text()


def test_what_the_model_cannot_read_is_said(table, tmp_path):
    source, model = written(table, tmp_path / "t.csv"), tmp_path / "m"
    train_from_file(opened(source), source, "churned", ids=["customer_id"], out=model)
    odd = table.drop("customer_id").with_columns(age=pl.lit("old"), plan=pl.lit("platinum"))
    strange = written(odd, tmp_path / "odd.csv")
    assert score_file(opened(strange), strange, model, tmp_path / "s.csv")["warnings"] == [
        "age holds no number in 600 of 600 rows; they count as blank.",
        "plan holds values in 600 of 600 rows that the model hardly ever met (platinum); of these it knows nothing.",
        "The table has no column customer_id, which names rows; the scores go without it.",
    ]
    lacking = written(table.drop("age", "plan"), tmp_path / "lacking.csv")
    with pytest.raises(Refusal, match="lacks what the model was trained with: age, plan; add them"):
        score_file(opened(lacking), lacking, model, tmp_path / "s.csv")


def test_nothing_that_is_read_is_written_over(table, tmp_path):
    source, model = written(table, tmp_path / "t.csv"), tmp_path / "m"
    with pytest.raises(Refusal, match="is what is read, and would be overwritten"):
        train_from_file(opened(source), source, "churned", out=source)
    train_from_file(opened(source), source, "churned", out=model)
    for read in (source, model):
        with pytest.raises(Refusal, match="is what is read, and would be overwritten"):
            score_file(opened(source), source, model, read)
    with pytest.raises(Refusal, match="cannot be written"):
        score_file(opened(source), source, model, source / "inside")


def test_rows_that_stand_there_twice_are_learnt_once(table):
    found = train_from_table(pl.concat([table, table.head(150)]), "churned")
    assert (found.rows, codes(found)["customer_id"]) == (600, "id")
    assert "150 rows repeat another in every column and were left out" in found.warnings[0]
    # Without an id they may be different people.
    alike = table.select("plan", "churned")
    assert train_from_table(alike, "churned").rows == 600


def test_a_target_is_nothing_else_besides(table, tmp_path):
    source = written(table, tmp_path / "t.csv")
    for told in ({"ids": ["churned"]}, {"exclude": ["churned"]}, {"time": "churned"}):
        with pytest.raises(Refusal, match="churned is the target; name another column"):
            train_from_file(opened(source), source, "churned", **told)


def test_time_must_not_part_the_answers(table):
    ended = table.with_columns(
        ended=pl.when(pl.col("churned") == "Yes").then(pl.lit("2026-01-01")).otherwise(pl.lit("2027-01-01"))
    )
    with pytest.raises(Refusal, match=r"In the order of time the \w+ rows hold 0 of the rarer answer"):
        train_from_table(ended, "churned", time="ended")


def test_blanks_that_may_mean_no_are_told(table):
    ticked = table.with_columns(churned=pl.col("churned").replace("no", ""))
    with pytest.raises(Refusal, match=r"Every answer in churned is yes and \d+ rows are blank; if blank means no"):
        train_from_table(ticked, "churned")


def test_json_is_no_table(table, tmp_path):
    for name, text in (("t.jsonl", table.write_ndjson()), ("t.json", "[\n" + table.write_json()[1:])):
        (tmp_path / name).write_text(text)
        with pytest.raises(Refusal, match="holds JSON, not a table; export it as CSV or Parquet"):
            opened(tmp_path / name)


def test_of_many_cells_fewer_folds_are_tried(table, monkeypatch):
    every = train_from_table(table, "churned").metrics
    monkeypatch.setattr(contest, "CELLS", 1)
    fewer = train_from_table(table, "churned").metrics
    assert (every["rows"], fewer["rows"]) == (600, 240)
    assert fewer["auc"] == pytest.approx(every["auc"], abs=0.06)
