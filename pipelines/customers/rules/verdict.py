"""What a field rule hands back."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Judged:
    """A column as read: typed values, and for each problem code the rows that have it."""

    values: pl.Series
    problems: dict[str, pl.Series]


def judged(values: pl.Series, codes: pl.Series) -> Judged:
    """A verdict from a column of values and a column with the problem code of each refused row."""
    found = codes.drop_nulls().unique().sort()
    return Judged(values, {code: (codes == code).fill_null(False) for code in found})
