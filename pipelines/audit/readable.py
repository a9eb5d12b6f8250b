"""The entries for people: the cells in full, and none that a spreadsheet would run as a formula."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.audit.verify_audit import BODY, COLUMNS
from pipelines.contracts import FORMULA

if TYPE_CHECKING:
    import polars as pl


def shown(entries: Path) -> pl.LazyFrame:
    """The entries that an export shows, every cell as it was before it was brought to one line."""
    import polars as pl

    table = pl.scan_csv(entries, infer_schema=False, empty_string_is_null=False, truncate_ragged_lines=True)
    cells = pl.col(BODY)
    for escaped, meant in (("\\\\", "\x01"), ("\\n", "\n"), ("\\r", "\r"), ("\x01", "\\")):
        cells = cells.str.replace_all(escaped, meant, literal=True)
    return table.filter(pl.col("actor") != "").with_columns(cells)


def write_readable(entries: Path, target: Path) -> None:
    """The spreadsheet-safe CSV; the raw one beside it is what was hashed."""
    kept = [name for name in COLUMNS if name not in ("body_hash", "previous_hash")]
    _write_safe(shown(entries).select(kept), target)


def write_readable_decisions(decisions: Path, target: Path) -> None:
    """The same of who may be written to: an id may begin as a formula does."""
    import polars as pl

    _write_safe(pl.scan_csv(decisions, infer_schema=False, empty_string_is_null=False), target)


def _write_safe(table: pl.LazyFrame, target: Path) -> None:
    import polars as pl

    table.select(pl.all().str.replace(FORMULA, "'$1")).sink_csv(target, quote_style="always", include_bom=True)
