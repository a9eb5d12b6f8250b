"""An export holds what was asked for, proves it, and leaves nothing half done."""

import csv
import errno
import hashlib
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest

from pipelines.audit import anchoring, folder, run
from pipelines.audit.scope import Scope, day_of
from pipelines.audit.store import Ledger
from pipelines.audit.verify_audit import COLUMNS, HEADER
from pipelines.contracts import Refusal
from tests.audit.test_verification import relinked

HANDBOOK = Path(__file__).parents[2] / "docs" / "audit.md"
FILES = {"anchor.json", "entries-readable.csv", "entries.csv", "manifest.json", "summary.html", "summary.pdf"}
SAY = """
SELECT append_audit(audit_entry(
    actor => %(actor)s, actor_kind => 'person', action => %(action)s, decision => %(decision)s, reason => %(reason)s,
    campaign_id => 'spring', content_hash => %(content)s, overrides => %(overrides)s, override_reason => %(why)s
))
"""


def say(book, **told):
    blank = dict.fromkeys(("reason", "content", "overrides", "why"))
    with book.archive.database.transaction(book.tenant) as connection:
        connection.execute(SAY, blank | told)


def cells_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def both_files(book, made):
    return book.verdict(made.folder, made.anchor_file)


def test_a_tenants_export_is_the_ledger_byte_for_byte(book):
    book.append(12)
    book.append(3, campaign=None)
    made = book.export()
    assert {path.name for path in made.folder.iterdir()} == FILES | {"verify_audit.py"}
    lines = (made.folder / "entries.csv").read_bytes().splitlines(keepends=True)
    assert lines[0] == HEADER
    rows = book.rows()
    assert len(lines) == len(rows) + 1 == 17
    for line, (tenant, seq, moment, campaign, body, before, found) in zip(lines[1:], rows, strict=True):
        stamp = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        digest = hashlib.sha256(body.encode()).hexdigest()
        assert line.decode() == f"{seq},{stamp},{tenant},{campaign or ''},{body},{digest},{before},{found}\n"
    verdict = both_files(book, made)
    assert verdict.whole
    # Whoever was handed the folder has nothing of ours but what is in it.
    apart = [sys.executable, "-I", made.folder / "verify_audit.py", made.folder]
    told = subprocess.run([*apart, "--anchors", made.anchor_file], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == verdict.sentence
    # By nothing but its own word it is whole in itself, and says how more than that is known.
    alone = subprocess.run(apart, capture_output=True, text=True, check=True).stdout.strip()
    assert alone == book.verdict(made.folder, None).sentence
    assert alone.startswith("Whole in itself: entries 1 to 16")
    assert "Name the tenant's anchors with --anchors; `liftline audit anchor` makes one." in alone
    assert verdict.sentence.startswith(
        f"Whole: entries 1 to 16 of tenant {book.tenant}; the last hash is {rows[-1][6]}"
    )
    # The export stands in its own record, with who asked for it.
    last = cells_of(made.folder / "entries.csv")[-1]
    assert (last["action"], last["actor"], last["object"]) == ("audit.export", "olga", f"tenant {book.tenant}")
    for name, told in json.loads((made.folder / "manifest.json").read_text())["files"].items():
        content = (made.folder / name).read_bytes()
        assert told == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def test_a_campaigns_export_shows_its_own_entries_and_proves_that_none_is_missing(book):
    book.append(5)
    book.append(4, campaign="autumn")
    book.append(3, campaign=None)
    book.append(2)
    made = book.export(campaign="spring")
    assert (made.manifest["shown"], made.manifest["withheld"]) == (8, 7)
    rows = cells_of(made.folder / "entries.csv")
    assert {row["campaign_id"] for row in rows if row["actor"]} == {"spring"}
    withheld = [row for row in rows if not row["actor"]]
    assert {row["campaign_id"] for row in withheld} == {"autumn", ""}
    assert all(not any(row[name] for name in COLUMNS[4:-3]) for row in withheld)
    assert "7 of them of others" in both_files(book, made).sentence
    assert len(cells_of(made.folder / "entries-readable.csv")) == 8
    # Taking an entry's content out, as if it were another campaign's, is not believed.
    path = made.folder / "entries.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    *head, rest = lines[3].split(b",", 4)
    for campaign in (b"spring", b"autumn"):
        lines[3] = b",".join((*head[:3], campaign, b"," * 19 + rest[-196:]))
        path.write_bytes(b"".join(lines))
        verdict = both_files(book, made)
        assert verdict.seq == 3
        assert not verdict.whole


def test_a_stranger_proves_it_with_a_shell_as_the_handbook_says(book):
    book.append(5)
    book.append(2, campaign="autumn")
    made = book.export(campaign="spring")
    handbook = HANDBOOK.read_text()
    recipe = handbook.split("```bash\n", 1)[1].split("```", 1)[0]

    def said() -> str:
        told = subprocess.run(["bash", "-c", recipe], cwd=made.folder, capture_output=True, text=True, check=True)
        return told.stdout

    assert said().startswith(f"the chain holds\n{made.manifest['hash']}\n")
    path = made.folder / "entries.csv"
    was = path.read_bytes()
    for number in (1, 4, 7):
        lines = was.splitlines(keepends=True)
        lines[number] = lines[number].replace(b"Z,", b"z,", 1)
        path.write_bytes(b"".join(lines))
        assert said().startswith(f"broken at entry {number}\n")
    path.write_bytes(was.replace(b"\n", b"\r\n"))
    assert "saved anew by another program" in both_files(book, made).sentence


def test_days_cut_a_stretch_that_is_provable_by_itself(book):
    book.append(10)
    for seq, days in ((4, 20), (7, 10)):
        moved = f"UPDATE audit_entries SET occurred_at = occurred_at - interval '{days} days'"
        book.tamper(f"{moved} WHERE seq <= {seq} AND tenant_id = %s")
    # The days were set by hand, so the chain is made anew, as it would stand had these been the days.
    rechain(book)
    today = book.rows()[-1][2].astimezone(UTC).date()
    middle = book.export("middle", first_day=today - timedelta(days=15), last_day=today - timedelta(days=5))
    assert (middle.manifest["first"], middle.manifest["last"]) == (5, 7)
    assert both_files(book, middle).whole
    since = book.export("since", first_day=today - timedelta(days=5))
    assert (since.manifest["first"], since.manifest["last"]) == (8, 12)
    assert both_files(book, since).whole
    with pytest.raises(Refusal, match="holds no entry"):
        book.export("never", last_day=today - timedelta(days=300))
    assert day_of("2026-11-20") == datetime(2026, 11, 20).date()
    with pytest.raises(Refusal, match="is no day"):
        day_of("20.11.2026")


def rechain(book):
    previous = "0" * 64
    for tenant, seq, moment, campaign, body, _, _ in book.rows():
        head = f"{seq},{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ},{tenant},{campaign or ''}"
        link = f"{previous},{head},{hashlib.sha256(body.encode()).hexdigest()}"
        found = hashlib.sha256(link.encode()).hexdigest()
        book.tamper(
            "UPDATE audit_entries SET previous_hash = %s, hash = %s WHERE seq = %s AND tenant_id = %s",
            previous,
            found,
            seq,
        )
        previous = found


def test_the_readable_file_runs_no_formula_and_loses_no_character(book):
    texts = [
        '=HYPERLINK("https://x.example")',
        "+44 20 7946 0000",
        "@sum",
        "-5",
        "\t=1",
        "'=1",
        "\uff1d1",
        "\n=1",
        'a "b", c\\n\r\nd',
    ]
    for text in texts:
        say(book, actor="ada", action="note", decision="kept", reason=text)
    made = book.export()
    raw = made.folder / "entries-readable.csv"
    assert raw.read_bytes().startswith(b"\xef\xbb\xbf")
    found = [row["reason"] for row in cells_of(raw)][:-1]
    assert found[:-1] == ["'" + text for text in texts[:-1]]
    assert found[-1] == texts[-1]


def test_the_summary_adds_up_and_names_who(book):
    for turn in range(6):
        decision = ("pass", "pass", "pass", "review", "block", "block")[turn]
        say(book, actor="screening", action="screen", decision=decision, content=f"{turn}" * 64)
    say(book, actor="ada.berg", action="variant.approve", decision="approved", content="0" * 64)
    why = "<script>alert(1)</script> a place name"
    say(book, actor="mark", action="override", decision="pass", content="4" * 64, overrides="block", why=why)
    made = book.export(campaign="spring")
    page = (made.folder / "summary.html").read_text()
    assert "6 screened = 3 passed + 1 reviewed + 2 blocked." in page
    assert "Coverage 100 %" in page
    assert "ada.berg" in page
    assert "olga" in page
    assert "<script>" not in page
    assert "http" not in page.replace("http-equiv", "")
    text = "".join(
        sheet.get_textpage().get_text_range() for sheet in pypdfium2.PdfDocument(made.folder / "summary.pdf")
    )
    assert "6 screened = 3 passed + 1 reviewed + 2 blocked." in text
    assert "a place name" in text
    say(book, actor="ada.berg", action="variant.approve", decision="approved", content="f" * 64)
    say(book, actor="screening", action="screen", decision="undecided", content="0" * 64)
    worse = (book.export("worse", campaign="spring").folder / "summary.html").read_text()
    assert "Coverage 85.71%" in worse
    assert "do not add up" in worse


CHANGED = {
    "manifest.json": "manifest.json and anchor.json do not belong together: one of the two was changed",
    "anchor.json": "manifest.json and anchor.json do not belong together: one of the two was changed",
    "entries-readable.csv": "entries-readable.csv was changed",
    "summary.html": "summary.html was changed",
    "summary.pdf": "summary.pdf was changed",
    "verify_audit.py": "verify_audit.py was changed",
}


@pytest.mark.parametrize("name", CHANGED)
def test_any_file_that_was_changed_or_is_gone_is_named(book, name):
    book.append(3)
    made = book.export()
    path = made.folder / name
    content = path.read_bytes()
    middle = len(content) - 20
    path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    assert book.verdict(made.folder).sentence in (
        f"Broken: {CHANGED[name]}.",
        f"Broken: {name} cannot be read: it was changed.",
    )
    path.unlink()
    assert book.verdict(made.folder).sentence == f"Broken: {name} is not there."


ODD = (None, 7, -1, 1e400, "x", "", [], [[]], {}, {"sha256": 1}, True, 10**30)
DEEP, LONG = "[" * 200_000, "9" * 5000


def test_papers_of_any_shape_get_a_verdict_and_no_traceback(book):
    book.append(3)
    made = book.export()
    papers = {name: json.loads((made.folder / name).read_bytes()) for name in ("manifest.json", "anchor.json")}
    for name, paper in papers.items():
        odd = [{**paper, key: value} for key in paper for value in ODD if value != paper[key]]
        odd += [{key: value for key, value in paper.items() if key != gone} for gone in paper]
        for text in (*map(json.dumps, odd), DEEP, LONG, "", "[]", '"x"', "\ufeff{}"):
            # Who changes one paper seals it with the other, as far as that can be read.
            (made.folder / name).write_text(text)
            seal = hashlib.sha256((made.folder / "manifest.json").read_bytes()).hexdigest()
            if name == "manifest.json":
                (made.folder / "anchor.json").write_text(json.dumps({**papers["anchor.json"], "manifest_sha256": seal}))
            verdict = book.verdict(made.folder)
            assert verdict.sentence.startswith("Broken: ") != verdict.whole
        for restored, was in papers.items():
            (made.folder / restored).write_text(json.dumps(was, indent=2, ensure_ascii=False) + "\n")
    assert book.verdict(made.folder).whole is True
    kept = book.folder / "kept.jsonl"
    numbers = [json.dumps({**papers["anchor.json"], "seq": value}) for value in ODD if value not in (7, 10**30)]
    for text in (*numbers, DEEP, LONG, "{}", "[]"):
        kept.write_text(text + "\n")
        assert book.verdict(made.folder, kept).sentence.startswith("Broken: ")
    rows = book.file().read_bytes().splitlines(keepends=True)
    (book.folder / "entries.csv").write_bytes(rows[0] + LONG.encode() + rows[1])
    assert book.verdict(book.folder / "entries.csv").sentence == (
        "Broken: the first line after the columns is no entry."
    )


def test_anchors_find_what_the_export_alone_cannot_show(book):
    book.append(5)
    first = book.export("first")
    book.append(5)
    second = book.export("second")
    for made in (first, second):
        assert both_files(book, made).whole
    # The anchor of another export, or of another tenant, is no anchor of this one.
    shutil.copy(first.folder / "anchor.json", second.folder / "anchor.json")
    assert "do not belong together" in book.verdict(second.folder).sentence
    # A superuser cuts the end off, then rewrites all: each time the outside anchors know better.
    book.tamper("DELETE FROM audit_entries WHERE seq > 9 AND tenant_id = %s")
    with pytest.raises(Refusal, match="no longer holds entry 12"):
        run.anchor(book.archive, book.tenant)
    cut = book.export("cut")
    assert cut.fault == "the end was cut off: the last entry is 10, but entry 12 was anchored"
    assert cut.anchor_file is None
    assert book.verdict(cut.folder).whole
    anchors = anchoring.file_of(book.archive.anchors, book.tenant)
    assert book.verdict(cut.folder, anchors).sentence == f"Broken: {cut.fault}."
    book.tamper("UPDATE audit_entries SET body = replace(body, 'Nothing', 'Much') WHERE seq = 3 AND tenant_id = %s")
    rechain(book)
    rewritten = book.export("rewritten")
    assert book.verdict(rewritten.folder).whole
    found = book.verdict(rewritten.folder, anchors)
    assert found.seq == 1
    assert "rewritten somewhere from entry 1 to entry 6" in found.sentence
    assert "rewritten somewhere from entry 1 to entry 6" in (rewritten.folder / "summary.html").read_text()


def sealed_anew(made, **changes):
    """The papers of an export as somebody makes them fit who knows how they are made."""
    entries = made.folder / "entries.csv"
    manifest = json.loads((made.folder / "manifest.json").read_bytes()) | changes
    manifest["hash"] = entries.read_bytes()[-65:-1].decode()
    manifest["files"]["entries.csv"]["sha256"] = hashlib.sha256(entries.read_bytes()).hexdigest()
    (made.folder / "manifest.json").write_text(json.dumps(manifest))
    seal = hashlib.sha256((made.folder / "manifest.json").read_bytes()).hexdigest()
    anchor = json.loads((made.folder / "anchor.json").read_bytes())
    (made.folder / "anchor.json").write_text(json.dumps({**anchor, "hash": manifest["hash"], "manifest_sha256": seal}))


def test_no_paper_of_an_export_takes_the_place_of_what_was_anchored(book):
    book.append(2)
    made = book.export()
    sealed_anew(made, exported_by="mallory")
    assert book.verdict(made.folder).whole
    told = "Broken: manifest.json is not the one that was sealed when entry 3 was anchored."
    assert book.verdict(made.folder, made.anchor_file).sentence == told
    entries = made.folder / "entries.csv"
    header, *lines = entries.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b"Nothing", b"Everything")
    entries.write_bytes(header + b"".join(relinked(lines, start=1)))
    sealed_anew(made)
    assert book.verdict(made.folder).whole
    assert "entry 3 was anchored with different hashes" in book.verdict(made.folder, made.anchor_file).sentence


def test_a_folder_of_anchors_without_the_tenants_own_vouches_for_nothing(book):
    book.append(2)
    made = book.export()
    assert run.verify(made.folder, book.archive.anchors).whole
    made.anchor_file.unlink()
    for anchors in (book.archive.anchors, book.folder / "nowhere"):
        with pytest.raises(Refusal, match=f"holds no anchors of tenant {book.tenant}"):
            run.verify(made.folder, anchors)
    lines = (made.folder / "entries.csv").read_bytes()
    (made.folder / "entries.csv").write_bytes(lines.replace(b"Nothing", b"A thing", 1))
    assert run.verify(made.folder, book.archive.anchors).sentence == "Broken: entry 1 was changed."


def test_what_is_anchored_while_an_export_is_made_cuts_nothing_off(book, monkeypatch):
    book.append(2)
    added = run._add_decisions

    def meanwhile(*given):
        monkeypatch.setattr(run, "_add_decisions", added)
        assert book.export("other").anchor_file
        added(*given)

    monkeypatch.setattr(run, "_add_decisions", meanwhile)
    made = book.export()
    assert (made.manifest["last"], made.fault) == (3, None)
    assert both_files(book, made).whole
    assert book.verdict(book.folder / "other", made.anchor_file).whole


def test_a_broken_ledger_is_exported_as_it_is_and_says_so(book):
    book.append(9)
    body = book.rows()[3][4]
    book.tamper("UPDATE audit_entries SET body = 'a,b' WHERE seq = 4 AND tenant_id = %s")
    made = book.export()
    # What is no row of cells would fail a reading of all tenants at once.
    book.tamper("UPDATE audit_entries SET body = %s WHERE seq = 4 AND tenant_id = %s", body)
    assert made.fault == "entry 4 was changed"
    assert "Broken: entry 4 was changed." in (made.folder / "summary.html").read_text()
    assert book.verdict(made.folder).sentence == "Broken: entry 4 was changed."
    assert not book.archive.anchors.exists()


def full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("fails", ["write_readable", "write_pdf", "add_manifest", "on_disk"])
def test_a_full_disk_leaves_nothing_half_done(book, monkeypatch, fails):
    book.append(3)
    monkeypatch.setattr(folder, fails, full)
    with pytest.raises(Refusal, match="No space left on device.; nothing was left there"):
        book.export()
    assert [path for path in book.folder.iterdir() if "export" in path.name] == []
    with book.archive.database.transaction(book.tenant) as connection:
        told = connection.execute(
            "SELECT decision, execution_status FROM audit_log ORDER BY seq DESC LIMIT 2"
        ).fetchall()
    assert [tuple(row.values()) for row in told] == [("withdrawn", "failed"), ("released", "started")]
    monkeypatch.undo()
    assert both_files(book, book.export()).whole


def test_a_disk_that_fills_up_while_entries_stream(book):
    book.append(300)
    with (
        Path("/dev/full").open("wb", buffering=0) as disk,
        pytest.raises(OSError, match="No space"),
        book.archive.database.transaction(book.tenant) as connection,
    ):
        Ledger(connection).write(Scope(book.tenant), 1, 300, disk)


def test_an_anchor_is_on_the_disk_or_the_file_is_as_it_was(book, monkeypatch):
    book.append(2)
    _, path = run.anchor(book.archive, book.tenant)
    before = path.read_bytes()
    assert before.count(b"\n") == 1
    book.append(1)
    written = anchoring.os.write
    monkeypatch.setattr(anchoring.os, "write", lambda file, line: written(file, line[:20]))
    with pytest.raises(Refusal, match="LIFTLINE_ANCHORS"):
        run.anchor(book.archive, book.tenant)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert run.anchor(book.archive, book.tenant)[0].seq == 3
    path.write_text("not an anchor\n")
    with pytest.raises(Refusal, match="somebody changed it"):
        run.anchor(book.archive, book.tenant)


def test_what_cannot_be_exported_is_refused_before_anything_is_logged(book, archive):
    with pytest.raises(Refusal, match="nothing to anchor"):
        run.anchor(archive, book.tenant)
    (book.folder / "taken").mkdir()
    (book.folder / "taken" / "file").touch()
    for scope, target, sentence in (
        (Scope("nobody"), "x", "no tenant nobody"),
        (Scope("No Body"), "x", "no tenant No Body"),
        (Scope(book.tenant, "spring"), "x", "no entry of a campaign spring"),
        (Scope(book.tenant), "taken", "not an empty folder"),
        (Scope(book.tenant), "no/where", "does not exist"),
    ):
        with pytest.raises(Refusal, match=sentence):
            run.export(archive, scope, book.folder / target, by="olga")
    assert book.rows() == []
    book.append(1)
    assert run.tenant_of(archive, "spring", [book.tenant]) == book.tenant
    with pytest.raises(Refusal, match="no tenant has"):
        run.tenant_of(archive, "summer", [book.tenant])
    assert [row["seq"] for row in run.latest(archive, book.tenant, campaign="spring")] == [1]
    assert run.latest(archive, book.tenant, before=1) == []
