"""Lines of a file as they were judged, flat enough to compare."""

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from pipelines.customers.checking import CheckedSlice, Checker
from pipelines.customers.columns import ColumnPlan, plan_columns
from pipelines.customers.kinds import KINDS
from pipelines.customers.reading.open import open_table
from pipelines.customers.reading.source import BLOCK, WatchedFile

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass
class Checked:
    plan: ColumnPlan
    slices: list[CheckedSlice]

    @property
    def rows(self) -> list[dict[str, object]]:
        """The lines fit to load, without what they leave open."""
        rows = [row for one in self.slices for row in one.rows.iter_rows(named=True)]
        return [{name: value for name, value in row.items() if value is not None} for row in rows]

    @property
    def problems(self) -> list[tuple[object, ...]]:
        return sorted((row for one in self.slices for row in one.problems.iter_rows()), key=str)

    @property
    def codes(self) -> dict[int, list[str]]:
        """The codes of every refused line."""
        found: dict[int, list[str]] = {}
        for line, code, _, _ in self.problems:
            found.setdefault(line, []).append(code)
        return found

    @property
    def refused(self) -> list[int]:
        return [line for one in self.slices for line in one.refused["quarantine_line"]]

    @property
    def raw(self) -> pl.DataFrame:
        return pl.concat([one.raw for one in self.slices]).fill_null("")


def check(content: str | bytes, kind: str = "customers", *, block: int = BLOCK, now: datetime = NOW) -> Checked:
    data = content.encode() if isinstance(content, str) else content
    file = WatchedFile(Path("given.csv"), io.BytesIO(data), len(data), (0, 0, 0))
    table = open_table(file, max_bytes=10**9, block=block)
    plan = plan_columns(table.header, KINDS[kind], {}, "given.csv")
    return Checked(plan, list(Checker(KINDS[kind], plan, now).check(table.slices)))
