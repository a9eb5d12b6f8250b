"""A report as files: the page, the same on paper, its facts as JSON and each table as CSV. Whole or not at all."""

from __future__ import annotations

import csv
import json
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipelines.contracts import FORMULA, Refusal
from pipelines.paper import write_pdf
from pipelines.reporting.charts import draw
from pipelines.reporting.document import Report
from pipelines.reporting.page import page

PAGE, PAPER, FACTS = "index.html", "report.pdf", "report.json"
_RUNS = re.compile(FORMULA)


def place_of(reports: Path, report: Report) -> Path:
    """Where this report lies."""
    if report.kind == "campaign":
        return campaign_place(reports, report.tenant, report.period)
    return reports / report.kind / report.tenant / (report.period + ("-client" if report.for_client else ""))


def campaign_place(reports: Path, tenant: str, campaign_id: str) -> Path:
    """Where the report of a campaign lies; where another tenant has one of this id, beside it."""
    place = reports / "campaigns" / Path(campaign_id).name
    try:
        taken = json.loads((place / FACTS).read_text(encoding="utf-8"))["tenant"] != tenant
    except FileNotFoundError:
        taken = False
    return place.with_name(f"{place.name}@{tenant}") if taken else place


def write(reports: Path, report: Report) -> Path:
    """Write the files beside each other and put them in place at once."""
    target = place_of(reports, report)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise Refusal(f"The folder {target} cannot be made ({error.strerror}); mend LIFTLINE_REPORTS.") from error
    try:
        draft.chmod(0o755)
        (draft / PAGE).write_text(page(report, draw), encoding="utf-8")
        write_pdf(page(report, draw, dark=False), draft / PAPER)
        facts = {**report.facts(), "content_hash": report.content_hash()}
        (draft / FACTS).write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        for section in report.sections:
            # What only the files hold is there even while it is empty, so that nobody looks for it.
            if section.rows or not section.on_page:
                names = [column.name for column in section.columns] if not section.on_page else list(section.rows[0])
                _write_csv(draft / f"{section.key}.csv", names, ([row[name] for name in names] for row in section.rows))
        if target.exists():
            shutil.rmtree(target)
        draft.replace(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _write_csv(path: Path, names: list[str], rows: Iterable[list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([_safe(cell) for cell in row] for row in rows)


def _safe(cell: Any) -> Any:
    """A cell that no spreadsheet runs as a formula."""
    return f"'{cell}" if isinstance(cell, str) and _RUNS.match(cell) else cell
