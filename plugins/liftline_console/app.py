"""The application: built out of services and a sign-in, the same inside Airflow and alone."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cached_property

from fastapi import APIRouter, FastAPI
from starlette.concurrency import run_in_threadpool

from liftline_console.callers import SignIn
from liftline_console.flood import Turnstile
from liftline_console.open import OPEN
from liftline_console.pages import PAGES, account
from liftline_console.problems import add_problem_answers
from liftline_console.protection import ProtectingHeaders, Statics
from liftline_console.rendering import HERE
from liftline_console.routes import hooks
from liftline_console.routes.api import RESOURCES
from liftline_console.starting import Starter
from pipelines.console.answers import Answers
from pipelines.console.jobs import Jobs
from pipelines.console.people import People
from pipelines.services import Services

API = "/api/v1"


@dataclass(frozen=True)
class Console:
    """What routes are given: the services of this process, and what the web side keeps."""

    services: Services
    sign_in: SignIn
    starter: Starter
    _alone: threading.Lock = field(default_factory=threading.Lock)
    _opened: threading.Event = field(default_factory=threading.Event)

    async def open(self) -> None:
        """Have what every request needs opened once, in a thread: the first one may start a database."""
        if not self._opened.is_set():
            await run_in_threadpool(self._open)

    def _open(self) -> None:
        with self._alone:
            if not self._opened.is_set():
                _used_by_every_request = self.services.desk, self.people, self.answers, self.jobs
                self._opened.set()

    @cached_property
    def people(self) -> People:
        """Grants and keys in the database."""
        return People(self.services.database, self.services.clock)

    @cached_property
    def answers(self) -> Answers:
        """Requests counted and answers kept."""
        return Answers(self.services.database, self.services.clock)

    @cached_property
    def jobs(self) -> Jobs:
        """Work in the background."""
        return Jobs(self.services.database, self.services.clock)

    @property
    def requests_a_minute(self) -> int:
        """How many requests to the API one caller may make."""
        return self.services.settings.liftline_requests_a_minute


def create_app(services: Services, sign_in: SignIn, starter: Starter, *, extra: APIRouter | None = None) -> FastAPI:
    """Pages, API and static files behind one sign-in; `extra` are the pages of the sign-in itself."""
    app = FastAPI(title="Liftline", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.console = Console(services, sign_in, starter)
    app.state.pages = PAGES
    app.state.turnstile = Turnstile()
    app.add_middleware(ProtectingHeaders)
    add_problem_answers(app)
    app.mount("/static", Statics(directory=HERE / "static"), name="static")
    for resource in RESOURCES:
        app.include_router(resource.router, prefix=API)
    app.include_router(hooks.router)
    for page in (*PAGES, account):
        app.include_router(page.router, include_in_schema=False)
    for openly in OPEN:
        app.include_router(openly.router, include_in_schema=False)
    if extra is not None:
        app.include_router(extra, include_in_schema=False)
    return app
