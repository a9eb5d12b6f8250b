"""Rate limits by caller and minute, told in headers."""

from __future__ import annotations

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from liftline_console.problems import Problem


async def count(request: Request) -> None:
    """Count the request and remember what every answer tells of it; a Problem when nothing is left."""
    console, caller = request.app.state.console, request.state.caller
    used = caller.used
    if used is None:
        used = await run_in_threadpool(console.answers.count, caller.tenant, caller.name)
    left = 60 - console.services.clock().second
    limit = console.requests_a_minute
    request.state.counted = {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(max(limit - used, 0)),
        "RateLimit-Reset": str(left),
    }
    if used > limit:
        sentence = f"{caller.name} may make {limit} requests a minute; wait {left} s."
        raise Problem(429, sentence, headers={"Retry-After": str(left)})
