"""Reports: open one, take it along as PDF or files."""

from __future__ import annotations

from pathlib import Path as Place
from typing import Annotated, Any, Literal

from fastapi import Path, Request
from fastapi.responses import HTMLResponse, Response

from liftline_console import downloads
from liftline_console.callers import Caller
from liftline_console.guarding import page_router
from liftline_console.paging import Cursor, after, moment, next_page, paged
from liftline_console.permissions import allowed, needs
from liftline_console.problems import missing
from liftline_console.protection import SANDBOXED
from liftline_console.rendering import page
from pipelines.reporting import run as reporting

router = page_router()
Reader = Annotated[Caller, needs("reports.read")]
ReportId = Annotated[str, Path(pattern="^[A-Za-z0-9-]{1,120}$")]
SHOWN = 25

TITLES = {**{name: title for name, (title, *_) in reporting.KINDS.items()}, "campaign": "Campaign"}
# The pages of dbt are made of scripts of their own: they run in a place that is nobody's, without anyone's cookies.
DOCS_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; frame-ancestors 'self'"
)


@router.get("/reports")
def reports(request: Request, caller: Reader, cursor: Cursor = None) -> HTMLResponse:
    """The newest report of each kind and month, the last made first."""
    newsroom = request.app.state.console.services.newsroom
    listed = reports_listed(request, caller, cursor, SHOWN)
    return page(
        request,
        "reports.html",
        title="Reports",
        rows=listed["items"],
        **next_page(request, listed),
        titles=TITLES,
        subscriptions=reporting.subscriptions(newsroom, caller.tenant),
        may_see_marts=allowed("marts.read", caller.roles),
    )


def reports_listed(request: Request, caller: Caller, cursor: str | None, most: int) -> dict[str, Any]:
    """A page of the list."""
    place = after(cursor, str, str)
    before = (moment(place[0]), place[1]) if place else None
    newsroom = request.app.state.console.services.newsroom
    rows = reporting.reports(newsroom, caller.tenant, before=before, most=most + 1)
    return paged(rows, most, lambda row: [row["made_at"].isoformat(), row["report_id"]])


@router.get("/reports/{report_id}")
def report(request: Request, caller: Reader, report_id: ReportId) -> Response:
    """The page of a report."""
    html = (_folder(request, caller, report_id) / "index.html").read_bytes()
    return Response(html, media_type="text/html", headers=SANDBOXED)


@router.get("/reports/{report_id}/download/{form}")
def download(request: Request, caller: Reader, report_id: ReportId, form: Literal["pdf", "zip"]) -> Response:
    """The PDF of a report, or all its files."""
    folder = _folder(request, caller, report_id)
    if form == "pdf":
        return downloads.file(folder / "report.pdf", name=f"{report_id}.pdf", media_type="application/pdf")
    return downloads.folder(folder, name=f"{report_id}.zip")


def _folder(request: Request, caller: Caller, report_id: str) -> Place:
    found: dict[str, Any] | None = reporting.report(
        request.app.state.console.services.newsroom, caller.tenant, report_id
    )
    if found is None:
        raise missing("such report")
    return Place(found["folder"])
