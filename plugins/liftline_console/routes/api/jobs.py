"""Jobs: how work that takes longer than an answer fares."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Request

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.permissions import needs
from liftline_console.problems import missing
from liftline_console.routes.api.shapes import shown

router = api_router("jobs")

JOB = {
    "job_id": "7d1e" * 8, "kind": "audit.export", "asked": {"scope": "tenant acme"}, "asked_by": "carla",
    "asked_at": "2026-11-20T12:00:00Z", "state": "done", "result": {"shown": 812}, "sentence": None,
    "seen_at": "2026-11-20T12:00:02Z",
}  # fmt: skip


@router.get("/jobs/{job_id}", responses=shown(JOB, also=[404]))
def get_job(
    request: Request,
    caller: Annotated[Caller, needs("jobs.read")],
    job_id: Annotated[str, Path(pattern="^[0-9a-f]{32}$")],
) -> dict[str, Any]:
    """One job: queued, running, done, refused or failed."""
    found: dict[str, Any] | None = request.app.state.console.jobs.find(caller.tenant, job_id)
    if found is None:
        raise missing(f"job {job_id}")
    return found
