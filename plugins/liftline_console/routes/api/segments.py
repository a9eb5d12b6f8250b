"""Segments: kept snapshots, how large their segments are, and who is in them and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query, Request

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.paging import Cursor, Limit, after, moment, paged
from liftline_console.permissions import needs
from liftline_console.problems import missing
from liftline_console.routes.api.shapes import shown
from pipelines.segmentation import browsing

router = api_router("segments")
Reader = Annotated[Caller, needs("segments.read")]
SnapshotId = Annotated[str, Path(max_length=200)]

SNAPSHOT = {
    "snapshot_id": "rfm-20261120-4be1c2a09d31f07a", "scheme": "rfm", "as_of": "2026-11-20T12:00:00Z",
    "campaign_id": None, "customers": 500, "taken_at": "2026-11-20T12:00:01Z",
}  # fmt: skip
SEGMENT = {
    "segment": "champions",
    "customers": 61,
    "share": 0.122,
    "description": "Bought lately and often.",
    "flag": None,
}
MEMBER = {"customer_id": "cust_001", "segment": "champions", "reason": "last order 4 days ago, 9 orders"}


@router.get("/segments", responses=shown({"items": [SNAPSHOT], "next_cursor": None}))
def list_snapshots(request: Request, caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Snapshots, the latest taken first."""
    place = after(cursor, str, str)
    begin: tuple[datetime, str] | None = (moment(place[0]), place[1]) if place else None
    rows = browsing.snapshots(request.app.state.console.services.database, caller.tenant, after=begin, most=limit + 1)
    return paged(rows, limit, lambda row: [row["taken_at"].isoformat(), row["snapshot_id"]])


@router.get("/segments/{snapshot_id}", responses=shown({**SNAPSHOT, "segments": [SEGMENT]}, also=[404]))
def get_snapshot(request: Request, caller: Reader, snapshot_id: SnapshotId) -> dict[str, Any]:
    """One snapshot with the sizes of its segments."""
    found = browsing.snapshot(request.app.state.console.services.database, caller.tenant, snapshot_id)
    if found is None:
        raise missing(f"snapshot {snapshot_id}")
    return found


@router.get("/segments/{snapshot_id}/members", responses=shown({"items": [MEMBER], "next_cursor": None}, also=[404]))
def list_members(
    request: Request,
    caller: Annotated[Caller, needs("customers.read")],
    snapshot_id: SnapshotId,
    segment: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Who is in a snapshot, or in one segment of it."""
    database = request.app.state.console.services.database
    if browsing.snapshot(database, caller.tenant, snapshot_id) is None:
        raise missing(f"snapshot {snapshot_id}")
    place = after(cursor, str)
    begin = place[0] if place else None
    rows = browsing.members(database, caller.tenant, snapshot_id, segment=segment, after=begin, most=limit + 1)
    return paged(rows, limit, lambda row: [row["customer_id"]])
