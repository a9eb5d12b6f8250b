"""Parquet as slices of text cells, so that one set of rules judges every file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.contracts import Refusal
from pipelines.customers.reading.slices import OpenTable, Slice
from pipelines.customers.reading.source import WatchedFile

ROWS = 125_000


def open_parquet(file: WatchedFile) -> OpenTable:
    """The table of a Parquet file; line n is its n-th row."""
    try:
        parquet = pq.ParquetFile(file.path)
    except (pa.ArrowInvalid, OSError) as error:
        raise Refusal(
            f"{file.path} is a damaged Parquet file ({str(error).splitlines()[0]}); write it again."
        ) from error
    header = list(parquet.schema_arrow.names)
    return OpenTable(header, _slices(parquet, header, file), file.size)


def _slices(parquet: pq.ParquetFile, header: list[str], file: WatchedFile) -> Iterator[Slice]:
    line = 1
    for batch in parquet.iter_batches(batch_size=ROWS):
        frame = pl.from_arrow(pa.Table.from_batches([batch]))
        assert isinstance(frame, pl.DataFrame)
        cells = frame.select(_as_text(frame[name]).alias(f"c{i}") for i, name in enumerate(header))
        yield Slice(cells, pl.Series("line", range(line, line + len(cells)), dtype=pl.Int64), _originals(cells), [], 0)
        line += len(cells)
    file.handle.seek(0)


def _as_text(column: pl.Series) -> pl.Series:
    if column.dtype.is_float():
        # A nullable whole-number column comes as floats: 7.0 is 7, and NaN is how pandas wrote an empty cell.
        whole = column.is_finite() & (column == column.round())
        text = column.cast(pl.String)
        return pl.select(
            pl.when(column.is_nan()).then(None).when(whole).then(text.str.strip_suffix(".0")).otherwise(text)
        ).to_series()
    if column.dtype == pl.List:
        return column.cast(pl.List(pl.String)).list.join(";")
    if column.dtype == pl.Struct:
        return column.struct.json_encode()
    if column.dtype == pl.Binary:
        return column.cast(pl.String, strict=False)
    return column.cast(pl.String)


def _originals(cells: pl.DataFrame) -> Callable[[list[int]], list[str]]:
    return lambda wanted: [_as_csv(row) for row in cells[wanted].iter_rows()]


def _as_csv(row: tuple[str | None, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(["" if cell is None else cell for cell in row])
    return out.getvalue()
