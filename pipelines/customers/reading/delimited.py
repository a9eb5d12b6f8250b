"""Delimited text as slices: the header found, ragged and undecodable lines set aside, the rest parsed at once."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.contracts import Refusal
from pipelines.customers.reading.records import Positions, Records, split
from pipelines.customers.reading.slices import OpenTable, RefusedLine, Slice
from pipelines.customers.reading.source import WatchedFile, text_blocks

DELIMITERS = ",;\t|"


def open_delimited(file: WatchedFile, *, max_bytes: int) -> OpenTable:
    """The table of a CSV-like file; its slices follow the header."""
    blocks = text_blocks(file, max_bytes=max_bytes)
    first = next(blocks)
    delimiter = _delimiter(first, file)
    records = split(_again(first, blocks), delimiter)
    header, batches = _header(records, delimiter, file)
    return OpenTable(header, _slices(batches, header, delimiter, file), file.size)


def _again(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _delimiter(first: bytes, file: WatchedFile) -> str:
    """The delimiter of the header line that cuts the next lines most alike."""
    head = first[:65536].decode(errors="replace").lstrip("\r\n")
    if head.lower().startswith("sep=") and len(head) > 5 and head[4] in DELIMITERS:
        return head[4]
    lines = [line for line in head.split("\n")[:20] if line.strip()]
    if not lines:
        raise Refusal(f"{file.path} holds nothing but blank lines; export it again.")

    def likeness(delimiter: str) -> tuple[int, int]:
        counts = [len(row) for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter) if row]
        width = counts[0] if counts else 1
        return (Counter(counts)[width] if width > 1 else 0), width

    return max(DELIMITERS, key=likeness)


def _header(
    records: Iterator[Records], delimiter: str, file: WatchedFile
) -> tuple[list[str], Iterator[tuple[Records, int]]]:
    """The first line that holds anything, and the batches from the line after it on."""
    for batch in records:
        for index in range(len(batch.starts)):
            text = batch.original(index)
            if not text.strip() or text.lower().startswith("sep="):
                continue
            header = [cell.strip() for cell in next(csv.reader(io.StringIO(text), delimiter=delimiter))]
            return header, _from(batch, index + 1, records)
    raise Refusal(f"{file.path} holds nothing but blank lines; export it again.")


def _from(batch: Records, index: int, rest: Iterator[Records]) -> Iterator[tuple[Records, int]]:
    yield batch, index
    for following in rest:
        yield following, 0


def _slices(
    batches: Iterator[tuple[Records, int]], header: list[str], delimiter: str, file: WatchedFile
) -> Iterator[Slice]:
    names = [f"c{i}" for i in range(len(header))]
    for records, first in batches:
        chosen = np.arange(first, len(records.starts))
        chosen, undecodable = _decodable(records, chosen[~_blank(records, chosen)])
        refused = [RefusedLine(int(records.lines[i]), records.original(i), "bad_encoding", "") for i in undecodable]
        width = records.fields[chosen]
        rows = chosen[width == len(header)]
        cells = _parse(records, rows, names, delimiter)
        for found in np.unique(width[width != len(header)]).tolist():
            odd = chosen[width == found]
            if found > len(header):
                # Spreadsheets leave empty cells behind the last column: those lose nothing when dropped.
                wide = _parse(records, odd, [f"c{i}" for i in range(found)], delimiter)
                empty = wide.select(_nothing_from(len(header), found)).to_series().to_numpy()
                cells, rows = pl.concat([cells, wide.filter(empty).select(names)]), np.concatenate((rows, odd[empty]))
                odd = odd[~empty]
            refused += [_ragged(records, int(i), len(header)) for i in odd]
        yield Slice(cells, pl.Series("line", records.lines[rows]), _originals(records, rows), refused, file.position)


def _nothing_from(first: int, count: int) -> pl.Expr:
    return pl.all_horizontal(pl.col(f"c{i}").fill_null("").str.strip_chars() == "" for i in range(first, count))


def _originals(records: Records, rows: Positions) -> Callable[[list[int]], list[str]]:
    return lambda wanted: [records.original(int(rows[i])) for i in wanted]


def _blank(records: Records, rows: Positions) -> npt.NDArray[np.bool_]:
    lengths = records.ends[rows] - records.starts[rows]
    blank: npt.NDArray[np.bool_] = lengths <= 0
    for i in np.flatnonzero((lengths > 0) & (records.fields[rows] == 1)):
        blank[i] = not records.original(int(rows[i])).strip()
    return blank


def _ragged(records: Records, index: int, expected: int) -> RefusedLine:
    found = int(records.fields[index])
    code = "too_few_columns" if found < expected else "too_many_columns"
    return RefusedLine(int(records.lines[index]), records.original(index), code, f"{found} of {expected}")


def _decodable(records: Records, rows: Positions) -> tuple[Positions, list[int]]:
    try:
        records.text.decode()
    except UnicodeDecodeError:
        bad = [int(i) for i in rows if not _is_text(records.text[records.starts[i] : records.ends[i]])]
        return np.setdiff1d(rows, bad), bad
    return rows, []


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _parse(records: Records, rows: Positions, names: list[str], delimiter: str) -> pl.DataFrame:
    if len(rows) == 0:
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    if records.parsed is None:
        try:
            frame = pl.read_csv(
                _joined(records, rows), has_header=False, new_columns=names, separator=delimiter,
                infer_schema=False, quote_char='"', eol_char="\n", raise_if_empty=False,
            )  # fmt: skip
        except pl.exceptions.ComputeError:
            frame = None
        if frame is not None and frame.shape == (len(rows), len(names)):
            return frame
    parsed = records.parsed or [
        next(csv.reader(io.StringIO(records.original(i), newline=""), delimiter=delimiter))
        for i in range(len(records.starts))
    ]
    columns = zip(*(parsed[i] for i in rows.tolist()), strict=True)
    return pl.DataFrame({name: list(cells) for name, cells in zip(names, columns, strict=True)}, orient="col")


def _joined(records: Records, rows: Positions) -> bytes:
    """The text of `rows` alone: one slice where they are neighbours, joined runs where some were left out."""
    breaks = np.flatnonzero(np.diff(rows) > 1)
    begins = np.concatenate(([rows[0]], rows[breaks + 1]))
    finishes = np.concatenate((rows[breaks], [rows[-1]]))
    text = records.text
    runs = [text[records.starts[a] : _stop(records, int(b))] for a, b in zip(begins, finishes, strict=True)]
    return runs[0] if len(runs) == 1 else b"".join(runs)


def _stop(records: Records, index: int) -> int:
    return int(records.starts[index + 1]) if index + 1 < len(records.starts) else len(records.text)
