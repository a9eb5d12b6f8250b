"""Uploads: hand over a file, see what it would become, have it imported, and fetch what was refused."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from liftline_console import downloads
from liftline_console.callers import Caller
from liftline_console.guarding import api_router, streamed_router
from liftline_console.paging import Cursor, Limit, after, moment, paged
from liftline_console.permissions import needs
from liftline_console.problems import Problem, missing
from liftline_console.receiving import received
from liftline_console.routes.api.shapes import shown
from pipelines.contracts import Refusal
from pipelines.customers import reception

router = api_router("uploads")
arriving = streamed_router("uploads")
Reader = Annotated[Caller, needs("uploads.read")]
Writer = Annotated[Caller, needs("uploads.write")]
UploadId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]

UPLOAD = {
    "upload_id": "0f3a" * 8, "file_name": "people.csv", "kind": "customers", "bytes": 18231, "sha256": "9c4d…",
    "uploaded_by": "mark", "uploaded_at": "2026-11-20T12:00:00Z", "state": "received", "started_by": None, "run": None,
    "done_bytes": 0, "summary": None, "sentence": None, "changed_at": "2026-11-20T12:00:00Z",
}  # fmt: skip
FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "kind": {"type": "string", "default": "customers"},
                        "file": {"type": "string", "format": "binary"},
                    },
                }
            }
        },
    }
}


class Reading(BaseModel):
    """How a file is to be read: what its lines are, and which of its columns is which field."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"kind": "customers", "mapping": {"email": "Mail"}}]}
    )

    kind: Annotated[str, Field(max_length=30)]
    mapping: Annotated[dict[str, Annotated[str, Field(max_length=500)]], Field(max_length=100)] = {}


@arriving.post("/uploads", status_code=201, openapi_extra=FORM, responses=shown(UPLOAD, 201, also=[413, 415]))
async def upload(request: Request, caller: Writer, response: Response) -> dict[str, Any]:
    """Hand over a file (multipart: `kind`, `file`); it is kept, and nothing of it is imported yet."""
    from starlette.concurrency import run_in_threadpool

    desk = request.app.state.console.services.desk
    kept = await received(request, caller.tenant)
    await run_in_threadpool(lambda: reception.receive(desk, caller.tenant, kept, by=caller.name))
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/api/v1/uploads/{kept.upload_id}"
    return await run_in_threadpool(_found, request, caller, kept.upload_id)


router.include_router(arriving)


@router.get("/uploads", responses=shown({"items": [UPLOAD], "next_cursor": None}))
def list_uploads(request: Request, caller: Reader, limit: Limit = 20, cursor: Cursor = None) -> dict[str, Any]:
    """Uploads, newest first."""
    place = after(cursor, str, str)
    begin: tuple[datetime, str] | None = (moment(place[0]), place[1]) if place else None
    desk = request.app.state.console.services.desk
    rows = reception.newest(desk, caller.tenant, after=begin, most=limit + 1)
    return paged(rows, limit, lambda row: [row["uploaded_at"].isoformat(), row["upload_id"]])


@router.get("/uploads/{upload_id}", responses=shown(UPLOAD, also=[404]))
def get_upload(request: Request, caller: Reader, upload_id: UploadId) -> dict[str, Any]:
    """How an upload fares: received, queued, checking, loading, imported, held, refused, failed or discarded."""
    return _found(request, caller, upload_id)


@router.get("/uploads/{upload_id}/preview", responses=shown({"kind": "customers", "columns": []}, also=[404]))
def preview(request: Request, caller: Reader, upload_id: UploadId) -> dict[str, Any]:
    """Which column would be what, and what would be refused and why, by the first lines; nothing is stored."""
    _found(request, caller, upload_id)
    services = request.app.state.console.services
    return asdict(reception.preview(services.desk, services.uploads, upload_id))


@router.put("/uploads/{upload_id}/reading", responses=shown(UPLOAD, also=[404]))
def read_as(request: Request, caller: Writer, upload_id: UploadId, body: Reading) -> dict[str, Any]:
    """Say what the lines are and which column is which field."""
    _found(request, caller, upload_id)
    services = request.app.state.console.services
    reception.read_as(services.desk, services.uploads, caller.tenant, upload_id, body.kind, body.mapping)
    return _found(request, caller, upload_id)


@router.post("/uploads/{upload_id}/import", status_code=202, responses=shown(UPLOAD, 202, also=[404, 409]))
def start_import(request: Request, caller: Writer, upload_id: UploadId) -> dict[str, Any]:
    """Have it imported; ask for the upload to see how far that is."""
    _found(request, caller, upload_id)
    console = request.app.state.console
    desk = console.services.desk
    reception.begin(desk, caller.tenant, upload_id, by=caller.name)
    try:
        run = console.starter.start(request, caller, upload_id)
    except (Problem, Refusal) as problem:
        reception.not_started(desk, caller.tenant, upload_id, str(problem))
        raise
    reception.name_run(desk, caller.tenant, upload_id, run)
    return _found(request, caller, upload_id)


@router.delete("/uploads/{upload_id}", status_code=204, responses=shown(None, 204, also=[404, 409]))
def discard(request: Request, caller: Writer, upload_id: UploadId) -> None:
    """Give up an upload that was not imported: its file is deleted, and it stays in the list as discarded."""
    _found(request, caller, upload_id)
    services = request.app.state.console.services
    reception.discard(services.desk, services.uploads, caller.tenant, upload_id, by=caller.name)


@router.get("/uploads/{upload_id}/quarantine", response_class=Response)
def quarantine(request: Request, caller: Reader, upload_id: UploadId) -> Response:
    """The refused lines with their reasons, as a CSV that can be mended and uploaded again."""
    path = reception.quarantine_of(_found(request, caller, upload_id))
    if path is None:
        raise missing("quarantine of this upload")
    return downloads.file(path, name=f"quarantine-{upload_id[:8]}.csv")


@router.get("/uploads/{upload_id}/report", response_class=Response)
def report(request: Request, caller: Reader, upload_id: UploadId) -> Response:
    """The quality report, as a zip archive of pages."""
    folder = reception.report_of(_found(request, caller, upload_id))
    if folder is None:
        raise missing("quality report of this upload")
    return downloads.folder(folder, name=f"quality-{upload_id[:8]}.zip")


def _found(request: Request, caller: Caller, upload_id: str) -> dict[str, Any]:
    found = reception.find(request.app.state.console.services.desk, caller.tenant, upload_id)
    if found is None:
        raise missing(f"upload {upload_id}")
    return found
