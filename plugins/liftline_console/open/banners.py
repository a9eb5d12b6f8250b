"""A person's banners for the pages of a tenant, under the path that GrowthBook's SDK asks for."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from liftline_console.guarding import open_router
from liftline_console.problems import Problem
from pipelines.contracts import Json
from pipelines.delivery.wishes import run as wishes

router = open_router()

OF_ONE_TOKEN = 120
HEADERS = {
    # Whoever holds the token may read; no cookie says anything here, so any page may ask.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "private, max-age=30",
}


@router.get("/feed/api/features/{client_key}")
async def feed(request: Request, client_key: str) -> JSONResponse:
    """The feed; nothing stands in it for who wants no banners."""
    if not request.app.state.turnstile.admits(f"feed {client_key[:200]}", OF_ONE_TOKEN):
        raise Problem(429, "The feed was asked for too often; wait a minute.", headers={"Retry-After": "60"})
    services = request.app.state.console.services

    def read() -> Json:
        found = wishes.banners_for(services.wishes, client_key)
        tenant, customer = found or ("", None)
        return dict(services.banner_feed(tenant, customer))

    try:
        return JSONResponse(await run_in_threadpool(read), headers=HEADERS)
    except wishes.TokenRefused as error:
        raise Problem(404, str(error)) from error
