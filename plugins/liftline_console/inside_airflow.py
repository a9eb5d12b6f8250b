"""The application as Airflow's plugin mounts it."""

from __future__ import annotations

from typing import Any

import httpx
import structlog
from airflow.configuration import conf
from fastapi import FastAPI, Request

from liftline_console.app import create_app
from liftline_console.background import BackgroundStarter
from liftline_console.callers import Caller
from liftline_console.problems import Problem
from liftline_console.sign_in.airflow import AirflowSignIn, token_of
from liftline_console.starting import Begun
from pipelines.contracts import Json
from pipelines.generation.kept_briefs import KeptBrief
from pipelines.generation.run import Opened
from pipelines.services import Services, ServingServices
from pipelines.settings import load_settings

IMPORT, LAUNCH, INDEX = "customers_ingest", "campaign_launch", "knowledge_index"
SECONDS, CONFLICT = 20, 409

log = structlog.get_logger(__name__)


class AirflowStarter:
    """Runs each as a DAG run that the caller themselves started; an API key is no user of Airflow."""

    def __init__(self, services: Services) -> None:
        self._background = BackgroundStarter(services)

    def start(self, request: Request, caller: Caller, upload_id: str) -> str:
        """One run for one upload."""
        token = _token(request, caller)
        if token is None:
            return self._background.start(request, caller, upload_id)
        answer = _posted(caller, token, IMPORT, {"upload_id": upload_id}, named=None)
        return str(answer.json()["dag_run_id"])

    def index(self, request: Request, caller: Caller) -> str:
        """One run for the tenant."""
        token = _token(request, caller)
        if token is None:
            return self._background.index(request, caller)
        return str(_posted(caller, token, INDEX, {"tenant": caller.tenant}, named=None).json()["dag_run_id"])

    def launch(self, request: Request, caller: Caller, kept: KeptBrief, opened: Opened, launch: str) -> Begun:
        """One run for one campaign; its first task finds the campaign entered by who asked for it."""
        token = _token(request, caller)
        if token is None:
            return self._background.launch(request, caller, kept, opened, launch)
        told = {"brief": str(kept.path), "tenant": caller.tenant, "launch": launch}
        return _started_once(caller, token, told, f"{_runs_of(caller, opened.campaign_id)}1")

    def again(self, request: Request, caller: Caller, opened: Opened, attempt: int) -> Begun:
        """One run for one attempt, told what the earlier one was told."""
        token = _token(request, caller)
        if token is None or self._background.preparing(request, caller, opened.campaign_id):
            return self._background.again(request, caller, opened, attempt)
        runs = _runs_of(caller, opened.campaign_id)
        earlier = _told(token, f"/{LAUNCH}/dagRuns/{runs}{attempt - 1}", {})
        if not earlier:
            raise Problem(503, "Airflow does not tell what the earlier run was told; try again in a moment.")
        return _started_once(caller, token, earlier["conf"], f"{runs}{attempt}")

    def preparing(self, request: Request, caller: Caller, campaign_id: str) -> Json | None:
        """The newest run that was launched here for the campaign; None too where Airflow does not say."""
        token = _token(request, caller)
        if token is None:
            return self._background.preparing(request, caller, campaign_id)
        newest = {"run_id_prefix_pattern": _runs_of(caller, campaign_id), "order_by": "-run_after", "limit": 1}
        found = _told(token, f"/{LAUNCH}/dagRuns", newest).get("dag_runs")
        if not found:
            return self._background.preparing(request, caller, campaign_id)
        run, state = found[0]["dag_run_id"], found[0]["state"]
        told = {"run": run, "state": state, "attempt": int(run.rpartition(":")[2]), "sentence": None, "step": None}
        if state != "failed":
            return told | {"state": "done" if state == "success" else state}
        # The first that failed; those behind it only waited in vain.
        first = {"state": "failed", "order_by": "start_date", "limit": 1}
        failed = _told(token, f"/{LAUNCH}/dagRuns/{run}/taskInstances", first).get("task_instances")
        step = failed[0]["task_id"] if failed else None
        sentence = f"Its run failed at {step or 'a step'}; the last line of that step's log says what to mend."
        return told | {"sentence": sentence, "step": step}


def _token(request: Request, caller: Caller) -> str | None:
    return None if caller.kind == "key" else token_of(request)


def _runs_of(caller: Caller, campaign_id: str) -> str:
    return f"{caller.tenant}:{campaign_id}:"


def _started_once(caller: Caller, token: str, conf: dict[str, Any], named: str) -> Begun:
    # Named after its campaign and not after the moment: Airflow itself refuses a second run of that name.
    answer = _posted(caller, token, LAUNCH, conf, named=named)
    return Begun(named, now=answer.status_code != CONFLICT)


def _posted(caller: Caller, token: str, dag: str, conf: dict[str, Any], *, named: str | None) -> httpx.Response:
    asked: dict[str, Any] = {"logical_date": None, "conf": conf, "dag_run_id": named}
    try:
        with _airflow(token) as http:
            answer = http.post(f"/{dag}/dagRuns", json=asked)
    except httpx.HTTPError as error:
        raise Problem(503, "Airflow did not answer in time; look at its runs before you start it again.") from error
    if answer.status_code == 403:
        raise Problem(403, f"Airflow does not let {caller.name} start {dag}; ask an administrator of Airflow.")
    if not answer.is_success and not (named and answer.status_code == CONFLICT):
        raise Problem(502, f"Airflow refused to start {dag} ({answer.status_code}); see its import errors.")
    return answer


def _told(token: str, path: str, asked: dict[str, Any]) -> Json:
    """What Airflow tells the caller; nothing where it does not: a page must not fail because of it."""
    try:
        with _airflow(token) as http:
            answer = http.get(path, params=asked)
    except httpx.HTTPError as error:
        log.warning("airflow_does_not_tell", path=path, error=type(error).__name__)
        return {}
    return dict(answer.json()) if answer.is_success else {}


def _airflow(token: str) -> httpx.Client:
    # Never over a proxy: it is this server that is asked.
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"{_this_server()}/api/v2/dags", headers=headers, timeout=SECONDS, trust_env=False)


def _this_server() -> str:
    """Airflow's address as its own workers know it; what a request says of its host is not believed."""
    return str(conf.get("core", "execution_api_server_url")).rstrip("/").removesuffix("/execution")


def application() -> FastAPI:
    """The application for Airflow's web server."""
    services = ServingServices(load_settings())
    return create_app(services, AirflowSignIn(), AirflowStarter(services))
