"""Slices judged: typed rows that may be loaded, and for every other line each problem it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import reduce
from operator import and_

import polars as pl

from pipelines.customers.columns import QUARANTINE_COLUMNS, ColumnPlan
from pipelines.customers.kinds import DATE_READERS, Field, Kind
from pipelines.customers.reading.slices import Slice
from pipelines.customers.rules.cells import distinct_cells, spread
from pipelines.customers.rules.consent import not_understood
from pipelines.customers.rules.dates import day_order
from pipelines.customers.rules.phone import read_phone
from pipelines.customers.rules.verdict import Judged
from pipelines.customers.shield import unshielded

PROBLEMS = {"row": pl.UInt32, "code": pl.String, "column": pl.String, "value": pl.String}
MOMENTS = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class CheckedSlice:
    """Rows fit to load (with their `line`), the raw cells, and one row for each problem of each other line.

    `unread` counts words of consent that are neither a yes nor a no, on lines that are loaded without them.
    """

    rows: pl.DataFrame
    raw: pl.DataFrame
    problems: pl.DataFrame
    refused: pl.DataFrame
    bytes_read: int
    unread: Counter[str]

    @property
    def count(self) -> int:
        """Lines in this slice."""
        return len(self.rows) + len(self.refused)


@dataclass(slots=True)
class Checker:
    """Judges one file's slices in order; remembers which way round each date column is written."""

    kind: Kind
    plan: ColumnPlan
    now: datetime
    orders: dict[str, str | None] = field(default_factory=dict)

    def check(self, slices: Iterator[Slice]) -> Iterator[CheckedSlice]:
        """Every slice, judged."""
        for one in slices:
            yield self._check(one)

    def _check(self, one: Slice) -> CheckedSlice:
        cells = unshielded(one.cells) if self.plan.mended else one.cells
        raw = cells.select(pl.col(f"c{index}").alias(name) for name, index in self.plan.canonical.items())
        verdicts = self._read(raw)
        values = {name: verdict.values for name, verdict in verdicts.items()}
        masks = [(code, name, mask) for name, verdict in verdicts.items() for code, mask in verdict.problems.items()]
        masks += _cross_checks(self.kind, verdicts, self.now)
        problems = _problem_rows(raw, masks)
        bad = problems["row"].unique().sort()
        good = pl.select(~pl.int_range(len(raw), eager=False).is_in(bad.implode())).to_series() if len(bad) else None
        rows = pl.DataFrame({"line": one.lines, **values, **self._others(cells)})
        rows = rows.filter(good) if good is not None else rows
        refused, described = _refused(one, bad, problems, self.plan)
        return CheckedSlice(rows, raw, described, refused, one.bytes_read, _unread(raw, rows, good))

    def _read(self, raw: pl.DataFrame) -> dict[str, Judged]:
        verdicts: dict[str, Judged] = {}
        for column in self.kind.fields:
            if column.name not in raw.columns:
                verdicts[column.name] = Judged(_nothing(len(raw)), {})
            elif column.name != "phone":
                verdicts[column.name] = self._read_alone(raw[column.name], column)
        if "phone" in raw.columns:
            verdicts["phone"] = read_phone(raw["phone"], self._countries(verdicts, len(raw)))
        return verdicts

    def _read_alone(self, raw: pl.Series, column: Field) -> Judged:
        """A column whose cells need no other: each distinct cell is read once where cells repeat."""
        repeated = distinct_cells(raw)
        cells, places = repeated or (raw, None)
        if column.name in DATE_READERS:
            verdict = DATE_READERS[column.name](cells, self._order(cells, column.name))
        else:
            assert column.read is not None
            verdict = column.read(cells)
        return verdict if places is None else spread(verdict, places)

    def _order(self, cells: pl.Series, name: str) -> str | None:
        if self.orders.get(name) is None:
            self.orders[name] = day_order(cells)
        return self.orders[name]

    @staticmethod
    def _countries(verdicts: Mapping[str, Judged], rows: int) -> pl.Series:
        known = verdicts.get("country")
        return known.values if known else _nothing(rows)

    def _others(self, cells: pl.DataFrame) -> dict[str, pl.Series]:
        """Unknown columns as one JSON object, in the kind's column for them."""
        if self.kind.others is None:
            return {}
        if not self.plan.others:
            return {} if self.kind.others in self.kind.field_names else {self.kind.others: _nothing(len(cells))}
        columns = [
            pl.col(f"c{index}").str.strip_chars().replace("", None).alias(name)
            for name, index in self.plan.others.items()
        ]
        extra = cells.select(pl.struct(columns).struct.json_encode().alias("extra")).to_series()
        return {"extra_properties" if self.kind.others in self.kind.field_names else self.kind.others: extra}


def _unread(raw: pl.DataFrame, rows: pl.DataFrame, good: pl.Series | None) -> Counter[str]:
    if "consent" not in raw.columns:
        return Counter()
    return not_understood(raw["consent"] if good is None else raw["consent"].filter(good), rows["consent"])


def _nothing(rows: int) -> pl.Series:
    return pl.repeat(None, rows, dtype=pl.String, eager=True)


def _cross_checks(kind: Kind, verdicts: Mapping[str, Judged], now: datetime) -> list[tuple[str, str, pl.Series]]:
    """What no cell can say alone: someone must be named, and time runs forward."""
    frame = pl.DataFrame({name: verdict.values for name, verdict in verdicts.items()})
    nobody = reduce(and_, (_says_nothing(verdicts[name]) for name in kind.identity))
    checks = [("no_customer" if kind.name in {"orders", "events"} else "not_reachable", kind.identity[0], nobody)]
    required = (column.name for column in kind.fields if column.required)
    checks += [("missing_value", name, _says_nothing(verdicts[name])) for name in required]
    checks += [
        (code, name, frame.select(broken).to_series().fill_null(False)) for code, name, broken in _time_rules(kind, now)
    ]
    return [(code, name, mask) for code, name, mask in checks if mask.any()]


def _says_nothing(verdict: Judged) -> pl.Series:
    """Where a cell is as good as empty: it has no value, and no problem that says why."""
    return reduce(lambda empty, problem: empty & ~problem, verdict.problems.values(), verdict.values.is_null())


def _time_rules(kind: Kind, now: datetime) -> list[tuple[str, str, pl.Expr]]:
    # A day's grace: somewhere on Earth it is already tomorrow.
    latest: date = (now + timedelta(days=1)).date()
    moment = now + timedelta(days=1)
    if kind.name == "customers":
        signup, purchase = _dates("signup_date"), _dates("last_purchase_date")
        return [
            ("signup_in_future", "signup_date", signup > latest),
            ("purchase_in_future", "last_purchase_date", purchase > latest),
            ("purchase_before_signup", "last_purchase_date", purchase < signup),
            ("date_in_future", "consent_date", pl.col("consent_date").cast(MOMENTS) > moment),
        ]
    name = "ordered_at" if kind.name == "orders" else "occurred_at"
    return [("date_in_future", name, pl.col(name).cast(MOMENTS) > moment)]


def _dates(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Date)


def _problem_rows(raw: pl.DataFrame, masks: list[tuple[str, str, pl.Series]]) -> pl.DataFrame:
    found = []
    for code, name, mask in masks:
        rows = mask.arg_true()
        values = raw[name].gather(rows) if name in raw.columns else _nothing(len(rows))
        cells = {"row": rows, "code": [code] * len(rows), "column": [name] * len(rows), "value": values}
        found.append(pl.DataFrame(cells, schema=PROBLEMS))
    return pl.concat(found) if found else pl.DataFrame(schema=PROBLEMS)


def _refused(one: Slice, bad: pl.Series, problems: pl.DataFrame, plan: ColumnPlan) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The refused lines with their cells, and their problems by line."""
    line, original = QUARANTINE_COLUMNS[:2]
    whole = pl.DataFrame(
        [(cut.line, cut.original) for cut in one.refused], schema={line: pl.Int64, original: pl.String}, orient="row"
    )
    by_line = problems.select(one.lines.gather(problems["row"]), "code", "column", "value")
    cut = pl.DataFrame([(c.line, c.code, "", c.value) for c in one.refused], schema=by_line.schema, orient="row")
    refused = pl.concat([as_they_came(one, bad, plan), whole], how="diagonal").sort(line)
    return refused, pl.concat([by_line, cut])


def as_they_came(one: Slice, rows: pl.Series, plan: ColumnPlan) -> pl.DataFrame:
    """These rows of a slice: their cells under the names to import them by, line number and original text."""
    line, original = QUARANTINE_COLUMNS[:2]
    indices = rows.to_list()
    cells = one.cells[indices].select(
        pl.col(f"c{index}").alias(name) for name, index in {**plan.canonical, **plan.others}.items()
    )
    cells = unshielded(cells) if plan.mended else cells
    numbers = one.lines.gather(rows.cast(pl.UInt32)).alias(line)
    return cells.with_columns(numbers, pl.Series(original, one.originals(indices), dtype=pl.String))
