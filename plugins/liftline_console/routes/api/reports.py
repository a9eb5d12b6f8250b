"""Reports: which there are, and their files."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Request, Response

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.pages import reports as pages
from liftline_console.paging import Cursor, Limit
from liftline_console.permissions import needs
from liftline_console.routes.api.shapes import shown

router = api_router("reports")
Reader = Annotated[Caller, needs("reports.read")]
ReportId = Annotated[str, Path(pattern="^[A-Za-z0-9-]{1,120}$")]

REPORT = {
    "report_id": "executive-2026-11-20261201T052000-8f14e45f", "kind": "executive", "subject": "2026-11",
    "for_client": False, "content_hash": "8f14e45fceea167a5a36dedd4bea2543", "made_by": "airflow",
    "made_at": "2026-12-01T05:20:00Z",
}  # fmt: skip


@router.get("/reports", responses=shown({"items": [REPORT], "next_cursor": None}))
def list_reports(request: Request, caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """The newest report of each kind and month, the last made first."""
    listed = pages.reports_listed(request, caller, cursor, limit)
    rows = [{name: value for name, value in row.items() if name != "folder"} for row in listed["items"]]
    return {**listed, "items": rows}


@router.get("/reports/{report_id}/download/{form}", response_class=Response)
def download(request: Request, caller: Reader, report_id: ReportId, form: Literal["pdf", "zip"]) -> Response:
    """A report as PDF, or all its files (page, PDF, CSV, JSON) as a zip archive."""
    return pages.download(request, caller, report_id, form)
