"""`liftline audit …` as people and scripts meet it."""

import json
from functools import partial

import pytest

from tests import commanding


@pytest.fixture
def liftline(services, book, monkeypatch):
    monkeypatch.setenv("LIFTLINE_HOME", str(services.settings.liftline_home))
    monkeypatch.setenv("LIFTLINE_REPORTS", str(book.folder / "reports"))
    return partial(commanding.liftline, "audit")


def test_export_and_verify_without_a_database(book, liftline):
    campaign = f"campaign-of-{book.tenant}"
    book.append(4, campaign=campaign)
    anchored = json.loads(liftline("anchor", "--tenant", book.tenant, "--json").stdout)
    assert anchored["seq"] == 4
    out = book.folder / "out"
    exported = liftline("export", "--campaign", campaign, "-o", str(out), "--as", "olga", "--json")
    assert exported.returncode == 0, exported.stderr
    told = json.loads(exported.stdout)
    assert (told["tenant_id"], told["campaign_id"], told["exported_by"]) == (book.tenant, campaign, "olga")
    assert told["anchor_file"] == str(book.folder / "reports" / "anchors" / f"{book.tenant}.jsonl")
    nowhere = {"DATABASE_URL": "host=/nowhere", "LIFTLINE_HOME": str(book.folder / "empty")}
    whole = liftline("verify", str(out), "--json", **nowhere)
    assert (whole.returncode, json.loads(whole.stdout)["whole"], json.loads(whole.stdout)["anchored"]) == (
        0,
        True,
        True,
    )
    elsewhere = {**nowhere, "LIFTLINE_REPORTS": str(book.folder / "empty")}
    unanchored = liftline("verify", str(out), **elsewhere)
    assert (unanchored.returncode, unanchored.stdout.startswith("Whole in itself: ")) == (0, True)
    assert "`liftline audit anchor` makes one" in unanchored.stdout
    assert not (book.folder / "empty").exists()
    unmounted = liftline("verify", str(out), **nowhere, LIFTLINE_ANCHORS=str(book.folder / "unmounted"))
    assert (unmounted.returncode, "unmounted, which is not there" in " ".join(unmounted.stderr.split())) == (1, True)
    entries = out / "entries.csv"
    entries.write_bytes(entries.read_bytes().replace(b"number 2", b"number 3", 1))
    broken = liftline("verify", str(entries), **nowhere)
    assert (broken.returncode, broken.stdout) == (1, "Broken: entry 2 was changed.\n")
    shown = json.loads(liftline("show", "--tenant", book.tenant, "--last", "1", "--json").stdout)["entries"]
    assert [row["action"] for row in shown] == ["audit.export"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["export", "-o", "x"], 2, "--campaign or --tenant"),
        (["export", "--campaign", "never-launched", "-o", "x"], 1, "no tenant has a campaign never-launched"),
        (["export", "--tenant", "nobody", "-o", "x"], 1, "no tenant nobody"),
        (["verify", "/nowhere"], 1, "does not exist"),
        (["verify", "/tmp", "--anchors", "/nowhere"], 2, "does not exist"),
        (["anchor", "--tenant", "nobody"], 1, "no tenant nobody"),
    ],
)
def test_a_no_is_a_sentence_and_a_code(liftline, arguments, code, words):
    ended = liftline(*arguments)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
