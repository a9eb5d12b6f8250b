"""Parquet as slices of text cells, so that one set of rules judges every file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.contracts import Refusal
from pipelines.customers.reading.slices import OpenTable, Slice
from pipelines.customers.reading.source import WatchedFile

ROWS = 125_000
# Beyond 2^53 a float is no exact whole number, so it is shown as the float that it is.
EXACT = 2**53
# A text of three decimals may be thousands; of a number it is known, and a fourth decimal says so wherever it is read.
THOUSANDTHS = r"^(-?[1-9][0-9]{0,2}\.[0-9]{3})$"


def open_parquet(file: WatchedFile, *, max_bytes: int) -> OpenTable:
    """The table of a Parquet file; line n is its n-th row."""
    try:
        parquet = pq.ParquetFile(file.path)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(file, error) from error
    about = parquet.metadata
    if sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups)) > max_bytes:
        raise _too_large(file)
    header = [str(name).strip() for name in parquet.schema_arrow.names]
    return OpenTable(header, _slices(parquet, file, max_bytes), file.size)


def _damaged(file: WatchedFile, error: Exception) -> Refusal:
    return Refusal(f"{file.path} is a damaged Parquet file ({str(error).splitlines()[0]}); write it again.")


def _too_large(file: WatchedFile) -> Refusal:
    return Refusal(f"{file.path} unpacks to more than LIFTLINE_MAX_FILE_GB allows; split it.")


def _slices(parquet: pq.ParquetFile, file: WatchedFile, max_bytes: int) -> Iterator[Slice]:
    line, unpacked = 1, 0
    total = parquet.metadata.num_rows
    with parquet:
        for batch in _batches(parquet, file):
            cells = pl.DataFrame([_as_text(column, i, batch, file) for i, column in enumerate(batch.columns)])
            # What is written down once for many rows is small until it is read.
            unpacked += cells.select(pl.sum_horizontal(pl.all().str.len_bytes().sum())).item() or 0
            if unpacked > max_bytes:
                raise _too_large(file)
            following = line + len(cells)
            lines = pl.Series("line", range(line, following), dtype=pl.Int64)
            yield Slice(cells, lines, _originals(cells), [], file.size * (following - 1) // total)
            line = following


def _batches(parquet: pq.ParquetFile, file: WatchedFile) -> Iterator[pa.RecordBatch]:
    try:
        yield from parquet.iter_batches(batch_size=ROWS)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(file, error) from error


def _as_text(column: pa.Array, index: int, batch: pa.RecordBatch, file: WatchedFile) -> pl.Series:
    name = f"c{index}"
    try:
        if _is_plain(column.type):
            text = _written(pl.Series(name, column))
        else:
            values = column.to_pylist(maps_as_pydicts="lossy")
            text = pl.Series(name, [_one_as_text(value) for value in values], dtype=pl.String)
        # Postgres takes no null character in a text.
        return text.str.replace_all("\0", "", literal=True)
    except (pa.ArrowException, pl.exceptions.PolarsError, ValueError, LookupError, OverflowError) as error:
        raise Refusal(
            f"Column '{batch.schema.names[index]}' of {file.path} holds {column.type} values that cannot be read; "
            "write them as text, numbers or dates."
        ) from error


def _is_plain(kind: pa.DataType) -> bool:
    """Whether polars knows a text for every value of this type."""
    known = pa.types
    if known.is_dictionary(kind):
        return _is_plain(kind.value_type)
    if known.is_list(kind) or known.is_large_list(kind):
        return _is_string(kind.value_type)
    number = known.is_integer(kind) or known.is_floating(kind) or known.is_decimal128(kind)
    moment = known.is_date(kind) or known.is_time(kind) or known.is_timestamp(kind)
    return bool(_is_string(kind) or number or moment or known.is_boolean(kind) or known.is_null(kind))


def _is_string(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _written(column: pl.Series) -> pl.Series:
    if column.dtype.is_float():
        # A nullable whole-number column comes as floats: 7.0 is 7, and NaN is how pandas wrote an empty cell.
        whole = (column == column.round()) & (column.abs() <= EXACT)
        number = column.set(column.is_nan(), None)
        digits = number.set(~whole, None).cast(pl.Int64).cast(pl.String)
        # Polars writes some whole numbers out that are not exact any more: 9007199254740994.0.
        written = number.cast(pl.String).str.replace(r"^(-?[0-9])([0-9]{15})\.0$", "${1}.${2}e+15")
        return digits.zip_with(whole.fill_null(False), written.str.replace(THOUSANDTHS, "${1}0"))
    if column.dtype.is_decimal():
        return column.cast(pl.String).str.replace(THOUSANDTHS, "${1}0")
    if column.dtype == pl.List:
        return column.list.join(";")
    return column.cast(pl.String)


def _one_as_text(value: Any) -> str | None:
    """Nested and binary values, one by one: lists joined, objects as JSON, bytes that are no text in hex."""
    if value is None:
        return None
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.hex()
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        return ";".join(filter(None, map(_one_as_text, value)))
    if isinstance(value, Decimal):
        return re.sub(THOUSANDTHS, r"\g<1>0", format(value, "f"))
    if isinstance(value, list | dict):
        return json.dumps(value, default=_one_as_text, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _originals(cells: pl.DataFrame) -> Callable[[list[int]], list[str]]:
    return lambda wanted: [_as_csv(row) for row in cells[wanted].iter_rows()]


def _as_csv(row: tuple[str | None, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(["" if cell is None else cell for cell in row])
    return out.getvalue()
