"""A table that comes cut into cells, brought together: nothing is guessed about what the texts mean."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.contracts import Refusal, Table

LINES_TOLD = 5


@dataclass(frozen=True, slots=True)
class Whole:
    """Every row that could be read, the line that each begins on, and a word on the others."""

    frame: pl.DataFrame
    lines: pl.Series
    warnings: tuple[str, ...]


def whole(table: Table, source: Path) -> Whole:
    """All slices under the names of the header; lines with too many cells or too few are left out and told."""
    named = [name or f"column {place}" for place, name in enumerate(table.header, 1)]
    if twins := [name for name, count in Counter(named).items() if count > 1]:
        raise Refusal(f"The table {source} has two columns named {twins[0]}; rename one of them.")
    cells: list[pl.DataFrame] = []
    lines: list[pl.Series] = []
    unread: list[int] = []
    for part in table.slices:
        cells.append(part.cells.rename(dict(zip(part.cells.columns, named, strict=True))))
        lines.append(part.lines.cast(pl.Int64))
        unread += [one.line for one in part.refused]
    if not any(map(len, cells)):
        raise Refusal(f"The table {source} has no row that can be read under its header; check the file.")
    return Whole(pl.concat(cells), pl.concat(lines), _left_out(unread))


def _left_out(unread: list[int]) -> tuple[str, ...]:
    if not unread:
        return ()
    shown = ", ".join(map(str, sorted(unread)[:LINES_TOLD]))
    rows = "1 row has" if len(unread) == 1 else f"{len(unread):,} rows have"
    return (
        f"{rows} another number of cells than the header, or broken text (line{'s' if len(unread) > 1 else ''} {shown}"
        f"{', …' if len(unread) > LINES_TOLD else ''}), and {'is' if len(unread) == 1 else 'are'} left out.",
    )
