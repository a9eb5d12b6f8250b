"""Whatever was done to the ledger or to its export, both verifiers name the first entry that it was done to."""

import csv
import hashlib
import io
import multiprocessing

import pytest

from pipelines.audit import run, verify_audit
from pipelines.audit.verify_audit import BODY, HEADER, Broken, walk, walk_file

CHANGES = {
    "occurred_at": "occurred_at + interval '1 microsecond'",
    "campaign_id": "'autumn'",
    "body": "replace(body, 'Nothing', 'Much')",
    "previous_hash": "hash",
    "hash": "previous_hash",
}


def relinked(lines, start=0):
    """The lines from `start` on with every hash made anew, as somebody would who knows how they are made."""
    made = lines[:start]
    previous = made[-1][-65:-1] if start else b"0" * 64
    for line in lines[start:]:
        *head, rest = line.split(b",", 4)
        digest = hashlib.sha256(rest[:-196]).hexdigest().encode()
        linked = hashlib.sha256(b",".join((previous, *head, digest))).hexdigest().encode()
        made.append(b",".join((*head, rest[:-196], digest, previous, linked)) + b"\n")
        previous = linked
    return made


@pytest.fixture
def lines(book):
    """The thirty entries of a whole ledger, as lines."""
    book.append(20)
    book.append(10, campaign=None)
    content = book.file().read_bytes()
    assert content.startswith(HEADER)
    assert book.verdict(book.folder / "entries.csv").whole
    return content[len(HEADER) :].splitlines(keepends=True)


@pytest.fixture
def judged(book):
    """The verdict on these lines."""

    def judge(lines, anchors=None):
        path = book.folder / "entries.csv"
        path.write_bytes(HEADER + b"".join(lines))
        return book.verdict(path, anchors)

    return judge


@pytest.mark.parametrize("column", CHANGES)
def test_a_superuser_who_changes_any_column_is_found(book, column):
    book.append(30)
    book.tamper(f"UPDATE audit_entries SET {column} = {CHANGES[column]} WHERE seq = 17 AND tenant_id = %s")
    verdict = book.verdict(book.file())
    assert (verdict.whole, verdict.seq) == (False, 17)
    assert verdict.sentence == "Broken: entry 17 was changed."


def test_every_column_of_the_ledger_is_tampered_with_here(book):
    book.append(1)
    with book.archive.database.transaction(book.tenant) as connection:
        columns = set(connection.execute("SELECT * FROM audit_entries").fetchone())
    assert columns == {*CHANGES, "tenant_id", "seq"}


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["UPDATE audit_entries SET seq = 1017 WHERE seq = 17 AND tenant_id = %s"], "entry 17 was removed"),
        (["DELETE FROM audit_entries WHERE seq = 17 AND tenant_id = %s"], "entry 17 was removed"),
        (["DELETE FROM audit_entries WHERE seq IN (17, 18) AND tenant_id = %s"], "entries 17 to 18 were removed"),
        (
            [
                "UPDATE audit_entries SET seq = seq + 100 WHERE seq IN (17, 18) AND tenant_id = %s",
                "UPDATE audit_entries SET seq = 235 - seq - 100 WHERE seq > 100 AND tenant_id = %s",
            ],
            "entry 17 was changed",
        ),
        (
            [
                "INSERT INTO audit_entries SELECT tenant_id, 31, occurred_at, campaign_id, body, previous_hash, hash "
                "FROM audit_entries WHERE seq = 30 AND tenant_id = %s"
            ],
            "entry 31 was changed",
        ),
    ],
)
def test_a_superuser_who_takes_away_adds_or_moves_is_found(book, statements, words):
    book.append(30)
    for statement in statements:
        book.tamper(statement)
    assert book.verdict(book.file()).sentence == f"Broken: {words}."


def test_an_entry_given_to_another_tenant_is_missed(book, database):
    from pipelines.tenants.run import create_tenant

    book.append(30)
    other = create_tenant(database, f"{book.tenant}-thief").tenant_id
    book.tamper("UPDATE audit_entries SET tenant_id = %s WHERE seq = 17 AND tenant_id = %s", other)
    assert book.verdict(book.file()).sentence == "Broken: entry 17 was removed."


@pytest.mark.parametrize("cell", range(4 + len(BODY) + 3))
def test_every_cell_of_the_file_counts(lines, judged, cell):
    cells = next(csv.reader([lines[16].decode()]))
    cells[cell] = cells[cell][:-1] + ("0" if cells[cell][-1:] != "0" else "1")
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    verdict = judged([*lines[:16], out.getvalue().encode(), *lines[17:]])
    assert verdict.seq == 17
    assert verdict.sentence == "Broken: entry 17 was changed."


@pytest.mark.parametrize("at", [0, 16, 29])
def test_every_byte_counts(lines, at):
    line = lines[at]
    for place in range(len(line)):
        changed = line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]
        # The walk alone, which both verifiers share: two processes for every byte would take minutes.
        with pytest.raises(Broken) as broken:
            walk([*lines[:at], changed, *lines[at + 1 :]])
        # Where the very first line does not say its number, nobody can name it.
        assert broken.value.seq == at + 1 or (at == 0 and place < 2)


DONE = {
    "removed": (lambda was: [*was[:16], *was[17:]], 17, "entry 17 was removed"),
    "several removed": (lambda was: [*was[:16], *was[19:]], 17, "entries 17 to 19 were removed"),
    "swapped": (
        lambda was: [*was[:16], was[17], was[16], *was[18:]], 17,
        "the entries were reordered: entry 17 stands after entry 18",
    ),
    "repeated": (
        lambda was: [*was[:17], was[4], *was[17:]], 5,
        "an entry was inserted after entry 17: number 5 stands there again",
    ),
    "forged before its like": (
        lambda was: [*was[:16], forged(was[15], was[16]), *was[16:]], 17,
        "an entry was inserted after entry 17: number 17 stands there again",
    ),
    "forged without a link": (
        lambda was: [*was[:16], forged(was[3], was[16]), *was[16:]], 17, "an entry was inserted before entry 17",
    ),
    "nonsense": (
        lambda was: [*was[:16], b"nonsense\n", *was[16:]], 17,
        "a line that is no entry was inserted before entry 17",
    ),
    "replaced": (
        lambda was: [*was[:16], forged(was[15], was[16]), *was[17:]], 17,
        "entry 17 was changed and hashed anew: entry 18 follows another one",
    ),
    "emptied": (
        lambda was: [*was[:16], emptied(was[16]), *was[17:]],
        17, "entry 17 lacks its content (verify a campaign's export as a folder)",
    ),
    "torn": (lambda was: [*was[:29], was[29][:-20]], 30, "the file ends in the middle of entry 30"),
    "nothing left": (lambda was: [], None, "the file holds no entry"),
}  # fmt: skip


@pytest.mark.parametrize("done", DONE)
def test_what_was_done_to_the_file_is_named(lines, judged, done):
    change, seq, words = DONE[done]
    verdict = judged(change(lines))
    assert (verdict.seq, verdict.sentence) == (seq, f"Broken: {words}.")


def emptied(line):
    """The entry by its hashes alone."""
    *head, rest = line.split(b",", 4)
    return b",".join((*head, b"," * (len(BODY) - 1) + rest[-196:]))


def forged(before, like):
    """An entry that nobody wrote, in the place of `like`, with hashes that are right by themselves."""
    return relinked([before, like.replace(b"Nothing", b"Everything")], start=1)[1]


def test_a_cut_tail_and_a_rewritten_chain_are_found_by_the_anchor_alone(book, lines, judged):
    made, anchors = run.anchor(book.archive, book.tenant)
    assert made.seq == 30
    assert judged(lines, anchors).whole
    rewritten = relinked([*lines[:16], lines[16].replace(b"Nothing", b"Everything"), *lines[17:]], start=16)
    assert judged(rewritten).whole
    verdict = judged(rewritten, anchors)
    assert verdict.seq == 1
    assert "rewritten somewhere from entry 1 to entry 30" in verdict.sentence
    other = anchors.with_name("other.jsonl")
    other.write_text(anchors.read_text().replace(book.tenant, "somebody"))
    assert "the anchor is of tenant somebody" in judged(lines, other).sentence


def test_many_pieces_are_one_chain(book, lines, judged, monkeypatch):
    monkeypatch.setattr(verify_audit, "PIECE", 2000)
    monkeypatch.setattr(verify_audit.threading, "active_count", lambda: 1)
    path = book.folder / "entries.csv"
    assert len(verify_audit._pieces(path)) > 5
    assert walk_file(path, None, {}) == walk(lines)
    with monkeypatch.context() as patched:
        # As a task of a Celery worker is, which may have no children.
        patched.setitem(multiprocessing.current_process()._config, "daemon", True)
        assert walk_file(path, None, {}) == walk(lines)
    for at in range(0, 30, 4):
        assert judged([*lines[:at], *lines[at + 1 :]]).whole is (at == 0)
    assert judged(relinked([*lines[:9], lines[9].replace(b"Nothing", b"A lot"), *lines[10:]], start=9)).whole
