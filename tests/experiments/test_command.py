"""`liftline experiments …` on files: any table, odd ids explained, and no database."""

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.contracts import Refusal
from pipelines.experiments.hashing import bucket_ranges, buckets_of, choose, in_namespace

RUN = CliRunner()


def assign(path, *more, arms="control:25,a:25,b:25,c:25", key="winter", column="id"):
    return RUN.invoke(app, ["experiments", "assign", str(path), "--key", key, "--id", column, "--arms", arms, *more])


@pytest.fixture(autouse=True)
def _no_database(monkeypatch):
    def opened(*_):
        raise AssertionError("a file needs no database")

    monkeypatch.setattr("pipelines.services.Services.database", property(opened))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_table_gets_arms_and_buckets(tmp_path, encoding, delimiter):
    ids = [f"c{n}" for n in range(200)] + ["Zoë", "José"]
    path, out = tmp_path / "people.csv", tmp_path / "out.csv"
    lines = [delimiter.join(("id", "name")), *(delimiter.join((one, f'"Ann ""{one}"""')) for one in ids)]
    path.write_text("\n".join(lines), encoding=encoding)
    done = assign(path, "-o", str(out), "--json", "--hash-version", "1", "--coverage", "0.5")
    assert done.exit_code == 0, done.output
    found = pl.read_csv(out, infer_schema_length=None)
    buckets = buckets_of(ids, "winter", 1)
    assert found["id"].to_list() == ids
    assert found["name"][0] == 'Ann "c0"'
    assert found["bucket"].to_list() == buckets.tolist()
    wanted = choose(buckets, bucket_ranges(4, 0.5)).tolist()
    assert found["arm"].to_list() == [("control", "a", "b", "c")[one] if one >= 0 else None for one in wanted]
    told = json.loads(done.stdout)
    assert told["rows"] == 202 == sum(told["codes"].values())
    assert told["codes"]["outside_coverage"] == wanted.count(-1)


def test_odd_ids_are_explained(tmp_path):
    path, out = tmp_path / "people.csv", tmp_path / "out.csv"
    path.write_text("id,n\na,1\n,2\nb,3\na,4\n  ,5\nc,6,7\n")
    told = json.loads(assign(path, "-o", str(out), "--json").stdout)
    assert told["codes"] == {"assigned": 3, "blank_id": 2, "unreadable_row": 1}
    assert told["rows"] == 6
    assert told["duplicated_rows"] == 2
    blank, twice, ragged = told["warnings"]
    assert blank.startswith("2 rows have no id (lines 3, 6)")
    assert "lines 2, 5" in twice
    assert "line 7" in ragged
    found = pl.read_csv(out)
    assert found["arm"].null_count() == found["bucket"].null_count() == 2


def test_a_part_of_a_namespace(tmp_path):
    path, ids = tmp_path / "people.csv", [f"c{n}" for n in range(500)]
    path.write_text("id\n" + "\n".join(ids))
    told = json.loads(assign(path, "--namespace", "autumn,0,0.5", "--json").stdout)
    assert told["codes"]["assigned"] == in_namespace(ids, "autumn", 0, 0.5).sum()


@pytest.mark.parametrize(
    ("text", "more", "told"),
    [
        ("no\n1\n", [], "has no column 'id'; its columns are no"),
        ("id,arm\n1,x\n", [], "has a column arm already"),
        ("id\n1\n", ["--namespace", "x,1,0"], "is no part of a namespace"),
        ("id\n1\n", ["--namespace", "x"], "is no part of a namespace"),
        ("id\n1\n", ["--coverage", "2"], "The coverage is 2"),
        ("id\n1\n", ["--hash-version", "3"], "no hash version 3"),
        ("", [], "is empty"),
    ],
)
def test_what_cannot_be_done_is_refused_and_leaves_nothing(tmp_path, text, more, told):
    path, out = tmp_path / "people.csv", tmp_path / "out.csv"
    path.write_text(text)
    done = assign(path, "-o", str(out), *more)
    assert isinstance(done.exception, Refusal)
    assert told in str(done.exception)
    assert list(tmp_path.iterdir()) == [path]


def test_the_size_as_a_sentence_and_as_json():
    plain = RUN.invoke(app, ["experiments", "size", "--baseline", "0.02", "--lift", "0.10", "--audience", "1000"])
    assert "It cannot detect a change from 2.00% to 2.20%" in plain.stdout
    told = json.loads(RUN.invoke(app, ["experiments", "size", "--baseline", "0.02", "--lift", "0.1", "--json"]).stdout)
    assert told["sample_per_arm"] == pytest.approx(80_637, abs=1)
    assert told["sample_total"] == 2 * told["sample_per_arm"]
    assert RUN.invoke(app, ["experiments", "size", "--baseline", "0.02", "--lift", "1", "--plan", "x"]).exit_code == 2
