"""Errors as problem+json for machines and as a page for people; each says what is wrong and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import psycopg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from liftline_console.rendering import error_page
from pipelines.contracts import Busy, Changed, Refusal
from pipelines.customers.uploads import TooLarge
from pipelines.outreach.run import Missing, NotNow, TooFast

MEDIA_TYPE = "application/problem+json"
UNSTORABLE = "A value holds something that cannot be stored, such as a NUL character or a number out of range."
AWAY = "The database does not answer; try again in a moment."
STATUS_OF: dict[type[Refusal], int] = {Missing: 404, NotNow: 409, Busy: 409, Changed: 409, TooLarge: 413}

log = structlog.get_logger(__name__)


class Problem(Exception):
    """A request that is answered with an error: a status, a sentence, perhaps headers and the faults of its fields."""

    def __init__(
        self,
        status: int,
        sentence: str,
        *,
        headers: dict[str, str] | None = None,
        errors: Sequence[dict[str, Any]] = (),
    ) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.headers, self.errors = status, sentence, headers or {}, list(errors)


def missing(what: str) -> Problem:
    """The answer where nothing is found, whether it never was or is another tenant's."""
    return Problem(404, f"There is no {what} here; check the id.")


def add_problem_answers(app: FastAPI) -> None:
    """Answer every error in one way."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(psycopg.DataError, _unstorable)
    app.add_exception_handler(psycopg.OperationalError, _away)
    app.add_exception_handler(Exception, _unexpected)


def answer(request: Request, problem: Problem) -> Response:
    """The problem in the form that the asker can read."""
    if "/api/" in request.url.path or request.headers.get("X-Liftline"):
        title = HTTPStatus(problem.status).phrase
        content: dict[str, Any] = {"type": "about:blank", "title": title, "status": problem.status}
        content |= {"detail": problem.sentence, "instance": request.url.path}
        content |= {"errors": problem.errors} if problem.errors else {}
        headers = getattr(request.state, "counted", {}) | problem.headers
        return JSONResponse(content, problem.status, headers, MEDIA_TYPE)
    page = request.app.state.console.sign_in.page
    if problem.status == 401 and page:
        root = request.scope.get("root_path", "")
        here = request.url.path.removeprefix(root) + (f"?{request.url.query}" if request.url.query else "")
        back = f"?{urlencode({'to': here})}" if request.method == "GET" and here != "/" else ""
        return RedirectResponse(f"{root}{page}{back}", 303)
    shown = error_page(request, problem.status, problem.sentence)
    shown.headers.update(problem.headers)
    return shown


async def _problem(request: Request, error: Any) -> Response:
    return answer(request, error)


async def _refusal(request: Request, error: Any) -> Response:
    if isinstance(error.__cause__, psycopg.OperationalError):
        return await _away(request, error)
    if isinstance(error, TooFast):
        return answer(request, Problem(429, str(error), headers={"Retry-After": str(error.seconds)}))
    status = next((status for kind, status in STATUS_OF.items() if isinstance(error, kind)), 422)
    mistakes = getattr(error, "mistakes", ())
    told = [{"field": place, "message": what} for place, what in mistakes]
    return answer(request, Problem(status, str(error), errors=told))


async def _invalid(request: Request, error: Any) -> Response:
    # The value itself is not told back: it may hold personal data, or be a whole file.
    faults = [
        {"field": ".".join(map(str, fault["loc"][1:])) or str(fault["loc"][0]), "message": fault["msg"]}
        for fault in error.errors()
    ]
    named = "; ".join(f"{fault['field']}: {fault['message']}" for fault in faults[:5])
    return answer(request, Problem(422, f"The request is not valid: {named}.", errors=faults))


async def _http(request: Request, error: Any) -> Response:
    sentences = {404: "There is nothing at this address.", 405: "This address does not take that method."}
    sentence = sentences.get(error.status_code, str(error.detail))
    return answer(request, Problem(error.status_code, sentence, headers=dict(error.headers or {})))


async def _unstorable(request: Request, error: Any) -> Response:
    return answer(request, Problem(422, UNSTORABLE))


async def _away(request: Request, error: Any) -> Response:
    log.warning("database_away", path=request.url.path)
    return answer(request, Problem(503, AWAY, headers={"Retry-After": "5"}))


async def _unexpected(request: Request, error: Any) -> Response:
    log.error("request_failed", path=request.url.path, exc_info=error)
    return answer(request, Problem(500, "Something failed here that should not; the log of the server says what."))
