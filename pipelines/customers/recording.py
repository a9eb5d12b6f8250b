"""A few entries that a person typed or a machine posted: checked and stored exactly as the lines of a file are."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contracts import Refusal
from pipelines.customers.inspection import Order
from pipelines.customers.ports import Desk
from pipelines.customers.quarantine import CODES, LINE, MEND, WHY
from pipelines.customers.reporter import NoReport
from pipelines.customers.run import import_file

MOMENT = {"consents": "occurred_at", "suppressions": "occurred_at"}
HEADER_LINES = 1

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """How the entries ended; `refused` says of each that was not stored which it was (from 0) and why."""

    batch_id: str
    rows: int
    loaded: int
    merged: int
    refused: list[dict[str, Any]]


def record(
    desk: Desk, tenant: str, kind: str, entries: Sequence[Entry], *, by: str, subject: str | None = None
) -> Recorded:
    """Store what is sound of the entries in one transaction, with one entry in the audit ledger that says by whom."""
    if not entries:
        raise Refusal("There is no entry to store; send at least one.")
    desk.workspace.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=desk.workspace, prefix="posted-") as kept:
        folder = Path(kept)
        file = folder / f"{kind}.csv"
        _write(file, [_dated(entry, kind, desk.clock()) for entry in entries])
        quiet = replace(desk, workspace=folder, reports=folder / "reports", reporter=NoReport, quarantine_limit=1.0)
        summary = import_file(quiet, Order(tenant, file, kind, file_name=f"posted by {by}", by=by, subject=subject))
        refused = _refused(Path(summary.quarantine_file)) if summary.quarantined else []
    return Recorded(summary.batch_id, summary.rows, summary.loaded, summary.merged, refused)


def _dated(entry: Entry, kind: str, now: datetime) -> Entry:
    """Said now unless it says when: the same words said again later must not count as the same file."""
    name = MOMENT.get(kind)
    return {**entry, name: entry.get(name) or now.isoformat()} if name else entry


def _write(file: Path, entries: Sequence[Entry]) -> None:
    names = list(dict.fromkeys(name for entry in entries for name in entry))
    with file.open("x", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(names)
        rows.writerows([_cell(entry.get(name)) for name in names] for entry in entries)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    # One entry, one line: then the number of a line tells which entry it was.
    return " ".join(text.split())


def _refused(quarantine: Path) -> list[dict[str, Any]]:
    table = pl.read_csv(quarantine, infer_schema=False).select(LINE, CODES, WHY, MEND)
    return [
        {
            "entry": int(row[LINE]) - HEADER_LINES - 1,
            "codes": row[CODES].split(),
            "why": row[WHY],
            "mend": row[MEND],
        }
        for row in table.iter_rows(named=True)
    ]
