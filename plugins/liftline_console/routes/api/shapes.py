"""What several resources answer in the same shape, with the examples that the description of the API shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from liftline_console.problems import MEDIA_TYPE, Problem
from pipelines.customers.recording import Recorded

Answers = dict[int | str, dict[str, Any]]

PROBLEM = {
    "type": "about:blank",
    "title": "Unprocessable Content",
    "status": 422,
    "detail": "The request is not valid: limit: Input should be less than or equal to 200.",
    "instance": "/liftline/api/v1/customers",
}
RECORDED = {"batch_id": "consents-1f0c9a7be2d44c10", "rows": 2, "loaded": 2, "merged": 0, "refused": []}


def shown(example: Any, status: int = 200, *, also: Sequence[int] = ()) -> Answers:
    """The answers of a route, by example."""
    good: Answers = {status: {"content": {"application/json": {"example": example}}}}
    bad: Answers = {code: {"description": "A problem.", "content": {MEDIA_TYPE: {"example": PROBLEM}}} for code in also}
    return {**good, 401: _said("Nobody is signed in."), 403: _said("Not allowed."), 422: _problem(), **bad}


def recorded(result: Recorded) -> dict[str, Any]:
    """How posted entries ended; if none was sound, a Problem that names each."""
    if len(result.refused) == result.rows:
        errors = [
            {"field": f"entries.{one['entry']}", "message": f"{one['why']} {one['mend']}"} for one in result.refused
        ]
        raise Problem(422, f"No entry could be stored: {errors[0]['message']}", errors=errors)
    names = ("batch_id", "rows", "loaded", "merged", "refused")
    return {name: getattr(result, name) for name in names}


def _problem() -> dict[str, Any]:
    return {"description": "The request is refused; `detail` says why.", "content": {MEDIA_TYPE: {"example": PROBLEM}}}


def _said(what: str) -> dict[str, Any]:
    return {"description": what}
