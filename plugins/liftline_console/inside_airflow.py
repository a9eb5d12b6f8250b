"""The application as Airflow's plugin mounts it."""

from __future__ import annotations

from functools import cache
from typing import Any

import httpx
from airflow.configuration import conf
from fastapi import FastAPI, Request

from liftline_console.app import create_app
from liftline_console.background import BackgroundStarter
from liftline_console.callers import Caller
from liftline_console.problems import Problem
from liftline_console.sign_in.airflow import AirflowSignIn, token_of
from pipelines.generation.kept_briefs import KeptBrief
from pipelines.generation.run import Opened
from pipelines.services import Services, ServingServices
from pipelines.settings import load_settings

IMPORT, LAUNCH = "customers_ingest", "campaign_launch"
SECONDS = 20


class AirflowStarter:
    """Runs each as a DAG run that the caller themselves started; an API key is no user of Airflow."""

    def __init__(self, services: Services) -> None:
        self._background = BackgroundStarter(services)

    def start(self, request: Request, caller: Caller, upload_id: str) -> str:
        """One run for one upload."""
        token = _token(request, caller)
        if token is None:
            return self._background.start(request, caller, upload_id)
        return _run(caller, token, IMPORT, {"upload_id": upload_id})

    def launch(self, request: Request, caller: Caller, kept: KeptBrief, opened: Opened, launch: str) -> str:
        """One run for one campaign; its first task finds the campaign entered by who asked for it."""
        token = _token(request, caller)
        if token is None:
            return self._background.launch(request, caller, kept, opened, launch)
        return _run(caller, token, LAUNCH, {"brief": str(kept.path), "tenant": caller.tenant, "launch": launch})


def _token(request: Request, caller: Caller) -> str | None:
    return None if caller.kind == "key" else token_of(request)


def _run(caller: Caller, token: str, dag: str, conf: dict[str, Any]) -> str:
    asked: dict[str, Any] = {"logical_date": None, "conf": conf}
    url = f"{_this_server()}/api/v2/dags/{dag}/dagRuns"
    try:
        # Never over a proxy: it is this server that is asked.
        with httpx.Client(timeout=SECONDS, trust_env=False) as http:
            answer = http.post(url, json=asked, headers={"Authorization": f"Bearer {token}"})
    except httpx.HTTPError as error:
        raise Problem(503, "Airflow did not answer in time; look at its runs before you start it again.") from error
    if answer.status_code == 403:
        raise Problem(403, f"Airflow does not let {caller.name} start {dag}; ask an administrator of Airflow.")
    if not answer.is_success:
        raise Problem(502, f"Airflow refused to start {dag} ({answer.status_code}); see its import errors.")
    return str(answer.json()["dag_run_id"])


def _this_server() -> str:
    """Airflow's address as its own workers know it; what a request says of its host is not believed."""
    return str(conf.get("core", "execution_api_server_url")).rstrip("/").removesuffix("/execution")


@cache
def application() -> FastAPI:
    """The one application of this process."""
    services = ServingServices(load_settings())
    return create_app(services, AirflowSignIn(), AirflowStarter(services))
