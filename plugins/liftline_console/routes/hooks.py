"""What comes from outside without a sign-in: signed posts, tracked links, and orders told by a shop's page."""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from liftline_console.problems import MEDIA_TYPE
from pipelines.contracts import Refusal
from pipelines.engagement import run as engagement
from pipelines.engagement.run import Forged
from pipelines.engagement.signature import SIGNATURE, TIMESTAMP

router = APIRouter(tags=["hooks"])

# SendGrid posts 768 KB at most; twenty times that is a flood. What is not taken now comes again, for a day.
MOST_BYTES = 16_000_000
AT_ONCE = BoundedSemaphore(6)

Name = Annotated[str, Path(max_length=100)]

log = structlog.get_logger(__name__)


@router.post("/webhooks/sendgrid", status_code=204, include_in_schema=False)
@router.post("/api/v1/webhooks/sendgrid", status_code=204, include_in_schema=False)
async def sendgrid(request: Request) -> Response:
    """Take a signed post of events; answered with 2xx only after every event of it is stored."""
    if not AT_ONCE.acquire(blocking=False):
        return _no(503, "Too many posts are being stored; send this one again in a moment.", retry=True)
    try:
        return await _taken(request)
    finally:
        AT_ONCE.release()


@router.get("/l/{message_id}/{link_id}", include_in_schema=False)
@router.head("/l/{message_id}/{link_id}", include_in_schema=False)
def follow(request: Request, message_id: Name, link_id: Name) -> Response:
    """A tracked link: noted, then on to where the campaign registered it to lead, and nowhere else."""
    client = request.client.host if request.client else ""
    listener = request.app.state.console.services.listener
    url = engagement.followed(
        listener, message_id, link_id, method=request.method, ip=client,
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
    listener = request.app.state.console.services.listener
    if not engagement.bought(listener, receipt, order, value=value, currency=currency):
        return _no(404, "That is no receipt of ours.")
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


async def _taken(request: Request) -> Response:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            return _no(413, f"A post may hold {MOST_BYTES:,} bytes at most.")
    services = request.app.state.console.services
    listener = await run_in_threadpool(lambda: services.listener)
    if not listener.public_key:
        # SendGrid tries for a day: whoever sets the key meanwhile loses nothing.
        return _no(503, "Posts are refused until SENDGRID_WEBHOOK_PUBLIC_KEY is set.", retry=True)
    told = request.headers.get(SIGNATURE), request.headers.get(TIMESTAMP)
    try:
        await run_in_threadpool(engagement.verify_post, listener, bytes(body), *told)
        stored = await run_in_threadpool(engagement.hear_post, listener, bytes(body))
    except Forged as refusal:
        log.warning("webhook_forged", reason=str(refusal))
        return _no(403, str(refusal))
    except Refusal as refusal:
        return _no(422, str(refusal))
    log.info("webhook_stored", events=stored.events, stored=stored.stored, duplicates=stored.duplicates)
    return Response(status_code=204)


def _no(status: int, sentence: str, *, retry: bool = False) -> Response:
    content = {"type": "about:blank", "title": "Not taken", "status": status, "detail": sentence}
    return JSONResponse(content, status, {"Retry-After": "5"} if retry else None, MEDIA_TYPE)
