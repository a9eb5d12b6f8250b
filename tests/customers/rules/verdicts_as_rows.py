"""A verdict as plain pairs, so that a table of cases can be compared with it."""

import polars as pl

from pipelines.customers.rules.verdict import Judged


def column(*cells: str | None) -> pl.Series:
    return pl.Series("cells", cells, dtype=pl.String)


def outcome(read: Judged) -> list[object]:
    """Per row its problem code, or its value."""
    found = read.values.to_list()
    for code, mask in read.problems.items():
        assert mask.any(), f"{code} was reported without a row"
        for row in mask.arg_true():
            assert found[row] is None, f"row {row} has both a value and {code}"
            found[row] = code
    return found
