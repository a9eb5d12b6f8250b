"""What every reader yields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that could not even be cut into the header's columns."""

    line: int
    original: str
    code: str
    value: str


@dataclass(frozen=True, slots=True)
class Slice:
    """Consecutive lines of a file: their cells as text, their line numbers and a way back to the originals."""

    cells: pl.DataFrame
    lines: pl.Series
    originals: Callable[[list[int]], list[str]]
    refused: list[RefusedLine]
    bytes_read: int


@dataclass(frozen=True, slots=True)
class OpenTable:
    """A file whose header is known and whose slices can be read once."""

    header: list[str]
    slices: Iterator[Slice]
    size: int
