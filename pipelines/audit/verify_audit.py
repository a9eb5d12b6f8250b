"""Checks an audit export of Liftline with nothing but Python's standard library: no network, no database.

    python verify_audit.py FOLDER|entries.csv [--anchors FILE.jsonl] [--json]

Each line of entries.csv is one entry: what it says, then body_hash, previous_hash and hash, all sha256 in hex.
    body_hash   of the bytes between the fourth comma of the line and the comma before body_hash
    hash        of previous_hash,seq,occurred_at,tenant_id,campaign_id,body_hash
An entry outside the export (of another campaign) is shown without its body, by body_hash alone, so that the chain can
be walked and nothing of this campaign can be left out. An anchor is a hash of the chain that was kept outside the
database. Exit code: 0 whole, 1 broken (the first fault is named), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import multiprocessing
import os
import re
import sys
import threading
from binascii import hexlify
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

HEAD = ("seq", "occurred_at", "tenant_id", "campaign_id")
BODY = (
    "actor", "actor_kind", "action", "object", "subject_id", "decision", "reason", "content_hash", "model",
    "prompt_version", "passage_ids", "severities", "blocklist_hits", "thresholds", "policy_version", "guardrails",
    "confidence", "overrides", "override_reason", "execution_status",
)  # fmt: skip
# A number of more digits is no entry's, and Python refuses to read one of thousands.
NUMBER = re.compile(rb"[1-9][0-9]{0,18}")
COLUMNS = (*HEAD, *BODY, "body_hash", "previous_hash", "hash")
HEADER = ",".join(COLUMNS).encode() + b"\n"
WITHHELD = b"," * (len(BODY) - 1)
ORIGIN = "0" * 64
ENTRIES, MANIFEST, ANCHOR = "entries.csv", "manifest.json", "anchor.json"
DECISIONS = "decisions.csv"
PIECE = 32 << 20
UNANCHORED = (
    "No anchor from outside the database was held against it: a ledger that was rewritten as a whole would look the "
    "same. Name the tenant's anchors with --anchors; `liftline audit anchor` makes one."
)


class Broken(Exception):
    """What was found first, in one sentence, and the entry that it is about."""

    def __init__(self, sentence: str, seq: int | None = None) -> None:
        super().__init__(sentence)
        self.seq = seq


@dataclass(frozen=True)
class Stretch:
    """A piece of a chain that holds together; `start` is the hash before its first entry, `hash` that of its last."""

    tenant: str
    first: int
    last: int
    shown: int
    withheld: int
    start: str
    hash: str


def walk(rows: Iterable[bytes], campaign: str | None = None, marks: Mapping[int, str] | None = None) -> Stretch:
    """Follow the chain over these lines; `marks` are hashes that it must have at certain numbers."""
    lines = iter(rows)
    opening = next(lines, None)
    if opening is None:
        raise Broken("the file holds no entry")
    cells = opening.split(b",", 3)
    if len(cells) < 4 or not NUMBER.fullmatch(cells[0]):
        raise Broken("the first line after the columns is no entry")
    tenant, first, previous = cells[2], int(cells[0]), opening[-130:-66]
    start, number, withheld, passed, sha256 = previous, first - 1, 0, marks or {}, hashlib.sha256
    # Where the campaign begins after the number: what stands between holds no comma but those between the cells.
    beside = len(cells[1]) + len(tenant) + 2
    for begins, row in zip(map(b"%d,".__mod__, count(first)), chain((opening,), lines), strict=False):
        number += 1
        body_at = row.find(b",", len(begins) + beside) + 1
        body_hash = hexlify(sha256(row[body_at:-196]).digest())
        linked = hexlify(sha256(previous + b"," + row[:body_at] + body_hash).digest())
        if row[-196:] != b",%b,%b,%b\n" % (body_hash, previous, linked) or not row.startswith(begins):
            if row[body_at:-196] != WITHHELD or not row.startswith(begins):
                raise _named(row, lines, number, previous)
            body_hash, withheld = row[-195:-131], withheld + 1
            linked = hexlify(sha256(previous + b"," + row[:body_at] + body_hash).digest())
            if row[-196:] != b",%b,%b,%b\n" % (body_hash, previous, linked):
                raise _named(row, lines, number, previous)
            _may_be_withheld(row[: body_at - 1], campaign, number)
        if number in passed and passed[number] != linked.decode():
            raise _rewritten(number, passed, first)
        previous = linked
    shown = number - first + 1 - withheld
    ends = (start.decode(errors="replace"), previous.decode())
    return Stretch(tenant.decode(errors="replace"), first, number, shown, withheld, *ends)


def _may_be_withheld(head: bytes, campaign: str | None, number: int) -> None:
    if campaign is None:
        raise Broken(f"entry {number} lacks its content (verify a campaign's export as a folder)", number)
    if head.rsplit(b",", 1)[1] == campaign.encode():
        raise Broken(f"entry {number} belongs to campaign {campaign} but its content was taken out", number)


def _rewritten(number: int, marks: Mapping[int, str], first: int) -> Broken:
    since = max((mark for mark in marks if first - 1 <= mark < number), default=first - 1) + 1
    return Broken(
        f"the chain was rewritten somewhere from entry {since} to entry {number}: entry {number} was anchored with "
        "another hash, or this anchor is of another ledger",
        since,
    )


def _named(row: bytes, later: Iterator[bytes], expected: int, previous: bytes) -> Broken:
    """What is wrong where entry `expected` should stand."""
    found = _number_if_true(row)
    following = next(later, b"")
    if found is None:
        return _changed(row, following, later, expected)
    if found == expected:
        if _number_if_true(following) == expected and following[-130:-66] == previous:
            return Broken(f"an entry was inserted before entry {expected}", expected)
        before = expected - 1
        return Broken(f"entry {before} was changed and hashed anew: entry {expected} follows another one", before)
    if found < expected:
        return Broken(f"an entry was inserted after entry {expected - 1}: number {found} stands there again", found)
    begins = b"%d," % expected
    if any(line.startswith(begins) for line in chain((following,), later)):
        return Broken(f"the entries were reordered: entry {expected} stands after entry {found}", expected)
    missing = f"entry {expected} was" if found == expected + 1 else f"entries {expected} to {found - 1} were"
    return Broken(f"{missing} removed", expected)


def _changed(row: bytes, following: bytes, later: Iterator[bytes], expected: int) -> Broken:
    if not following and not row.endswith(b"\n"):
        return Broken(f"the file ends in the middle of entry {expected}", expected)
    number = row.split(b",", 1)[0]
    if number != b"%d" % expected and _number_if_true(following) == expected:
        return Broken(f"a line that is no entry was inserted before entry {expected}", expected)
    return Broken(f"entry {expected} was changed", expected)


def _number_if_true(row: bytes) -> int | None:
    """The number of an entry whose hashes fit what it says; None of anything else."""
    cells = row.split(b",", 4)
    if len(cells) < 5 or not NUMBER.fullmatch(cells[0]):
        return None
    body, body_hash, previous, told = cells[4][:-196], row[-195:-131], row[-130:-66], row[-65:-1]
    if row[-196:] != b",%b,%b,%b\n" % (body_hash, previous, told):
        return None
    if body != WITHHELD and hashlib.sha256(body).hexdigest().encode() != body_hash:
        return None
    link = b",".join((previous, *cells[:4], body_hash))
    return int(cells[0]) if hashlib.sha256(link).hexdigest().encode() == told else None


def _not_ours(name: str, opening: bytes) -> Broken:
    if re.split(rb"[,;\t]", opening.removeprefix(b"\xef\xbb\xbf").rstrip().replace(b'"', b"")) == HEADER.strip().split(
        b","
    ):
        return Broken(
            f"{name} was saved anew by another program, a spreadsheet perhaps; check the file as it was exported"
        )
    return Broken(f"{name} does not begin with the columns of an audit export")


def walk_file(path: Path, campaign: str | None, marks: Mapping[int, str]) -> Stretch:
    """Follow the chain of a whole entries.csv: each entry names the hash before it, so pieces are walked apart."""
    pieces = [(path, start, end, campaign, dict(marks)) for start, end in _pieces(path)]
    if len(pieces) < 2 or not _may_fork():
        return _walk_alone(path, campaign, marks)
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("fork")) as pool:
        try:
            walked = list(pool.map(_walk_piece, pieces))
        except Broken:
            # What breaks a piece may come from before it: who walks from the beginning can name it.
            return _walk_alone(path, campaign, marks)
    joined = all(
        (left.tenant, left.last + 1, left.hash) == (right.tenant, right.first, right.start)
        for left, right in zip(walked, walked[1:], strict=False)
    )
    if not joined:
        return _walk_alone(path, campaign, marks)
    first, last = walked[0], walked[-1]
    shown, withheld = sum(piece.shown for piece in walked), sum(piece.withheld for piece in walked)
    return Stretch(first.tenant, first.first, last.last, shown, withheld, first.start, last.hash)


def _may_fork() -> bool:
    # A process with other threads must not, starting afresh would cost more than it saves, and a daemon, as a task of a
    # Celery worker is, may have no children.
    forks = "fork" in multiprocessing.get_all_start_methods()
    return forks and threading.active_count() == 1 and not multiprocessing.current_process().daemon


def _walk_alone(path: Path, campaign: str | None, marks: Mapping[int, str]) -> Stretch:
    with path.open("rb", buffering=1 << 16) as file:
        file.readline()
        return walk(file, campaign, marks)


def _walk_piece(piece: tuple[Path, int, int, str | None, dict[int, str]]) -> Stretch:
    path, start, end, campaign, marks = piece
    with path.open("rb") as file:
        file.seek(start)
        return walk(io.BytesIO(file.read(end - start)), campaign, marks)


def _pieces(path: Path) -> list[tuple[int, int]]:
    """Where the pieces of a file begin and end, each with whole lines."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if (opening := file.readline(len(HEADER) * 2)) != HEADER:
            raise _not_ours(path.name, opening)
        ends = [file.tell()]
        while ends[-1] < size:
            file.seek(min(ends[-1] + PIECE, size))
            file.readline()
            ends.append(file.tell())
    return list(zip(ends, ends[1:], strict=False))


def verify(path: Path, anchors: Path | None = None) -> Stretch:
    """The chain of an export if it is whole in every respect; else Broken."""
    folder = path if path.is_dir() else path.parent
    entries = folder / ENTRIES if path.is_dir() else path
    manifest = _manifest(folder) if path.is_dir() or _is_of(entries, folder) else {}
    anchor = _anchor(_json(folder / ANCHOR), ANCHOR) if manifest else {}
    if manifest and anchor.get("manifest_sha256") != _sha256(folder / MANIFEST):
        raise Broken(f"{MANIFEST} and {ANCHOR} do not belong together: one of the two was changed")
    if not entries.is_file():
        raise Broken(f"{entries.name} is not there")
    kept = _kept(anchors)
    marks: dict[int, str] = {}
    # What was kept elsewhere counts; the export's own anchor is held against it, and never takes its place.
    for line in (*kept, *([anchor] if anchor else ())):
        if marks.setdefault(line["seq"], line["hash"]) != line["hash"]:
            told = f"entry {line['seq']} was anchored with different hashes, or one of the anchors is of another ledger"
            raise Broken(told, line["seq"])
    found = walk_file(entries, manifest.get("campaign_id"), marks)
    _compare(found, manifest, anchor, kept)
    for name, told in manifest.get("files", {}).items():
        if not (folder / name).is_file():
            raise Broken(f"{name} is not there")
        if _sha256(folder / name) != told["sha256"]:
            raise Broken(f"{name} was changed")
    if manifest and (folder / DECISIONS).is_file() and not _is_logged(_sha256(folder / DECISIONS), entries):
        raise Broken(f"{DECISIONS} is not what was decided: no entry holds its digest")
    return found


def _compare(found: Stretch, manifest: dict[str, Any], anchor: dict[str, Any], kept: list[dict[str, Any]]) -> None:
    wrong = [line for line in (*kept, *([anchor] if anchor else ())) if line["tenant_id"] != found.tenant]
    if wrong:
        raise Broken(f"the anchor is of tenant {wrong[0]['tenant_id']}, the entries are of {found.tenant}")
    if found.first == 1 and found.start != ORIGIN:
        raise Broken("entry 1 does not begin a chain", 1)
    ends = [anchor["seq"]] if anchor else []
    if manifest and manifest.get("to") is None:
        ends += [line["seq"] for line in kept if line["anchored_at"] < manifest["exported_at"]]
    if ends and max(ends) > found.last:
        cut = f"the end was cut off: the last entry is {found.last}, but entry {max(ends)} was anchored"
        raise Broken(cut, found.last + 1)
    if anchor and anchor["seq"] != found.last:
        raise Broken(f"the anchor is of entry {anchor['seq']}, the entries end with {found.last}", found.last)
    seals = [line["manifest_sha256"] for line in kept if line["seq"] == found.last and line.get("manifest_sha256")]
    if anchor and seals and anchor["manifest_sha256"] not in seals:
        raise Broken(f"{MANIFEST} is not the one that was sealed when entry {found.last} was anchored")
    for name, is_so in asdict(found).items() if manifest else ():
        told = manifest.get("tenant_id" if name == "tenant" else name)
        if told != is_so:
            raise Broken(f"{MANIFEST} says {name} {told}, the entries say {is_so}", found.first)


def _is_logged(digest: str, entries: Path) -> bool:
    with entries.open("rb") as file:
        return any(digest.encode() in line and b",eligibility," in line for line in file)


def _is_of(entries: Path, folder: Path) -> bool:
    return entries.name == ENTRIES and (folder / MANIFEST).is_file()


def _manifest(folder: Path) -> dict[str, Any]:
    manifest = _json(folder / MANIFEST)
    files, campaign = manifest.get("files"), manifest.get("campaign_id")
    if not (
        {"tenant_id", "exported_at"} <= manifest.keys()
        and isinstance(manifest["exported_at"], str)
        and isinstance(campaign, str | None)
        and isinstance(files, dict)
        and all(Path(name).name == name and isinstance(told, dict) and "sha256" in told for name, told in files.items())
    ):
        raise Broken(f"{MANIFEST} is not the manifest of an audit export")
    return manifest


def _anchor(told: Any, name: str) -> dict[str, Any]:
    """What was read as an anchor, if it is one."""
    of = {"tenant_id": str, "seq": int, "hash": str, "anchored_at": str}
    if (
        not isinstance(told, dict)
        or any(type(told.get(key)) is not kind for key, kind in of.items())
        or told["seq"] < 1
    ):
        raise Broken(f"{name} holds what is no anchor")
    return told


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise Broken(f"{path.name} is not there") from None
    except (ValueError, RecursionError):
        raise Broken(f"{path.name} cannot be read: it was changed") from None
    if not isinstance(content, dict):
        raise Broken(f"{path.name} cannot be read: it was changed")
    return content


def _kept(anchors: Path | None) -> list[dict[str, Any]]:
    if anchors is None:
        return []
    try:
        read = [json.loads(line) for line in anchors.read_text(encoding="utf-8").splitlines() if line]
    except (OSError, ValueError, RecursionError):
        raise Broken(f"{anchors.name} cannot be read as a file of anchors") from None
    return [_anchor(told, anchors.name) for told in read]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def is_anchored(found: Stretch, anchors: Path | None) -> bool:
    """Whether one of these entries was held against an anchor that was kept elsewhere."""
    return any(found.first <= line["seq"] <= found.last for line in _kept(anchors))


def whole(found: Stretch, *, anchored: bool) -> str:
    """What is to be said of a chain that holds, and by whose word."""
    others = f", {found.withheld} of them of others and shown by their hash" if found.withheld else ""
    told = f"entries {found.first} to {found.last} of tenant {found.tenant}{others}; the last hash is {found.hash}."
    return f"Whole: {told}" if anchored else f"Whole in itself: {told} {UNANCHORED}"


def main() -> int:
    """The command line."""
    asked = argparse.ArgumentParser(description="Check an audit export.")
    asked.add_argument("path", type=Path, help="the folder of the export, or its entries.csv")
    asked.add_argument("--anchors", type=Path, help="a file of anchors that was kept elsewhere")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    if not given.path.exists():
        asked.error(f"{given.path} does not exist; name the folder of an export or its {ENTRIES}.")
    try:
        found = verify(given.path, given.anchors)
        anchored = is_anchored(found, given.anchors)
        sentence = whole(found, anchored=anchored)
        told: dict[str, Any] = {"whole": True, "anchored": anchored, "sentence": sentence, **asdict(found)}
    except Broken as broken:
        told = {"whole": False, "sentence": f"Broken: {broken}.", "seq": broken.seq}
    except OSError as error:
        print(f"{error.filename or given.path} cannot be read: {error.strerror}.", file=sys.stderr)
        return 2
    print(json.dumps(told) if given.json else told["sentence"])
    return 0 if told["whole"] else 1


if __name__ == "__main__":
    sys.exit(main())
