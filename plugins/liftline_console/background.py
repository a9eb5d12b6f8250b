"""Long work in the background of this process, where no Airflow is asked."""

from __future__ import annotations

from fastapi import Request

from liftline_console.callers import Caller
from liftline_console.launching import KIND, prepare
from liftline_console.starting import Begun
from pipelines.contracts import Json
from pipelines.customers.reception import import_upload
from pipelines.generation.kept_briefs import KeptBrief
from pipelines.generation.run import Opened
from pipelines.knowledge.run import index_again
from pipelines.services import Services

INDEXING = "knowledge.index"


class BackgroundStarter:
    """Runs each as a job."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def start(self, request: Request, caller: Caller, upload_id: str) -> str:
        """One job for one upload."""

        def work(job_id: str) -> Json:
            uploads = self._services.uploads
            return import_upload(self._services.desk, uploads, upload_id, by=caller.name).to_json()

        jobs = request.app.state.console.jobs
        return str(jobs.start(caller.tenant, "import", {"upload_id": upload_id}, by=caller.name, work=work))

    def index(self, request: Request, caller: Caller) -> str:
        """One job; two that were asked for at once wait for each other in the database."""

        def work(job_id: str) -> Json:
            return index_again(self._services.library, caller.tenant).to_json()

        return str(request.app.state.console.jobs.start(caller.tenant, INDEXING, {}, by=caller.name, work=work))

    def launch(self, request: Request, caller: Caller, kept: KeptBrief, opened: Opened, launch: str) -> Begun:
        """One job for one campaign; how it is named is settled, for it is entered already."""
        return self.again(request, caller, opened, 1)

    def again(self, request: Request, caller: Caller, opened: Opened, attempt: int) -> Begun:
        """One job for one attempt."""

        def work(job_id: str) -> Json:
            return prepare(self._services, opened, by=caller.name)

        jobs = request.app.state.console.jobs
        asked = {"campaign_id": opened.campaign_id, "attempt": attempt}
        return Begun(*jobs.start_once(caller.tenant, KIND, asked, by=caller.name, work=work))

    def preparing(self, request: Request, caller: Caller, campaign_id: str) -> Json | None:
        """The newest job of the campaign."""
        jobs = request.app.state.console.jobs.newest(caller.tenant, KIND, asked={"campaign_id": campaign_id}, most=1)
        return {"run": None, "step": None, "attempt": jobs[0]["asked"]["attempt"], **jobs[0]} if jobs else None
