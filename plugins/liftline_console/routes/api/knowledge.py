"""Knowledge: the approved passages that answer a question, and the documents that people bring to it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from liftline_console import downloads
from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.paging import Cursor, Limit, after, moment, paged
from liftline_console.permissions import needs
from liftline_console.problems import missing
from liftline_console.routes.api.shapes import shown
from pipelines.contracts import PassageFilters
from pipelines.knowledge import contributions
from pipelines.knowledge.run import search

router = api_router("knowledge")
Reader = Annotated[Caller, needs("knowledge.read")]
Writer = Annotated[Caller, needs("knowledge.write")]
ContributionId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Comment = Annotated[str, Field(max_length=2000)]

FOUND = {
    "passage": {"passage_id": "p-2f9c", "title": "Delivery", "text": "We deliver within three days.", "locale": "en"},
    "score": 0.031, "keyword_rank": 1, "vector_rank": 2,
}  # fmt: skip
BROUGHT = {
    "contribution_id": "4b0e" * 8, "name": "returns.md", "version": 1, "bytes": 1831, "sha256": "9c4d…",
    "brought_by": "mark", "brought_at": "2026-11-20T12:00:00Z", "state": "waiting", "approved_by": None,
    "approved_at": None, "ended_by": None, "ended_at": None, "comment": "", "indexed": False,
}  # fmt: skip


class Decision(BaseModel):
    """Yes or no to a document, and why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"decision": "approve"}]})

    decision: Literal["approve", "reject"]
    comment: Comment = ""


class Withdrawal(BaseModel):
    """Why a document is taken back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"comment": "The prices changed."}]})

    comment: Comment = ""


@router.get("/knowledge/search", responses=shown({"items": [FOUND]}))
def search_knowledge(
    request: Request,
    caller: Reader,
    q: Annotated[str, Query(min_length=1, max_length=500, description="What is asked, in words.")],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
    locale: Annotated[str | None, Query(max_length=10)] = None,
) -> dict[str, Any]:
    """Approved, unexpired passages that answer best, best first."""
    services = request.app.state.console.services
    filters = PassageFilters(on=services.clock().date(), locale=locale)
    return {"items": [asdict(one) for one in search(services.library, caller.tenant, q, filters, limit)]}


@router.post("/knowledge/index", status_code=202, responses=shown({"run": "7d1e" * 8}, 202))
def index(request: Request, caller: Writer) -> dict[str, Any]:
    """Have the knowledge made anew of its folder and of what was brought and approved; it runs every night anyway."""
    return {"run": request.app.state.console.starter.index(request, caller)}


@router.post("/knowledge/documents", status_code=201, responses=shown(BROUGHT, 201, also=[413]))
async def bring(request: Request, caller: Writer, file: UploadFile, response: Response) -> dict[str, Any]:
    """Bring a document (multipart: `file`); nothing cites it before somebody else approved it.

    The same name brings another version, which takes the place of the earlier one once it is approved itself.
    """
    from starlette.concurrency import run_in_threadpool

    library, content = request.app.state.console.services.library, await file.read()
    name = file.filename or ""
    kept = await run_in_threadpool(lambda: contributions.bring(library, caller.tenant, name, content, by=caller.name))
    where = f"/api/v1/knowledge/documents/{kept['contribution_id']}"
    response.headers["Location"] = f"{request.scope.get('root_path', '')}{where}"
    return kept


@router.get("/knowledge/documents", responses=shown({"items": [BROUGHT], "next_cursor": None}))
def list_documents(request: Request, caller: Reader, limit: Limit = 20, cursor: Cursor = None) -> dict[str, Any]:
    """What was brought, newest first, every version; `indexed` tells whether its passages are searched now."""
    place = after(cursor, str, str)
    begin: tuple[datetime, str] | None = (moment(place[0]), place[1]) if place else None
    library = request.app.state.console.services.library
    rows = contributions.contributions(library, caller.tenant, after=begin, most=limit + 1)
    return paged(rows, limit, lambda row: [row["brought_at"].isoformat(), row["contribution_id"]])


@router.get("/knowledge/documents/{contribution_id}", responses=shown(BROUGHT, also=[404]))
def get_document(request: Request, caller: Reader, contribution_id: ContributionId) -> dict[str, Any]:
    """One version of a document: waiting, approved, rejected, replaced or withdrawn."""
    return found(request, caller, contribution_id)[0]


@router.get("/knowledge/documents/{contribution_id}/file", response_class=Response)
def get_file(request: Request, caller: Reader, contribution_id: ContributionId) -> Response:
    """The document as it came."""
    row, content = found(request, caller, contribution_id)
    return downloads.content(content, name=row["name"])


@router.post("/knowledge/documents/{contribution_id}/decision", responses=shown(BROUGHT, also=[404, 409]))
def decide_on_document(
    request: Request,
    caller: Annotated[Caller, needs("knowledge.approve")],
    contribution_id: ContributionId,
    body: Decision,
) -> dict[str, Any]:
    """Approve or reject exactly this version; only a person may, and not the one who brought it."""
    return _decided(request, caller, contribution_id, body.decision, body.comment)


@router.post("/knowledge/documents/{contribution_id}/withdrawal", responses=shown(BROUGHT, also=[404, 409]))
def withdraw(request: Request, caller: Writer, contribution_id: ContributionId, body: Withdrawal) -> dict[str, Any]:
    """Take a document back: nothing new cites it, and what cites it already waits until that is mended."""
    return _decided(request, caller, contribution_id, "withdraw", body.comment)


def found(request: Request, caller: Caller, contribution_id: str) -> tuple[dict[str, Any], bytes]:
    """A document that was brought, or a Problem."""
    library = request.app.state.console.services.library
    kept = contributions.contribution(library, caller.tenant, contribution_id)
    if kept is None:
        raise missing(f"document {contribution_id}")
    return kept


def _decided(
    request: Request, caller: Caller, contribution_id: str, decision: contributions.Decision, comment: str
) -> dict[str, Any]:
    console = request.app.state.console
    library = console.services.library
    found(request, caller, contribution_id)
    row = contributions.decide(library, caller.tenant, contribution_id, decision, by=caller.name, comment=comment)
    if row["approved_by"]:
        console.starter.index(request, caller)
    return row
