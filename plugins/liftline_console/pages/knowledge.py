"""Knowledge: what texts may cite, the documents that people bring to it, and what others say of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import HTMLResponse

from liftline_console.background import INDEXING
from liftline_console.callers import Caller
from liftline_console.guarding import page_router
from liftline_console.paging import Cursor, after, moment, next_page, paged
from liftline_console.permissions import allowed
from liftline_console.rendering import page
from liftline_console.routes.api.knowledge import ContributionId, Reader, found
from pipelines.contracts import PassageFilters, Refusal
from pipelines.knowledge import contributions
from pipelines.knowledge.run import search

router = page_router()

SHOWN, FOUND = 25, 8


@router.get("/knowledge")
def knowledge(
    request: Request, caller: Reader, q: Annotated[str, Query(max_length=500)] = "", cursor: Cursor = None
) -> HTMLResponse:
    """What was brought, and what is found."""
    services = request.app.state.console.services
    place = after(cursor, str, str)
    begin = (moment(place[0]), place[1]) if place else None
    rows = contributions.contributions(services.library, caller.tenant, after=begin, most=SHOWN + 1)
    listed = paged(rows, SHOWN, lambda row: [row["brought_at"].isoformat(), row["contribution_id"]])
    hits, unsearchable = [], None
    if q.strip():
        try:
            hits = search(services.library, caller.tenant, q, PassageFilters(on=services.clock().date()), FOUND)
        except Refusal as refusal:
            unsearchable = str(refusal)
    return page(
        request,
        "knowledge.html",
        title="Knowledge",
        rows=listed["items"],
        kinds=contributions.BROUGHT,
        q=q,
        hits=hits,
        unsearchable=unsearchable,
        may_write=allowed("knowledge.write", caller.roles),
        **next_page(request, listed),
    )


@router.get("/knowledge/{contribution_id}")
def document(request: Request, caller: Reader, contribution_id: ContributionId) -> HTMLResponse:
    """One version of a document, as it would be cited."""
    row, content = found(request, caller, contribution_id)
    today = request.app.state.console.services.clock().date()
    seen = contributions.look_at(row["name"], content)
    return page(
        request,
        "document.html",
        title=row["name"],
        row=row,
        seen=seen,
        expired=[each.document_id for each in seen.documents if each.expires_at and each.expires_at < today],
        no_yes=_obstacle(caller, row),
        may_write=allowed("knowledge.write", caller.roles),
        mark=_mark(row),
        waits=_behind(row),
        job=_indexing(request, caller) if _behind(row) else None,
    )


@router.get("/knowledge/{contribution_id}/mark")
def mark(request: Request, caller: Reader, contribution_id: ContributionId) -> dict[str, str]:
    """What changes once the knowledge is as was decided, for a page that waits."""
    return {"mark": _mark(found(request, caller, contribution_id)[0])}


def _obstacle(caller: Caller, row: dict[str, Any]) -> str | None:
    """Why the caller may not approve it; None where they may."""
    if row["brought_by"].strip().lower() == caller.name.strip().lower():
        return "You brought it, so somebody else has to approve it."
    return None if allowed("knowledge.approve", caller.roles) else "None of your roles approves documents."


def _behind(row: dict[str, Any]) -> bool:
    """Whether the index is not yet what was decided."""
    return bool((row["state"] == "approved") != row["indexed"])


def _mark(row: dict[str, Any]) -> str:
    return f"{row['state']} {row['indexed']}"


def _indexing(request: Request, caller: Caller) -> dict[str, Any] | None:
    jobs = request.app.state.console.jobs.newest(caller.tenant, INDEXING, most=1)
    return jobs[0] if jobs else None
