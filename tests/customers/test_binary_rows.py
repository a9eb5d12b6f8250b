"""What was written for the binary COPY is what PostgreSQL then holds."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from pipelines.customers.binary_rows import HEADER, TRAILER, binary_rows

ROWS = {
    "whole": (pl.Int64, "bigint", [0, -1, 2**62, None]),
    "true": (pl.Boolean, "boolean", [True, False, None, True]),
    "day": (pl.Date, "date", [date(1900, 1, 2), date(2200, 12, 31), date(2000, 1, 1), None]),
    "moment": (
        pl.Datetime("us", "UTC"), "timestamptz",
        [datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), None, datetime(2026, 2, 28, tzinfo=UTC), None],
    ),
    "money": (
        pl.Decimal(14, 2), "numeric(14, 2)",
        [Decimal("-0.01"), Decimal("999999999999.99"), Decimal("10000.00"), None],
    ),
    "text": (pl.String, "text", ["", None, "é\n\t\\N,\"", "x" * 70_000]),
}  # fmt: skip


def _round_trip(connection, frame: pl.DataFrame, types: list[str]) -> list[tuple]:
    columns = ", ".join(f'"{name}" {kind}' for name, kind in zip(frame.columns, types, strict=True))
    connection.execute("DROP TABLE IF EXISTS told")
    connection.execute(f"CREATE TEMP TABLE told ({columns})")
    with connection.cursor() as cursor, cursor.copy("COPY told FROM STDIN (FORMAT binary)") as copy:
        for part in (HEADER, binary_rows(frame), TRAILER):
            copy.write(part)
    return [tuple(row.values()) for row in connection.execute("TABLE told")]


# A slice of a frame shares its buffers, offsets and all; nullable columns and full ones take different ways.
@pytest.mark.parametrize("taken", [slice(0, 4), slice(1, 4), slice(3, 4), slice(0, 1), slice(0, 0)])
@pytest.mark.parametrize("turned", [False, True], ids=["as listed", "turned round"])
def test_every_type_arrives_as_it_left(services, taken, turned):
    names = sorted(ROWS, reverse=turned)
    frame = pl.DataFrame({name: pl.Series(ROWS[name][2], dtype=ROWS[name][0]) for name in names})[taken]
    with services.database.connect() as connection:
        assert _round_trip(connection, frame, [ROWS[name][1] for name in names]) == frame.rows()


def test_what_has_no_binary_form_is_said():
    with pytest.raises(TypeError, match="Float64"):
        binary_rows(pl.DataFrame({"share": [0.5]}))
