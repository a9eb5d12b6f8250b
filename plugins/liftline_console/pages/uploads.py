"""Files handed over: what each would become, how its import fares, and how it ended."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request
from fastapi.responses import HTMLResponse, Response

from liftline_console.callers import Caller
from liftline_console.guarding import page_router
from liftline_console.paging import Cursor, after, moment, next_page, paged
from liftline_console.permissions import allowed, needs
from liftline_console.problems import missing
from liftline_console.protection import SANDBOXED
from liftline_console.rendering import page
from pipelines.contracts import Refusal
from pipelines.customers import reception

router = page_router()
Reader = Annotated[Caller, needs("uploads.read")]
UploadId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]

SHOWN = 25
UNDER_WAY = ("queued", "checking", "loading")


@router.get("/uploads")
def uploads(request: Request, caller: Reader, cursor: Cursor = None) -> HTMLResponse:
    """Hand over a file, and all that were."""
    place = after(cursor, str, str)
    begin = (moment(place[0]), place[1]) if place else None
    rows = reception.newest(request.app.state.console.services.desk, caller.tenant, after=begin, most=SHOWN + 1)
    listed = paged(rows, SHOWN, lambda row: [row["uploaded_at"].isoformat(), row["upload_id"]])
    return page(
        request,
        "uploads.html",
        title="Upload",
        rows=listed["items"],
        kinds=reception.kinds(),
        most=request.app.state.console.services.desk.max_bytes,
        may_write=allowed("uploads.write", caller.roles),
        **next_page(request, listed),
    )


@router.get("/uploads/{upload_id}")
def upload(request: Request, caller: Reader, upload_id: UploadId) -> HTMLResponse:
    """One file."""
    services = request.app.state.console.services
    row = reception.find(services.desk, caller.tenant, upload_id)
    if row is None:
        raise missing("such upload")
    seen, unreadable = None, None
    if row["state"] not in (*UNDER_WAY, "imported", "discarded"):
        try:
            seen = reception.preview(services.desk, services.uploads, upload_id)
        except Refusal as refusal:
            unreadable = str(refusal)
    return page(
        request,
        "upload.html",
        title=row["file_name"],
        row=row,
        seen=seen,
        whys=reception.whys((row["summary"] or {}).get("reasons", ())),
        unreadable=unreadable,
        kinds=reception.kinds(),
        may_write=allowed("uploads.write", caller.roles),
        may_begin=allowed("campaigns.write", caller.roles),
    )


@router.get("/uploads/{upload_id}/report")
def report(request: Request, caller: Reader, upload_id: UploadId) -> Response:
    """The quality report's first page."""
    row = reception.find(request.app.state.console.services.desk, caller.tenant, upload_id)
    folder = reception.report_of(row) if row else None
    if folder is None:
        raise missing("quality report of this upload")
    html = (folder / "index.html").read_bytes()
    return Response(html, media_type="text/html", headers=SANDBOXED)
