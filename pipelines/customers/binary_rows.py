"""Typed rows as the bytes of PostgreSQL's binary COPY, built column by column.

The server takes them for two thirds of what CSV costs it, and they cost no more to write.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from polars import CompatLevel

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
# PostgreSQL counts from 2000, polars from 1970.
_DAYS, _MICROSECONDS = 10_957, 946_684_800_000_000
_DIGITS = [("count", ">i2"), ("weight", ">i2"), ("sign", ">i2"), ("scale", ">i2"), ("groups", ">i2", 4)]
_NEGATIVE = 0x4000
# As pa.scalar would make it, which imports pandas first; so does to_numpy of an Arrow array.
_NOTHING = pa.Array.from_buffers(pa.large_binary(), 1, [None, pa.py_buffer(bytes(16)), pa.py_buffer(b"")])[0]

Fixed = npt.NDArray[Any]


def binary_rows(rows: pl.DataFrame) -> memoryview:
    """The rows between HEADER and TRAILER: bigint, boolean, date, timestamptz, numeric(14, 2) and text by dtype."""
    parts: list[pa.Array] = []
    # What has one width in every row is laid side by side until something of many widths follows.
    beside: list[Fixed] = [np.full(len(rows), rows.width, dtype=">i2")]
    for column in rows:
        lengths, content = _field(column)
        beside.append(lengths)
        if isinstance(content, pa.Array):
            parts += [_of_one_width(_side_by_side(beside)), content]
            beside = []
        else:
            beside.append(content)
    if beside:
        parts.append(_of_one_width(_side_by_side(beside)))
    joined = pc.binary_join_element_wise(*parts, _NOTHING, null_handling="replace", null_replacement=b"")
    _, ends, data = joined.buffers()
    return memoryview(data)[: int(np.frombuffer(ends, dtype=np.int64)[len(rows)])]


def _field(column: pl.Series) -> tuple[Fixed, Fixed | pa.Array]:
    """The lengths, -1 for null, and the values: an Arrow array if they differ in length, as a null takes no bytes."""
    if column.dtype == pl.String:
        texts = column.to_arrow(compat_level=CompatLevel.oldest()).cast(pa.large_binary())
        sizes = np.diff(np.frombuffer(texts.buffers()[1], dtype=np.int64)[: len(texts) + 1]).astype(">i4")
        if column.null_count():
            sizes[column.is_null().to_numpy()] = -1
        return sizes, texts
    values = _values(column)
    lengths = np.full(len(column), values.dtype.itemsize, dtype=">i4")
    if not column.null_count():
        return lengths, values
    known = column.is_not_null().to_numpy()
    lengths[~known] = -1
    return lengths, _of_one_width(values, known)


def _side_by_side(columns: list[Fixed]) -> Fixed:
    row = np.empty(len(columns[0]), dtype=[(str(at), column.dtype) for at, column in enumerate(columns)])
    for at, column in enumerate(columns):
        row[str(at)] = column
    return row


def _values(column: pl.Series) -> Fixed:
    """The column as PostgreSQL writes each value; what stands for null does not matter."""
    physical = column.to_physical().fill_null(False if column.dtype == pl.Boolean else 0)
    if column.dtype == pl.Boolean:
        return physical.to_numpy().astype("i1")
    if column.dtype == pl.Int64:
        return physical.to_numpy().astype(">i8")
    if column.dtype == pl.Date:
        return (physical.to_numpy() - _DAYS).astype(">i4")
    if column.dtype == pl.Datetime("us", "UTC"):
        return (physical.to_numpy() - _MICROSECONDS).astype(">i8")
    if column.dtype == pl.Decimal(14, 2):
        return _numeric(physical.cast(pl.Int64).to_numpy())
    raise TypeError(f"A column of {column.dtype} has no binary form here.")


def _numeric(cents: npt.NDArray[np.int64]) -> Fixed:
    """Groups of four digits, of which PostgreSQL itself drops the empty ones at both ends."""
    whole, rest = np.divmod(np.abs(cents), 100)
    written = np.empty(len(cents), dtype=_DIGITS)
    written["count"], written["weight"], written["scale"] = 4, 2, 2
    written["sign"] = np.where(cents < 0, _NEGATIVE, 0)
    upper, lower = np.divmod(whole, 10**4)
    for at, group in enumerate((*np.divmod(upper, 10**4), lower, rest * 100)):
        written["groups"][:, at] = group
    return written


def _of_one_width(values: Fixed, known: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    width = values.dtype.itemsize
    offsets = np.arange(0, (len(values) + 1) * width, width, dtype=np.int64)
    validity = None if known is None else pa.py_buffer(np.packbits(known, bitorder="little"))
    buffers = [validity, pa.py_buffer(offsets), pa.py_buffer(values)]
    return pa.Array.from_buffers(pa.large_binary(), len(values), buffers)
