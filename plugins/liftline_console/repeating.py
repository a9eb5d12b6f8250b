"""Idempotency keys: the same request sent twice is done once and answered twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from liftline_console.problems import Problem

HEADER = "Idempotency-Key"
LONGEST = 200


async def answered_once(request: Request, handle: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    """Do the request, or repeat the answer that its key was given before; only good answers are kept."""
    key = request.headers.get(HEADER)
    # A streamed file is not held against an earlier one: the same file is the same batch whoever sends it how often.
    if key is None or request.headers.get("Content-Type", "").startswith("multipart/"):
        return await handle(request)
    if not 0 < len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        raise Problem(422, f"{HEADER} must be 1 to {LONGEST} printable ASCII characters.")
    answers, caller = request.app.state.console.answers, request.state.caller
    parts = (request.method, request.url.path, request.url.query)
    seen = hashlib.sha256("\0".join(parts).encode() + b"\0" + await request.body()).hexdigest()
    given = await run_in_threadpool(answers.begin, caller.tenant, caller.name, key, seen)
    if given is not None:
        return _repeated(given, seen)
    try:
        response = await handle(request)
    except BaseException:
        await run_in_threadpool(answers.drop, caller.tenant, caller.name, key)
        raise
    # What is told only once must not lie in a table, not even for a day.
    body = "" if getattr(request.state, "told_once", False) else bytes(getattr(response, "body", b"")).decode()
    told = {"status": response.status_code, "location": response.headers.get("Location"), "body": body}
    await run_in_threadpool(lambda: answers.keep(caller.tenant, caller.name, key, **told))
    return response


def _repeated(given: Any, seen: str) -> Response:
    if given.fingerprint != seen:
        raise Problem(409, f"This {HEADER} was used for another request; send a new one.")
    if given.status is None:
        raise Problem(409, "The same request is still under way; ask again soon.", headers={"Retry-After": "2"})
    if given.status == 201 and not given.body:
        raise Problem(409, "This was done already, and its answer held a secret that is told once; rotate the key.")
    headers = {"Idempotency-Replayed": "true"}
    if given.location:
        headers["Location"] = given.location
    return Response(given.body, given.status, headers, "application/json" if given.body else None)
