"""A file as it was taken in, flat enough to compare with what was written."""

import io
from dataclasses import dataclass
from pathlib import Path

from pipelines.customers.reading.open import open_table
from pipelines.customers.reading.source import BLOCK, WatchedFile, open_file

PLENTY = 10**9


@dataclass
class TakenIn:
    header: list[str]
    rows: list[tuple[int, tuple[str, ...]]]
    refused: list[tuple[int, str]]
    originals: dict[int, str]

    @property
    def cells(self) -> list[tuple[str, ...]]:
        return [cells for _, cells in self.rows]


def take_in(content: bytes, *, block: int = BLOCK, max_bytes: int = PLENTY) -> TakenIn:
    """Reads text (packed or not) that never was a file."""
    file = WatchedFile(Path("given.csv"), io.BytesIO(content), len(content), (0, 0, 0))
    return _collected(file, block, max_bytes)


def take_in_file(path: Path, *, block: int = BLOCK, max_bytes: int = PLENTY) -> TakenIn:
    with open_file(path, max_bytes=max_bytes) as file:
        found = _collected(file, block, max_bytes)
        file.finish()
    return found


def _collected(file: WatchedFile, block: int, max_bytes: int) -> TakenIn:
    table = open_table(file, max_bytes=max_bytes, block=block)
    found = TakenIn(table.header, [], [], {})
    for one in table.slices:
        lines = one.lines.to_list()
        assert len(lines) == len(one.cells)
        assert lines == sorted(lines)
        found.rows += zip(lines, (tuple(cell or "" for cell in row) for row in one.cells.iter_rows()), strict=True)
        found.refused += [(refused.line, refused.code) for refused in one.refused]
        found.originals |= dict(zip(lines, one.originals(list(range(len(lines)))), strict=True))
        found.originals |= {refused.line: refused.original for refused in one.refused}
    found.refused.sort()
    return found
