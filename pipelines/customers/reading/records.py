"""Blocks of text cut into records, with the line each begins on and the number of fields it has.

A record may span lines inside quotes. Where every quote of a block stands where the rules of CSV put it, parity
of the quotes decides in whole-array operations; a block with stray quotes is read by the exact, slower reader.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.contracts import Refusal

NEWLINE, RETURN, QUOTE = 10, 13, 34
LONGEST_RECORD = 16 * 1024 * 1024
MOST_LINES = 400_000
csv.field_size_limit(2**31 - 1)

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Records:
    """The complete records of one block; `parsed` is set where only the exact reader could cut the fields."""

    text: bytes
    starts: Positions
    ends: Positions
    lines: Positions
    fields: Positions
    parsed: list[list[str]] | None = None

    def raw(self, index: int) -> bytes:
        """The record as it came."""
        return self.text[self.starts[index] : self.ends[index]]

    def original(self, index: int) -> str:
        """The record as text; what cannot be read shows as a question mark in a diamond."""
        return self.raw(index).decode(errors="replace")


def split(blocks: Iterator[bytes], delimiter: str) -> Iterator[Records]:
    """Every record of the text, block by block; a record cut by a block's end goes to the next one."""
    line, carried = 1, b""
    pieces = (piece for block in blocks for piece in _of_few_lines(block))
    block = next(pieces, None)
    while block is not None:
        following = next(pieces, None)
        last = following is None
        text = carried + block if carried else block
        if last and not text.endswith(b"\n"):
            text += b"\n"
        records, used, newlines = _cut(text, delimiter, last, line)
        if records is not None:
            yield records
        line += newlines
        carried = text[used:]
        if len(carried) > LONGEST_RECORD:
            raise Refusal(
                f"Line {line} begins a row that does not end within 16 MB; close or remove the quote that opens in it."
            )
        block = following


def _of_few_lines(block: bytes) -> Iterator[bytes]:
    """The block, in pieces if its lines are so short that their positions would fill the memory."""
    size = len(block) // (block.count(b"\n") // MOST_LINES + 1) + 1
    return (block[at : at + size] for at in range(0, len(block), size))


def _cut(text: bytes, delimiter: str, last: bool, first_line: int) -> tuple[Records | None, int, int]:
    """The records of `text`, the bytes they take and the lines they take."""
    data = np.frombuffer(text, dtype=np.uint8)
    breaks = np.flatnonzero(data == NEWLINE)
    quotes = np.flatnonzero(data == QUOTE) if b'"' in text else np.empty(0, dtype=np.int64)
    if not _well_placed(data, quotes, ord(delimiter)):
        return _cut_exactly(text, delimiter, last, first_line)
    if last and len(quotes) % 2:
        raise _unclosed(first_line + int(np.searchsorted(breaks, quotes[-1])))
    stops = breaks[(np.searchsorted(quotes, breaks) & 1) == 0] if len(quotes) else breaks
    if not len(stops):
        return None, 0, 0
    used = int(stops[-1]) + 1
    starts = np.concatenate(([0], stops[:-1] + 1))
    # The line of a record is known from how many line ends lie before it, quoted ones included.
    before = np.arange(len(starts)) if len(stops) == len(breaks) else np.searchsorted(breaks, starts)
    lines = first_line + before
    fields = _fields(np.flatnonzero(data[:used] == ord(delimiter)), starts, quotes[: np.searchsorted(quotes, used)])
    ends = np.where((stops > starts) & (data[np.maximum(stops - 1, 0)] == RETURN), stops - 1, stops)
    newlines = int(np.searchsorted(breaks, used))
    return Records(text[:used], starts, ends, lines, fields), used, newlines


def _fields(delimiters: Positions, starts: Positions, quotes: Positions) -> Positions:
    """The fields of each record: one more than its delimiters, those between two quotes left out."""
    counted = np.diff(np.searchsorted(delimiters, starts), append=len(delimiters)) + 1
    if len(quotes):
        quoted = np.diff(np.searchsorted(delimiters, quotes))[0::2]
        np.subtract.at(counted, np.searchsorted(starts, quotes[0::2], side="right") - 1, quoted)
    return counted


def _well_placed(data: npt.NDArray[np.uint8], quotes: Positions, delimiter: int) -> bool:
    opening, closing = quotes[0::2], quotes[1::2]
    before = data[np.maximum(opening - 1, 0)]
    after = data[np.minimum(closing + 1, len(data) - 1)]
    # A quote beside a quote is an escaped one: the field closes and opens again.
    opens = (opening == 0) | (before == delimiter) | (before == NEWLINE) | (before == QUOTE)
    closes = (after == delimiter) | (after == NEWLINE) | (after == RETURN) | (after == QUOTE)
    return bool(opens.all() and (closes | (closing == len(data) - 1)).all())


def _cut_exactly(text: bytes, delimiter: str, last: bool, first_line: int) -> tuple[Records | None, int, int]:
    """As Python's csv module reads it: a quote opens a field only at its beginning."""
    raw = [line + b"\n" for line in text.split(b"\n")[:-1]]
    offsets = np.concatenate(([0], np.cumsum([len(line) for line in raw], dtype=np.int64)))
    feed, rows, at = _Feed(raw), [], [0]
    for row in csv.reader(feed, delimiter=delimiter):
        if feed.starved:
            if last:
                raise _unclosed(first_line + at[-1])
            break
        rows.append(row)
        at.append(feed.given)
    if not rows:
        return None, 0, 0
    index = np.asarray(at, dtype=np.int64)
    starts, stops, used = offsets[index[:-1]], offsets[index[1:]], int(offsets[index[-1]])
    ends = np.array([stop - (2 if text[stop - 2 : stop] == b"\r\n" else 1) for stop in stops.tolist()], dtype=np.int64)
    fields = np.array([max(len(row), 1) for row in rows], dtype=np.int64)
    return Records(text[:used], starts, ends, first_line + index[:-1], fields, rows), used, at[-1]


class _Feed:
    """Lines for csv.reader that tell whether it wanted another one in the middle of a record."""

    def __init__(self, lines: list[bytes]) -> None:
        self._lines, self.given, self.starved = lines, 0, False

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self.given == len(self._lines):
            self.starved = True
            raise StopIteration
        self.given += 1
        return _readable(self._lines[self.given - 1].decode(errors="replace"))


def cut_fields(record: str, delimiter: str) -> list[str]:
    """The fields of one record."""
    lines = (_readable(line + "\n") for line in record.split("\n"))
    return next(csv.reader(lines, delimiter=delimiter), [])


def _readable(line: str) -> str:
    """A line as csv.reader takes it: a lone carriage return ends no line for us, but would for it."""
    if "\r" not in line:
        return line
    end = "\r\n" if line.endswith("\r\n") else "\n"
    return line.removesuffix(end).replace("\r", " ") + end


def _unclosed(line: int) -> Refusal:
    return Refusal(f"The quote that opens on line {line} is never closed before the file ends; close or remove it.")
