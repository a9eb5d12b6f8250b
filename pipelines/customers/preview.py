"""The first lines of a file as they would be read: which column is what, and what would be refused and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import polars as pl

from pipelines.contracts import Refusal
from pipelines.customers.checking import Checker
from pipelines.customers.columns import plan_columns, read_mapping, spelled
from pipelines.customers.inspection import Order, Unread, unread
from pipelines.customers.kinds import KINDS, Kind
from pipelines.customers.quarantine import CODES, LINE, MEND, WHY, reasons_by_line
from pipelines.customers.reading.open import open_table
from pipelines.customers.reading.slices import OpenTable, Slice
from pipelines.customers.reading.source import open_file
from pipelines.customers.rules.reasons import in_words

# Enough to see every habit of a file, little enough to be read at once.
BLOCK = 512 * 1024
ROWS, PROBLEMS, EXAMPLES = 10, 50, 3


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file; `meaning` is the field that it was taken for, None where it is kept by its own name."""

    header: str
    meaning: str | None
    examples: list[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a look at the first lines found; `refusal` says why the file cannot be read this way at all."""

    kind: str
    columns: list[Column]
    fields: list[dict[str, Any]]
    rows: list[list[str]]
    lines_seen: int
    whole: bool
    refused_lines: int = 0
    reasons: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    refusal: str | None = None
    consent: Unread | None = None


def look_at(order: Order, *, max_bytes: int, now: datetime) -> Preview:
    """Read the first lines as an import would."""
    kind = KINDS[order.kind]
    with open_file(order.file, max_bytes=max_bytes) as file:
        table = open_table(file, max_bytes=max_bytes, block=BLOCK)
        slices = list(islice(table.slices, 2))
        mapping = read_mapping(order.mapping, kind)
        try:
            plan = plan_columns(table.header, kind, mapping, order.shown_name)
        except Refusal as refusal:
            seen = {spelled(name): mapping.get(spelled(name)) for name in table.header}
            meanings = [seen[spelled(name)] for name in table.header]
            return _seen(kind, table, slices, meanings, {"refusal": str(refusal)})
        by_place = {place: name for name, place in plan.canonical.items()}
        meanings = [by_place.get(place) for place in range(len(table.header))]
        judged = _judged(Checker(kind, plan, now), slices[:1]) if slices else {}
        return _seen(kind, table, slices, meanings, judged)


def _seen(
    kind: Kind, table: OpenTable, slices: list[Slice], meanings: list[str | None], judged: dict[str, Any]
) -> Preview:
    cells = slices[0].cells if slices else pl.DataFrame()
    return Preview(
        kind=kind.name,
        columns=[
            Column(name, meaning, _examples(cells, place))
            for place, (name, meaning) in enumerate(zip(table.header, meanings, strict=True))
        ],
        fields=[{"name": one.name, "required": one.required} for one in kind.fields],
        rows=[["" if cell is None else str(cell) for cell in row] for row in cells.head(ROWS).iter_rows()],
        lines_seen=len(cells) + (len(slices[0].refused) if slices else 0),
        whole=len(slices) < 2,
        **judged,
    )


def _judged(checker: Checker, slices: list[Slice]) -> dict[str, Any]:
    (one,) = checker.check(iter(slices))
    by_code = Counter(one.problems["code"].to_list())
    told = reasons_by_line(one.problems).sort(LINE).head(PROBLEMS)
    return {
        "refused_lines": len(one.refused),
        "consent": unread(one.unread.total(), one.unread),
        "reasons": [{"code": code, "times": times, "means": in_words(code)} for code, times in by_code.most_common()],
        "problems": [
            {"line": row[LINE], "codes": row[CODES].split(), "why": row[WHY], "mend": row[MEND]}
            for row in told.iter_rows(named=True)
        ],
    }


def _examples(cells: pl.DataFrame, place: int) -> list[str]:
    name = f"c{place}"
    if name not in cells.columns:
        return []
    said = cells[name].cast(pl.String).str.strip_chars()
    return said.filter(said.str.len_chars() > 0).unique(maintain_order=True).head(EXAMPLES).str.slice(0, 60).to_list()
