"""The report says what is wrong, shows nobody's data, and opens without a network."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from pipelines.customers.quality import write_report
from pipelines.customers.quality.expectations import expected_of
from pipelines.customers.quality.facts import Outcome
from pipelines.customers.quality.validation import validate
from tests.customers.quality.reports import CLEAN, ROWS, SPOILT, Page, facts, spoilt


def outcomes(tmp_path: Path, sample: pl.DataFrame, kind: str = "customers") -> dict[str, Outcome]:
    found = validate(kind, sample, tmp_path, "b1", facts().imported_at)
    return {outcome.sentence: outcome for outcome in found}


def failed(found: dict[str, Outcome]) -> set[str]:
    return {sentence.split(":")[0] for sentence, outcome in found.items() if not outcome.passed}


def test_a_clean_file_meets_everything(tmp_path: Path) -> None:
    found = outcomes(tmp_path, CLEAN)
    assert len(found) >= 13
    assert failed(found) == set()


@pytest.mark.parametrize("first", [0, 1])
def test_a_spoilt_column_fails_its_expectation_and_no_other(tmp_path: Path, first: int) -> None:
    columns = list(SPOILT)[first::2]
    labels = {one.replace("_", " ").capitalize().replace(" id", " ID").replace("Email", "E-mail") for one in columns}
    assert failed(outcomes(tmp_path, spoilt(*columns))) == labels


def test_the_same_address_in_other_case_is_a_repetition(tmp_path: Path) -> None:
    twice = CLEAN.with_columns(
        pl.when(pl.int_range(pl.len()) == 1).then(pl.lit("PERSON0@Example.com ")).otherwise("email").alias("email")
    )
    unique = outcomes(tmp_path, twice)["E-mail: no value occurs twice"]
    assert not unique.passed
    assert unique.share == pytest.approx(100 - 2 / ROWS * 100, abs=0.01)


def test_one_bad_cell_in_very_many_is_not_shown_as_all_good(tmp_path: Path) -> None:
    many = pl.DataFrame({"customer_id": pl.int_range(50_000, eager=True).cast(pl.String)})
    many = many.with_columns(orders=pl.when(pl.int_range(pl.len()) == 7).then(pl.lit("-1")).otherwise(pl.lit("1")))
    assert outcomes(tmp_path, many)["Orders: a whole number, zero or more"].share == 99.99


def test_an_empty_column_and_a_missing_one_raise_no_alarm_beyond_themselves(tmp_path: Path) -> None:
    sample = CLEAN.drop("email").with_columns(orders=pl.lit(None, pl.String), tags=pl.lit(None))
    assert failed(outcomes(tmp_path, sample)) == {"E-mail"}


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            "orders",
            {"order_id": ["1", "2"], "customer_id": ["1", "1"], "ordered_at": ["2026-01-02", "2026-01-02T10:11:12Z"]}
            | {"amount": ["1.00", "-5,50 €"], "currency": ["eur", "€"], "product": ["a", "b"]},
            {"order_id": ["1", "1"], "customer_id": ["1", "1"], "ordered_at": ["yesterday", "x"]}
            | {"amount": ["NaN", "inf"], "currency": ["dollars", "?"], "product": ["a", "b"]},
        ),
        (
            "events",
            {"event_id": ["1", "2"], "customer_id": ["1", "1"], "event": ["open", "click"]}
            | {"occurred_at": ["1767312000", "2026-01-02 10:11"], "properties": ["{}", '{"a":\n1}']},
            {"event_id": ["1", "1"], "customer_id": ["1", "1"], "event": ["", None]}
            | {"occurred_at": ["soon", "later"], "properties": ["[]", "x"]},
        ),
        (
            "consents",
            {"customer_id": ["1", "2"], "channel": ["Email", "sms"], "purpose": ["marketing", "news"]}
            | {"status": ["granted", "NO"], "occurred_at": ["2026-01-02"] * 2, "source": ["form"] * 2}
            | {"text_version": ["v1"] * 2, "lawful_basis": ["Consent", "legitimate interests"]},
            {"customer_id": ["1", "2"], "channel": ["smoke", "drum"], "purpose": ["--", "??"]}
            | {"status": ["perhaps", ""], "occurred_at": ["x"] * 2, "source": [""] * 2}
            | {"text_version": [""] * 2, "lawful_basis": ["because", "so"]},
        ),
        (
            "suppressions",
            {"email": ["a@example.com", "b@example.com"], "channel": ["email"] * 2}
            | {"reason": ["complaint", "Hard_Bounce"], "occurred_at": ["2026-01-02"] * 2, "source": ["esp"] * 2},
            {"email": ["a", "b"], "channel": ["all"] * 2}
            | {"reason": ["dunno", ""], "occurred_at": ["x"] * 2, "source": [""] * 2},
        ),
    ],
)
def test_every_kind_knows_good_from_bad(
    tmp_path: Path, kind: str, good: dict[str, list[str]], bad: dict[str, list[str]]
) -> None:
    assert failed(outcomes(tmp_path / "good", pl.DataFrame(good), kind)) == set()
    found = outcomes(tmp_path / "bad", pl.DataFrame(bad, strict=False), kind)
    labels = {one.replace("_", " ").capitalize().replace(" id", " ID").replace("Email", "E-mail") for one in bad}
    assert failed(found) == labels - {"Customer ID", "Product"}


def test_no_cell_of_the_file_is_in_the_report(tmp_path: Path) -> None:
    sample = CLEAN
    for column in SPOILT:
        canary = pl.format("canary-{}", pl.int_range(pl.len()))
        sample = sample.with_columns(
            pl.when(pl.int_range(pl.len()) % 3 > 0).then(canary).otherwise(column).alias(column)
        )
    write_report(folder=tmp_path / "report", kind="customers", sample=sample, facts=facts())
    pages = list((tmp_path / "report").rglob("*"))
    assert len([page for page in pages if page.suffix == ".html"]) == 3
    for page in pages:
        assert page.is_dir() or b"canary" not in page.read_bytes()


def test_what_the_file_brings_is_escaped(tmp_path: Path) -> None:
    evil = "<script>alert('x')</script>"
    told = facts(
        file_name=evil,
        tenant=evil,
        batch_id=evil,
        reasons={evil: 1},
        sentences={evil: evil},
        columns={evil: "email", "b": evil},
    )
    first = write_report(folder=tmp_path / "report", kind="customers", sample=CLEAN, facts=told)
    page = Page(first)
    assert "script" not in page.tags
    assert page.text.count(evil) >= 5
    for other in (tmp_path / "report").rglob("*.html"):
        assert "<script>alert" not in other.read_text()


def test_pages_link_to_each_other_and_to_no_other_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object) -> None:
        raise AssertionError("the report asked for the network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    folder = tmp_path / "report"
    first = write_report(folder=folder, kind="customers", sample=CLEAN, facts=facts())
    assert first == folder / "index.html"
    reached, waiting = set(), [first]
    while waiting:
        path = waiting.pop()
        reached.add(path)
        page = Page(path)
        assert "default-src 'none'" in page.source
        assert not {"img", "link", "iframe"} & set(page.tags)
        for reference in page.references:
            target, _, anchor = reference.partition("#")
            other = (path.parent / target).resolve() if target else path
            assert other.is_file(), reference
            assert not anchor or anchor in Page(other).ids
            if other not in reached:
                waiting.append(other)
    assert {path.relative_to(folder).parts[0] for path in reached} == {"index.html", "validations", "expectations"}


def test_the_summary_says_it_in_words(tmp_path: Path) -> None:
    told = facts(
        rows=1_000,
        clean=700,
        quarantined=300,
        held=True,
        reasons={"email_invalid": 290, "phone_invalid": 20},
        sentences={"email_invalid": "The address is not valid."},
        seen=990,
    )
    text = Page(write_report(folder=tmp_path / "r", kind="customers", sample=CLEAN, facts=told)).text
    for words in (
        "Stopped: nothing of this file was loaded.",
        "30.0% of the rows were refused; the limit is 20%.",
        "1,000 rows = 700 clean + 300 quarantined",
        "290 email_invalid The address is not valid.",
        "20 phone_invalid phone_invalid",
        "Checked over a sample of 60 of 990 rows",
        "Left out: 10 that could not be cut into columns.",
        "Customer ID customer_id",
        "Loyalty Tier kept as an attribute",
        "✓ met E-mail: filled in 100.00 % 90 %",
    ):
        assert words in text, words


def earlier(folder: Path) -> Path:
    """A folder with a page of an earlier report."""
    folder.mkdir()
    (folder / "index.html").write_text("of before")
    return folder


def test_a_second_report_takes_the_place_of_the_first(tmp_path: Path) -> None:
    folder = earlier(tmp_path / "report")
    (folder / "left-over.html").write_text("old")
    write_report(folder=folder, kind="customers", sample=CLEAN, facts=facts(file_name="other.csv"))
    assert len(list(folder.rglob("*.html"))) == 3
    assert not (folder / "left-over.html").exists()
    assert "other.csv" in (folder / "index.html").read_text()
    assert os.listdir(tmp_path) == ["report"]


def test_a_failure_leaves_the_earlier_report_and_no_rubbish(tmp_path: Path) -> None:
    folder = earlier(tmp_path / "report")
    with pytest.raises(KeyError):
        write_report(folder=folder, kind="unheard of", sample=CLEAN, facts=facts())
    assert (folder / "index.html").read_text() == "of before"
    assert os.listdir(tmp_path) == ["report"]


def test_a_file_of_which_no_row_could_be_read_has_a_report(tmp_path: Path) -> None:
    told = facts(rows=3, clean=0, quarantined=3, held=True, seen=0)
    page = Page(write_report(folder=tmp_path / "r", kind="customers", sample=pl.DataFrame(), facts=told))
    assert "✗ not met The file has rows" in page.text


def test_it_can_be_sent_to_a_child_process(tmp_path: Path) -> None:
    work = partial(write_report, folder=tmp_path, kind="customers", sample=CLEAN, facts=facts())
    assert pickle.loads(pickle.dumps(work)).keywords["facts"] == facts()


def test_importing_is_quick_and_writing_is_silent(tmp_path: Path) -> None:
    script = f"""
import logging, sys
logging.basicConfig(level=logging.INFO)
from pipelines.customers.quality import write_report
assert not {{"great_expectations", "pandas", "pyarrow"}} & set(sys.modules)
from tests.customers.quality.reports import CLEAN, facts
from pathlib import Path
write_report(folder=Path({str(tmp_path / "r")!r}), kind="customers", sample=CLEAN, facts=facts())
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_expectations_of_absent_columns_are_not_asked() -> None:
    asked = {one.column for one in expected_of("customers", ["email"])}
    assert asked == {None, "email", "customer_id"}
