"""`liftline safety screen`: any CSV in, a verdict a row out, and sums that add up."""

from __future__ import annotations

import csv
import json
from functools import partial

import pytest

from pipelines.contracts import Refusal
from pipelines.safety import run
from pipelines.safety.policy import read_screening_policy
from pipelines.safety.ports import CATEGORIES, Judged, Severities
from tests.commanding import liftline
from tests.doubles.content_safety_server import KEY, content_safety_server
from tests.safety.labelled_texts import POLICIES

POLICY = read_screening_policy(POLICIES)


class Keyword:
    """A screen that blocks what says "bad", doubts what says "hm", and remembers how much it was given at once."""

    name = "azure"
    version = "keyword-1"

    def __init__(self):
        self.sizes = []

    def explain(self, code):
        return ""

    def screen(self, texts):
        self.sizes.append(len(texts))
        return [self._judge(text) for text in texts]

    def ungrounded(self, claims):
        return None

    def _judge(self, text):
        severity = 6 if "bad" in text else 4 if "hm" in text else 0
        return Severities(
            dict.fromkeys(CATEGORIES, Judged(0)) | {"Hate": Judged(severity, ("said",) if severity else ())}
        )


def screened(tmp_path, content, *, column="text", id_column=None, screen=None, name="in.csv"):
    file, out = tmp_path / name, tmp_path / "out.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    summary = run.screen_file(
        file, out, column=column, id_column=id_column, screen=screen or Keyword(), policy=POLICY
    ).to_json()
    with out.open(encoding="utf-8", newline="") as rows:
        found = list(csv.DictReader(rows))
    assert summary["rows"] == summary["pass"] + summary["review"] + summary["block"] == len(found)
    return summary, found


def test_each_row_has_its_verdict_and_the_sums_add_up(tmp_path):
    summary, rows = screened(tmp_path, 'text,id\nfine,a\n"bad, ""very""\nbad",b\nhm,c\n,d\n', id_column="id")
    assert [(row["id"], row["decision"], row["category"], row["severity"]) for row in rows] == [
        ("a", "pass", "", "0"), ("b", "block", "Hate", "6"), ("c", "review", "Hate", "4"), ("d", "pass", "", "0"),
    ]  # fmt: skip
    assert list(rows[0]) == ["id", "decision", "category", "severity", "codes", "reason"]
    assert summary["categories"] == {"review": {"Hate": 1}, "block": {"Hate": 1}}
    assert rows[1]["codes"] == "said"
    assert all(row["reason"].endswith(".") for row in rows)


@pytest.mark.parametrize(
    "content",
    [
        "text;note\nbad;ä\n".encode(),
        "text\tnote\nbad\tä\n".encode("utf-16"),
        "text|note\r\nbad|ä\r\n".encode("utf-8-sig"),
        "text,note\nbad,ä\n".encode("cp1252"),
        "sep=;\ntext;note\nbad;ä\n".encode(),
        b"text,note\rbad,x\r",
        "\n\n text ,note\n\nbad,ä,,\n".encode(),
    ],
    ids=[
        "semicolon",
        "utf-16 tabs",
        "mark and pipes",
        "windows-1252",
        "sep line",
        "old mac",
        "blank lines, empty cells",
    ],
)
def test_any_dialect_is_read(tmp_path, content):
    summary, rows = screened(tmp_path, content)
    assert (summary["rows"], rows[0]["decision"], rows[0]["id"]) == (1, "block", "1")


def test_a_row_with_too_many_or_too_few_cells_is_blocked_and_not_half_read(tmp_path):
    _, rows = screened(tmp_path, "id,text\n1,fine, and bad\n2\n3,fine\n", id_column="id")
    assert [(row["id"], row["decision"], row["codes"]) for row in rows] == [
        ("1", "block", "broken_row"), ("2", "block", "broken_row"), ("3", "pass", ""),
    ]  # fmt: skip
    assert "3 cells where the header has 2" in rows[0]["reason"]


def test_nothing_that_is_written_runs_as_a_formula(tmp_path):
    _, rows = screened(tmp_path, "id,text\n=1+1,fine\n@x,fine\n'=2,fine\n-3,fine\n", id_column="id")
    assert [row["id"] for row in rows] == ["'=1+1", "'@x", "''=2", "'-3"]


def test_a_large_file_is_read_in_slices(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "ROWS_AT_ONCE", 100)
    screen = Keyword()
    summary, _ = screened(tmp_path, "text\n" + "bad\n" * 250, screen=screen)
    assert screen.sizes == [100, 100, 50]
    assert summary["block"] == 250


def test_a_header_alone_is_a_file_of_no_texts(tmp_path):
    assert screened(tmp_path, "text\n")[0]["rows"] == 0


@pytest.mark.parametrize(
    ("content", "more", "words"),
    [
        (b"", {}, "is empty"),
        (b"\n \n", {}, "blank lines"),
        (b"id,body\n1,x\n", {}, "has no column 'text'; its columns are id, body"),
        (b"text,text\n1,x\n", {}, "2 columns 'text'"),
        (b"text\nx\n", {"id_column": "key"}, "has no column 'key'"),
        (b"text\n\x00\x01\x02\n", {}, "binary"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", {}, "binary"),
        (b"\xff\xfet\x00e\x00x\x00t\x00\n\x00x", {}, "not whole"),
        (b'text\n"' + b"x" * 10_000_001 + b'"\n', {}, "near line 2"),
    ],
    ids=["empty", "blank", "no column", "twice", "no id", "nul", "png", "cut utf-16", "endless cell"],
)  # fmt: skip
def test_a_file_that_cannot_be_screened_is_refused_and_leaves_nothing(tmp_path, content, more, words):
    with pytest.raises(Refusal, match=words):
        screened(tmp_path, content, **more)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_missing_files_folders_and_the_input_itself_are_refused(tmp_path):
    file = tmp_path / "in.csv"
    file.write_text("text\nx\n")
    given = {"column": "text", "id_column": None, "screen": Keyword(), "policy": POLICY}
    for source, out, words in (
        (tmp_path / "none.csv", tmp_path / "o.csv", "cannot be read"),
        (tmp_path, tmp_path / "o.csv", "is a folder"),
        (file, file, "name another file"),
        (file, tmp_path, "name another file"),
        (file, file / "o.csv", "cannot be written"),
    ):
        with pytest.raises(Refusal, match=words):
            run.screen_file(source, out, **given)
    assert file.read_text() == "text\nx\n"


def test_the_command_needs_no_tenant_and_no_database(tmp_path):
    file, out, home = tmp_path / "in.csv", tmp_path / "out.csv", tmp_path / "home"
    file.write_text("key,body\na,Your lamp ships today.\nb,I will kill you and your family tonight.\n")
    command = partial(liftline, "safety", "screen", file, "--id", "key", "-o", out, LIFTLINE_HOME=home)
    done = command("--column", "body", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["rows"], told["pass"], told["review"], told["block"]) == (2, 1, 0, 1)
    assert out.read_text().splitlines()[2].startswith("b,block,Violence,")
    assert not home.exists()
    refused = command("--column", "none")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "has no column 'none'" in refused.stderr


def test_the_command_asks_the_screen_that_is_chosen_and_says_what_to_mend(tmp_path):
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_text("text\nA mug.\nA mug [Hate:4]\nA mug [Violence:6]\nThe forbidden teapot\n")
    policies = tmp_path / "policies"
    policies.mkdir()
    content = (POLICIES / "screening.yaml").read_text(encoding="utf-8")
    (policies / "screening.yaml").write_text(content.replace("blocklist: []", "blocklist: [teapot]"), encoding="utf-8")
    with content_safety_server() as server:
        server.blocklists = {"own": ["gun"]}
        environment = {
            "LIFTLINE_HOME": tmp_path / "home",
            "LIFTLINE_POLICIES": policies,
            "CONTENT_SAFETY_PROVIDER": "azure",
            "AZURE_CONTENT_SAFETY_ENDPOINT": server.url,
            "AZURE_CONTENT_SAFETY_API_KEY": KEY,
            "AZURE_CONTENT_SAFETY_BLOCKLISTS": " own, ",
        }
        command = ("safety", "screen", file, "--column", "text", "-o", out, "--json")
        done = liftline(*command, **environment)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["screen"], told["pass"], told["review"], told["block"]) == ("azure", 1, 1, 2)
        assert "blocklists own" in told["screen_version"]
        with out.open(encoding="utf-8", newline="") as rows:
            assert list(csv.DictReader(rows))[3]["codes"] == "blocklist:teapot"
        # A wrong key: nothing passes, and each row says what to set.
        environment["AZURE_CONTENT_SAFETY_API_KEY"] = "wrong-key"
        done = liftline(*command, **environment)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["block"] == 4
        with out.open(encoding="utf-8", newline="") as rows:
            reasons = {row["reason"] for row in csv.DictReader(rows)}
        assert reasons
        assert all("AZURE_CONTENT_SAFETY_API_KEY" in reason and "wrong-key" not in reason for reason in reasons)
