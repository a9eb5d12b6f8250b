"""The check of `verify_audit` on all processors: each entry names the hash before it, so pieces can be walked apart."""

from __future__ import annotations

import io
import multiprocessing
import os
import threading
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from pipelines.audit import verify_audit
from pipelines.audit.verify_audit import HEADER, Broken, Stretch, walk, walk_file
from pipelines.contracts import TENANT_ID

PIECE = 32 << 20

Piece = tuple[Path, int, int, str | None, dict[int, str]]


def verify(path: Path, anchors: Path | None = None) -> Stretch:
    """The chain of an export if it is whole in every respect, else Broken; a large one is read by several processes."""
    return verify_audit.verify(path, anchors, walking=follow)


def follow(path: Path, campaign: str | None, marks: Mapping[int, str]) -> Stretch:
    """The chain of a whole entries.csv, piece by piece; what breaks it is named by the slow walk."""
    pieces = [(path, start, end, campaign, dict(marks)) for start, end in _pieces(path)]
    # A process with other threads must not fork, and starting afresh would cost more than it saves.
    if len(pieces) < 2 or threading.active_count() > 1 or "fork" not in multiprocessing.get_all_start_methods():
        return walk_file(path, campaign, marks)
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("fork")) as pool:
        try:
            walked = list(pool.map(_walk_piece, pieces))
        except Broken:
            return walk_file(path, campaign, marks)
    joined = all(
        (left.tenant, left.last + 1, left.hash) == (right.tenant, right.first, right.start)
        for left, right in zip(walked, walked[1:], strict=False)
    )
    if not joined:
        return walk_file(path, campaign, marks)
    first, last = walked[0], walked[-1]
    shown, withheld = sum(piece.shown for piece in walked), sum(piece.withheld for piece in walked)
    return Stretch(first.tenant, first.first, last.last, shown, withheld, first.start, last.hash)


def tenant_in(entries: Path) -> str | None:
    """The tenant that the first entry of a file names."""
    if not entries.is_file():
        return None
    with entries.open("rb") as file:
        file.readline()
        cells = file.readline(1000).split(b",", 3)
    return cells[2].decode() if len(cells) == 4 and TENANT_ID.fullmatch(cells[2].decode(errors="replace")) else None


def _pieces(path: Path) -> list[tuple[int, int]]:
    """Where the pieces of a file begin and end, each with whole lines; none if its columns are not ours."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.readline() != HEADER:
            return []
        ends = [file.tell()]
        while ends[-1] < size:
            file.seek(min(ends[-1] + PIECE, size))
            file.readline()
            ends.append(file.tell())
    return list(zip(ends, ends[1:], strict=False))


def _walk_piece(piece: Piece) -> Stretch:
    path, start, end, campaign, marks = piece
    with path.open("rb") as file:
        file.seek(start)
        return walk(io.BytesIO(file.read(end - start)), campaign, marks)
