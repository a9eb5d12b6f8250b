"""Delimited text as slices: the header found, ragged and undecodable lines set aside, the rest parsed at once."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pipelines.contracts import Refusal
from pipelines.customers.reading.records import Positions, Records, cut_fields, split
from pipelines.customers.reading.slices import OpenTable, RefusedLine, Slice
from pipelines.customers.reading.source import BLOCK, HEAD, WatchedFile, peeked, text_blocks

DELIMITERS = ",;\t|"
# What a spreadsheet can hold; a line with more is no row of any table.
MOST_COLUMNS = 16_384
JSON = ('{"', "[{", "[[")


def open_delimited(file: WatchedFile, *, max_bytes: int, block: int = BLOCK) -> OpenTable:
    """The table of a CSV-like file; its slices follow the header."""
    head, blocks = peeked(text_blocks(file, max_bytes=max_bytes, block=block))
    delimiter = _delimiter(head)
    header, batches = _header(split(blocks, delimiter), delimiter, file)
    return OpenTable(header, _slices(batches, header, delimiter, file), file.size)


def _delimiter(head: bytes) -> str:
    """The delimiter that cuts the first lines into the most columns, as many in each as in the header."""
    text = head[:HEAD].decode(errors="replace").lstrip()
    if text.lower().startswith("sep=") and text[4:5] in tuple(DELIMITERS):
        return text[4]
    lines = [line for line in text.replace("\r", "").split("\n") if line.strip()][:20]

    def likeness(delimiter: str) -> int:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        return (widths[0] - 1) * widths.count(widths[0]) if widths else 0

    return max(DELIMITERS, key=likeness)


def _header(
    records: Iterator[Records], delimiter: str, file: WatchedFile
) -> tuple[list[str], Iterator[tuple[Records, int]]]:
    """The first line that names anything, and the batches from the line after it on."""
    for batch in records:
        for index in range(len(batch.starts)):
            text = batch.original(index)
            if not text.strip(f' \t\r\n"{delimiter}') or text.lower().startswith("sep="):
                continue
            where = f"Line {batch.lines[index]} of {file.path}, the header,"
            if not _is_text(batch.raw(index)):
                raise Refusal(f"{where} contains characters that are not valid UTF-8; save the file as CSV UTF-8.")
            if text.lstrip().startswith(JSON) or text.strip() == "[":
                raise Refusal(f"{file.path} holds JSON, not a table; export it as CSV or Parquet.")
            header = [cell.strip() for cell in cut_fields(text, delimiter)]
            if len(header) > MOST_COLUMNS:
                raise Refusal(f"{where} has more than {MOST_COLUMNS} columns; remove those that are not needed.")
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
            if len(header) < found <= MOST_COLUMNS:
                # Spreadsheets leave empty cells behind the last column: those lose nothing when dropped.
                wide = _parse(records, odd, [f"c{i}" for i in range(found)], delimiter)
                empty = wide.select(_nothing_from(len(header), found)).to_series().to_numpy()
                cells, rows = _in_order(cells, rows, wide.filter(empty).select(names), odd[empty])
                odd = odd[~empty]
            refused += [_ragged(records, int(i), len(header)) for i in odd]
        yield Slice(cells, pl.Series("line", records.lines[rows]), _originals(records, rows), refused, file.position)


def _in_order(
    cells: pl.DataFrame, rows: Positions, more: pl.DataFrame, more_rows: Positions
) -> tuple[pl.DataFrame, Positions]:
    if not len(more):
        return cells, rows
    joined = np.concatenate((rows, more_rows))
    order = np.argsort(joined)
    return pl.concat([cells, more])[order], joined[order]


def _nothing_from(first: int, count: int) -> pl.Expr:
    return pl.all_horizontal(pl.col(f"c{i}").fill_null("").str.strip_chars() == "" for i in range(first, count))


def _originals(records: Records, rows: Positions) -> Callable[[list[int]], list[str]]:
    return lambda wanted: [records.original(int(rows[i])) for i in wanted]


def _blank(records: Records, rows: Positions) -> npt.NDArray[np.bool_]:
    starts, ends = records.starts[rows], records.ends[rows]
    blank: npt.NDArray[np.bool_] = ends <= starts
    first = np.frombuffer(records.text, dtype=np.uint8)[starts]
    # White space beyond ASCII begins with a byte that is not ASCII.
    maybe = ~blank & (records.fields[rows] == 1) & ((first <= ord(" ")) | (first >= 0x80))
    for i in np.flatnonzero(maybe):
        blank[i] = not records.original(int(rows[i])).strip()
    return blank


def _ragged(records: Records, index: int, expected: int) -> RefusedLine:
    found = int(records.fields[index])
    code = "too_few_columns" if found < expected else "too_many_columns"
    return RefusedLine(int(records.lines[index]), records.original(index), code, f"{found} of {expected}")


def _decodable(records: Records, rows: Positions) -> tuple[Positions, list[int]]:
    # Arrow looks the whole block over without making a text of it.
    whole = np.array([0, len(records.text)], dtype=np.int64)
    block = pa.Array.from_buffers(pa.large_string(), 1, [None, pa.py_buffer(whole), pa.py_buffer(records.text)])
    try:
        block.validate(full=True)
    except pa.ArrowInvalid:
        bad = [int(i) for i in rows if not _is_text(records.raw(int(i)))]
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
        except pl.exceptions.PolarsError:
            frame = None
        if frame is not None and frame.shape == (len(rows), len(names)):
            return frame
    parsed, wanted = records.parsed, rows.tolist()
    cut = [parsed[i] if parsed else cut_fields(records.original(i), delimiter) for i in wanted]
    columns = zip(*cut, strict=True)
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
