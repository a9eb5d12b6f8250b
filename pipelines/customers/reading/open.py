"""Any file a user may have: told by its content, not by its name."""

from __future__ import annotations

from pipelines.customers.reading.columnar import open_parquet
from pipelines.customers.reading.delimited import open_delimited
from pipelines.customers.reading.slices import OpenTable
from pipelines.customers.reading.source import PARQUET, WatchedFile, starts_with


def open_table(file: WatchedFile, *, max_bytes: int) -> OpenTable:
    """The header and the slices of a file."""
    return open_parquet(file) if starts_with(file, PARQUET) else open_delimited(file, max_bytes=max_bytes)
