"""The audit ledger: read it, export it with its proof, and have a proof checked."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from liftline_console import downloads
from liftline_console.callers import Caller
from liftline_console.exporting import KIND, folder_of, start_export, verify_export
from liftline_console.guarding import api_router
from liftline_console.paging import Cursor, Limit, after, paged
from liftline_console.permissions import needs
from liftline_console.problems import Problem, missing
from liftline_console.routes.api.customers import DECISION
from liftline_console.routes.api.shapes import shown
from pipelines.audit import run as audit

router = api_router("audit")
Reader = Annotated[Caller, needs("audit.read")]
Exporter = Annotated[Caller, needs("audit.export")]
JobId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Word = Annotated[str | None, Query(max_length=200)]

JOB = {"job_id": "7d1e" * 8, "kind": KIND, "state": "queued", "result": None, "sentence": None}


class Export(BaseModel):
    """What is to be exported; both days count, in UTC."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"campaign": None, "from": "2026-11-01", "to": "2026-11-30"}]}
    )

    campaign: Annotated[str | None, Field(max_length=200)] = None
    first_day: Annotated[date | None, Field(alias="from")] = None
    last_day: Annotated[date | None, Field(alias="to")] = None


@router.get("/audit/entries", responses=shown({"items": [DECISION], "next_cursor": None}))
def list_entries(
    request: Request,
    caller: Reader,
    campaign: Word = None,
    actor: Word = None,
    action: Word = None,
    decision: Word = None,
    subject: Word = None,
    first_day: Annotated[date | None, Query(alias="from")] = None,
    last_day: Annotated[date | None, Query(alias="to")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Decisions that pass every filter, newest first."""
    place = after(cursor, int)
    wanted = audit.Filters(campaign, actor, action, decision, subject, first_day, last_day)
    archive = request.app.state.console.services.archive
    rows = audit.entries(archive, caller.tenant, wanted, before=place[0] if place else None, most=limit + 1)
    return paged(rows, limit, lambda row: [row["seq"]])


@router.post("/audit/exports", status_code=202, responses=shown(JOB, 202))
def export(request: Request, caller: Exporter, body: Export) -> dict[str, Any]:
    """Export entries with their proof; the export itself is logged. Ask for the job, then download."""
    scope = audit.Scope(caller.tenant, body.campaign, body.first_day, body.last_day)
    return start_export(request.app.state.console, caller, scope)


@router.get("/audit/exports/{job_id}/verification", responses=shown({"whole": True, "sentence": "Whole."}, also=[404]))
def verification(request: Request, caller: Reader, job_id: JobId) -> dict[str, Any]:
    """Whether an export is whole and agrees with the anchors kept outside the database."""
    folder = _done(request, caller, job_id)
    return verify_export(request.app.state.console, folder).to_json()


@router.get("/audit/exports/{job_id}/download", response_class=Response)
def download(request: Request, caller: Exporter, job_id: JobId) -> Response:
    """The export as a zip archive."""
    return downloads.folder(_done(request, caller, job_id), name=f"audit-{caller.tenant}-{job_id[:8]}.zip")


def _done(request: Request, caller: Caller, job_id: str) -> Any:
    console = request.app.state.console
    job = console.jobs.find(caller.tenant, job_id)
    if job is None or job["kind"] != KIND:
        raise missing(f"export {job_id}")
    if job["state"] != "done":
        raise Problem(409, job["sentence"] or "This export is not ready yet; ask for the job.")
    folder = folder_of(console, caller.tenant, job_id)
    if not folder.is_dir():
        raise missing(f"folder of export {job_id} any more; export again")
    return folder
