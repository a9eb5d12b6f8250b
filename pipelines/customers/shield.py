"""Cells that a spreadsheet would run as a formula, made plain text by a leading apostrophe, and the way back."""

from __future__ import annotations

import re

import polars as pl

from pipelines.contracts import FORMULA

# What begins with apostrophes already gets one more, so that taking one off always gives the cell back.
_SHIELDED = "^'" + FORMULA[1:]


def shielded(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with every text safe to open in a spreadsheet."""
    return frame.with_columns(pl.col(pl.String).str.replace(FORMULA, "'$1")).rename(
        {name: re.sub(FORMULA, r"'\1", name) for name in frame.columns}
    )


def unshielded(frame: pl.DataFrame) -> pl.DataFrame:
    """The texts as they were before `shielded`."""
    return frame.with_columns(pl.col(pl.String).str.replace(_SHIELDED, "$1"))


def unshielded_name(name: str) -> str:
    """A column's name as it was before `shielded`."""
    return re.sub(_SHIELDED, r"\1", name)
