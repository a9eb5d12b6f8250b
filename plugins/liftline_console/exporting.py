"""Audit exports asked for on a page or by a machine: made as a job, kept under the job's id."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from liftline_console.callers import Caller
from pipelines.audit import run as audit
from pipelines.console.jobs import EXPORT
from pipelines.contracts import Json

KIND = EXPORT


def folder_of(console: Any, tenant: str, job_id: str) -> Path:
    """Where the export of a job lies."""
    return Path(console.services.settings.liftline_reports) / "audit" / tenant / job_id


def start_export(console: Any, caller: Caller, scope: audit.Scope) -> Json:
    """Begin an export; the job that it is."""

    def work(job_id: str) -> Json:
        folder = folder_of(console, caller.tenant, job_id)
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = audit.export(console.services.archive, scope, folder, by=caller.name)
        return {"shown": made.manifest["shown"], "withheld": made.manifest["withheld"], "fault": made.fault}

    job_id = console.jobs.start(caller.tenant, KIND, {"scope": scope.sentence}, by=caller.name, work=work)
    return dict(console.jobs.find(caller.tenant, job_id))


def verify_export(console: Any, folder: Path) -> audit.Verdict:
    """Whether the export is whole, held against the anchors outside the database."""
    return audit.verify(folder, console.services.anchors)
