"""Any file a user may have: told by its content, not by its name."""

from __future__ import annotations

from pipelines.customers.reading.columnar import open_parquet
from pipelines.customers.reading.delimited import open_delimited
from pipelines.customers.reading.slices import OpenTable
from pipelines.customers.reading.source import BLOCK, PARQUET, WatchedFile, starts_with


def open_table(file: WatchedFile, *, max_bytes: int, block: int = BLOCK) -> OpenTable:
    """The header and the slices of a file, of which `block` bytes at a time are in hand."""
    if starts_with(file, PARQUET):
        return open_parquet(file, max_bytes=max_bytes)
    return open_delimited(file, max_bytes=max_bytes, block=block)
