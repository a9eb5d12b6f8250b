"""What comes from outside without a sign-in: signed posts, tracked links, and orders told by a shop's page."""

from __future__ import annotations

from asyncio import timeout
from threading import BoundedSemaphore
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from liftline_console.flood import Seats, check_disbelieved
from liftline_console.problems import MEDIA_TYPE
from pipelines.contracts import Refusal
from pipelines.engagement import run as engagement
from pipelines.engagement.run import Forged
from pipelines.engagement.signature import SIGNATURE, TIMESTAMP

router = APIRouter(tags=["hooks"])

# SendGrid posts 768 KB at most; twenty times that is a flood. What is not taken now comes again, for a day.
MOST_BYTES = 16_000_000
AT_ONCE = BoundedSemaphore(6)
READING, READ_SECONDS = Seats(6), 30.0
OF_ONE_MESSAGE, OF_ONE_CLIENT = 120, 1_200

Name = Annotated[str, Path(max_length=100)]

log = structlog.get_logger(__name__)


@router.post("/webhooks/sendgrid", status_code=204, include_in_schema=False)
@router.post("/api/v1/webhooks/sendgrid", status_code=204, include_in_schema=False)
async def sendgrid(request: Request) -> Response:
    """Take a signed post of events; answered with 2xx only after every event of it is stored."""
    # Read before it waits for a place among those that are stored: nobody knows yet whose it is.
    with READING.one(_client(request)) as free:
        if not free:
            return _no(503, "Too many posts come from there at once; send this one again in a moment.", wait=5)
        try:
            async with timeout(READ_SECONDS):
                body = await _read(request)
        except TimeoutError:
            return _no(408, f"The post did not come to its end within {READ_SECONDS:g} s; send it again.", wait=5)
        if body is None:
            return _no(413, f"A post may hold {MOST_BYTES:,} bytes at most.")
        if not AT_ONCE.acquire(blocking=False):
            return _no(503, "Too many posts are being stored; send this one again in a moment.", wait=5)
        try:
            return await _taken(request, body)
        finally:
            AT_ONCE.release()


@router.get("/l/{message_id}/{link_id}", include_in_schema=False)
@router.head("/l/{message_id}/{link_id}", include_in_schema=False)
def follow(request: Request, message_id: Name, link_id: Name) -> Response:
    """A tracked link: noted, then on to where the campaign registered it to lead, and nowhere else."""
    if refused := _too_often(request, f"link {message_id}"):
        return refused
    listener = request.app.state.console.services.listener
    url = engagement.followed(
        listener, message_id, link_id, method=request.method, ip=_client(request),
        agent=request.headers.get("User-Agent", "")[:1000],
    )  # fmt: skip
    if url is None:
        return _no(404, "There is no such link.")
    return RedirectResponse(url, 302, {"Cache-Control": "no-store"})


@router.get("/k/{receipt}", include_in_schema=False)
def bought(
    request: Request,
    receipt: Annotated[str, Path(max_length=200)],
    order: Annotated[str, Query(min_length=1, max_length=100)],
    value: Annotated[float | None, Query(ge=0, le=1e11)] = None,
    currency: Annotated[str | None, Query(pattern="^[A-Z]{3}$")] = None,
) -> Response:
    """The picture on a shop's thank-you page: an order, counted once, by the receipt that the link gave it."""
    if refused := _too_often(request, f"receipt {receipt}"):
        return refused
    listener = request.app.state.console.services.listener
    if not engagement.bought(listener, receipt, order, value=value, currency=currency):
        return _no(404, "That is no receipt of ours.")
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


async def _read(request: Request) -> bytes | None:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


async def _taken(request: Request, body: bytes) -> Response:
    services = request.app.state.console.services
    listener = await run_in_threadpool(lambda: services.listener)
    if not listener.public_key:
        # SendGrid tries for a day: whoever sets the key meanwhile loses nothing.
        return _no(503, "Posts are refused until SENDGRID_WEBHOOK_PUBLIC_KEY is set.", wait=5)
    told = request.headers.get(SIGNATURE), request.headers.get(TIMESTAMP)
    try:
        await run_in_threadpool(engagement.verify_post, listener, body, *told)
        stored = await run_in_threadpool(engagement.hear_post, listener, body)
    except Forged as refusal:
        check_disbelieved(request)
        log.warning("webhook_forged", reason=str(refusal))
        return _no(403, str(refusal))
    except Refusal as refusal:
        return _no(422, str(refusal))
    log.info("webhook_stored", events=stored.events, stored=stored.stored, duplicates=stored.duplicates)
    return Response(status_code=204)


def _client(request: Request) -> str:
    return request.client.host if request.client else ""


def _too_often(request: Request, what: str) -> Response | None:
    """Asked before the database is; both limits lie where no person comes, alone or among others of an office."""
    turnstile = request.app.state.turnstile
    if turnstile.admits(f"client {_client(request)}", OF_ONE_CLIENT) and turnstile.admits(what, OF_ONE_MESSAGE):
        return None
    return _no(429, "This was asked for too often; wait a minute.", wait=60)


def _no(status: int, sentence: str, *, wait: int | None = None) -> Response:
    content = {"type": "about:blank", "title": "Not taken", "status": status, "detail": sentence}
    return JSONResponse(content, status, {"Retry-After": str(wait)} if wait else None, MEDIA_TYPE)
