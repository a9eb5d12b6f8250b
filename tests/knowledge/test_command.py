"""`liftline knowledge …` as people and scripts meet it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.contracts import Refusal


@pytest.fixture
def liftline(services, tmp_path, monkeypatch):
    assert services.database
    monkeypatch.setenv("LIFTLINE_HOME", str(services.settings.liftline_home))
    monkeypatch.setenv("LIFTLINE_REPORTS", str(tmp_path / "reports"))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        done = CliRunner().invoke(app, ["knowledge", *arguments])
        if isinstance(done.exception, Refusal):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


def test_a_folder_is_indexed_and_searched(liftline, shelf, tenant):
    shelf.stock()
    shelf.put("draft", "The Wool throw will glow in the dark.", approved_by=None)
    (shelf.folder / "photo.xyz").write_text("?")
    summary = json.loads(liftline("index", str(shelf.folder), "--tenant", tenant, "--json"))
    assert (summary["documents"], summary["passages"], summary["added"], summary["unchanged"]) == (5, 5, 5, 0)
    assert [one["document_id"] for one in summary["not_citable"]] == ["draft"]
    assert [one["path"] for one in summary["ignored"]] == ["photo.xyz"]
    found = json.loads(liftline("search", "wool throw", "--tenant", tenant, "-k", "2", "--locale", "en", "--json"))
    assert set(found) == {"results"}
    assert len(found["results"]) == 2
    assert set(found["results"][0]) == {"passage_id", "document_id", "score", "keyword_rank", "vector_rank", "text"}
    assert found["results"][0]["document_id"] == "throw"
    nothing = liftline("search", "wool throw", "--tenant", tenant, "--product", "Nothing", "--json")
    assert json.loads(nothing) == {"results": []}


def test_people_get_tables(liftline, shelf, tenant, tmp_path):
    shelf.stock()
    assert "4 documents" in liftline("index", str(shelf.folder), "--tenant", tenant)
    shown = liftline("search", "wool [red]throw", "--tenant", tenant, "--audience", "consumer")
    assert "The Wool throw costs 79.00 EUR." in shown
    assert "terms" not in shown
    questions = tmp_path / "questions.yaml"
    questions.write_text("questions: [{question: wool throw, relevant: {throw: 2}}]")
    assert "hybrid" in liftline("evaluate", "--questions", str(questions), "--tenant", tenant)
    measured = json.loads(liftline("evaluate", "--questions", str(questions), "--tenant", tenant, "--json"))
    assert measured["ndcg"]["hybrid"] == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("search", " ", "--tenant", "{}"), "empty"),
        (("search", "wool", "--tenant", "nobody"), "no tenant nobody"),
        (("search", "wool", "--tenant", "{}"), "liftline knowledge index"),
        (("index", "/nowhere", "--tenant", "{}"), "does not exist"),
        (("evaluate", "--questions", "/nowhere.yaml", "--tenant", "{}"), "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(liftline, tenant, arguments, sentence):
    with pytest.raises(Refusal, match=sentence):
        liftline(*(argument.format(tenant) for argument in arguments))
