"""Segments: how large each is, and who is in it and why."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request
from fastapi.responses import HTMLResponse

from liftline_console.callers import Caller
from liftline_console.guarding import page_router
from liftline_console.paging import Cursor, after, moment, next_page, paged
from liftline_console.permissions import allowed, needs
from liftline_console.problems import missing
from liftline_console.rendering import SCHEMES, page
from pipelines.segmentation import browsing

router = page_router()

SNAPSHOTS, MEMBERS = 5, 50


@router.get("/segments")
def segments(
    request: Request, caller: Annotated[Caller, needs("segments.read")], cursor: Cursor = None
) -> HTMLResponse:
    """The latest snapshots."""
    database = request.app.state.console.services.database
    place = after(cursor, str, str)
    begin = (moment(place[0]), place[1]) if place else None
    heads = browsing.snapshots(database, caller.tenant, after=begin, most=SNAPSHOTS + 1)
    listed = paged(heads, SNAPSHOTS, lambda row: [row["taken_at"].isoformat(), row["snapshot_id"]])
    rows = [browsing.snapshot(database, caller.tenant, head["snapshot_id"]) for head in listed["items"]]
    return page(
        request,
        "segments.html",
        title="Segments",
        rows=rows,
        schemes=SCHEMES,
        may_make=allowed("campaigns.write", caller.roles),
        may_see_customers=allowed("customers.read", caller.roles),
        **next_page(request, listed),
    )


@router.get("/segments/{snapshot_id}")
def members(
    request: Request,
    caller: Annotated[Caller, needs("customers.read")],
    snapshot_id: Annotated[str, Path(max_length=200)],
    segment: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Cursor = None,
) -> HTMLResponse:
    """Who is in a segment."""
    database = request.app.state.console.services.database
    shot = browsing.snapshot(database, caller.tenant, snapshot_id)
    if shot is None:
        raise missing("such snapshot")
    place = after(cursor, str)
    begin = place[0] if place else None
    rows = browsing.members(database, caller.tenant, snapshot_id, segment=segment, after=begin, most=MEMBERS + 1)
    listed = paged(rows, MEMBERS, lambda row: [row["customer_id"]])
    return page(
        request,
        "members.html",
        title=segment or "Segment",
        shot=shot,
        segment=segment,
        rows=listed["items"],
        **next_page(request, listed),
    )
