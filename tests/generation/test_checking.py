"""`liftline generation check`: any text against any folder, without a database."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from pipelines.contracts import Refusal
from pipelines.generation.checking import read_text
from tests.commanding import liftline

LETTER = """# Wool throw

Hello {{contact.first_name|there}},

The wool throw costs 89 EUR. It weighs 900 g.
"""
APPROVED = """---
id: throw
title: Wool throw
approved_by: Ana Ruiz
approved_at: 2026-01-05
expires_at: 2026-12-31
product: Wool throw
---

# Wool throw

The wool throw costs 79.00 EUR. It weighs 900 g.
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "approved"
    folder.mkdir()
    (folder / "throw.md").write_text(APPROVED, encoding="utf-8")
    return folder


def _check(text: Path | str, sources: Path, *more: str, stdin: str = "") -> CompletedProcess[str]:
    # A home that cannot be made: nothing of a database is looked for.
    told = ("--text", text, "--sources", sources, *more)
    return liftline("generation", "check", *told, stdin=stdin, LIFTLINE_HOME="/proc/no/home")


def test_each_sentence_gets_its_verdict(tmp_path: Path, sources: Path) -> None:
    letter = tmp_path / "letter.md"
    letter.write_text(LETTER, encoding="utf-8")
    done = _check(letter, sources, "--json", "--on", "2026-11-20")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [one["verdict"] for one in found["sentences"]] == ["not_factual", "not_factual", "unsupported", "supported"]
    assert set(found["sentences"][0]) == {"text", "verdict", "passage_id", "document_id", "code", "reason"}
    price, weight = found["sentences"][2:]
    assert "89 EUR" in price["reason"]
    assert "79.00 EUR" in price["reason"]
    assert weight["document_id"] == "throw"
    assert (found["supported"], found["unsupported"], found["not_factual"]) == (1, 1, 2)


def test_it_reads_standard_input_and_can_be_strict(sources: Path) -> None:
    done = _check("-", sources, "--on", "2026-11-20", stdin="The wool throw costs 89 EUR.")
    assert done.returncode == 0
    assert "unsupported" in done.stdout
    assert _check("-", sources, "--on", "2026-11-20", "--strict", stdin="The wool throw costs 89 EUR.").returncode == 1
    assert _check("-", sources, "--on", "2026-11-20", "--strict", stdin="The wool throw costs 79 EUR.").returncode == 0


def test_what_has_expired_bears_out_nothing(sources: Path) -> None:
    done = _check("-", sources, "--json", "--on", "2027-01-01", stdin="The wool throw weighs 900 g.")
    verdict = json.loads(done.stdout)["sentences"][0]
    assert (verdict["verdict"], verdict["code"]) == ("unsupported", "expired")
    assert "expired on 2026-12-31" in verdict["reason"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("missing.md", None, "cannot be read"),
        ("empty.md", b" \n\n", "is empty"),
        ("picture.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00", "is not a text"),
        ("latin.txt", "Möbel".encode("latin-1"), "not in UTF-8"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, name: str, content: bytes | None, says: str) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Refusal, match=says):
        read_text(file, BytesIO())


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = _check("-", tmp_path / "nowhere", stdin="The wool throw costs 79 EUR.")
    assert done.returncode == 1
    assert "nowhere" in done.stderr
    assert ("Traceback" in done.stderr, done.stdout) == (False, "")
    assert _check(tmp_path, tmp_path).returncode == 1
