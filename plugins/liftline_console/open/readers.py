"""Pages for the readers of messages: `/u/` stops what came, `/p/` chooses. A GET looks and changes nothing.

One-click as RFC 8058 has it: a POST whose body says so is answered by 200, without redirect or cookie; the button on
the page posts the same. Whoever holds the token may say the wish; the page names nobody and shows no address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.responses import FileResponse, HTMLResponse
from starlette.concurrency import run_in_threadpool

from liftline_console.guarding import open_router
from liftline_console.open.forms import small_form
from liftline_console.rendering import HERE, public_page
from pipelines.delivery.wishes import run as wishes

router = open_router()

LOOK = ["GET", "HEAD"]
ONE_CLICK = ("List-Unsubscribe", "One-Click")
OF_ONE_TOKEN, REFUSED_OF_ONE_ADDRESS = 30, 60
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    # The address of the page is the reader's proof: it must lead nowhere else.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}

Found = wishes.Leaflet


@router.api_route("/u/{token}", methods=LOOK)
async def look(request: Request, token: str) -> HTMLResponse:
    """What would be stopped, and a button."""
    return await _answered(request, token, "unsubscribe.html", wishes.leaflet, done=False)


@router.post("/u/{token}")
async def stop(request: Request, token: str) -> HTMLResponse:
    """Stop it, if the body says one-click; without it, show the button."""
    if ONE_CLICK not in await small_form(request):
        return await _answered(request, token, "unsubscribe.html", wishes.leaflet, status=422, done=False)
    return await _answered(request, token, "unsubscribe.html", wishes.stop, done=True)


@router.api_route("/p/look.css", methods=LOOK)
def style() -> FileResponse:
    """How these pages look; it stands here because only what is under /p is reached the same way everywhere."""
    return FileResponse(HERE / "static" / "public.css", headers={"Cache-Control": "public, max-age=3600"})


@router.api_route("/p/{token}", methods=LOOK)
async def choices(request: Request, token: str) -> HTMLResponse:
    """How everything stands."""
    return await _answered(request, token, "preferences.html", wishes.leaflet, note=None)


@router.post("/p/{token}")
async def choose(request: Request, token: str) -> HTMLResponse:
    """Keep what was chosen, or stop everything; what is neither of the page's two forms changes nothing."""
    form = await small_form(request)
    if ("wish", "nothing") in form:
        return await _answered(request, token, "preferences.html", wishes.stop_everything, note="all_done")
    if ("wish", "choices") not in form:
        return await _answered(request, token, "preferences.html", wishes.leaflet, status=422, note=None)

    def keep(book: wishes.WishBook, token: str) -> Found:
        return wishes.choose(book, token, form)

    return await _answered(request, token, "preferences.html", keep, note="saved")


async def _answered(
    request: Request, token: str, template: str, do: Callable[[wishes.WishBook, str], Found], *, status: int = 200,
    **values: Any,
) -> HTMLResponse:  # fmt: skip
    turnstile = request.app.state.turnstile
    key = hashlib.sha256(token.encode()).hexdigest()
    if not turnstile.admits(f"token {key}", OF_ONE_TOKEN):
        return _refused(request, token, 429)
    try:
        # The book first opens the database: not in the loop that answers everybody.
        found = await run_in_threadpool(lambda: do(request.app.state.console.services.wishes, token))
    except wishes.TokenRefused:
        came_from = request.client.host if request.client else ""
        many = not turnstile.admits(f"address {came_from}", REFUSED_OF_ONE_ADDRESS)
        return _refused(request, token, 429 if many else 404)
    shown = {"words": found.words, "letterhead": found.letterhead, "leaflet": found, "token": token}
    return public_page(template, status=status, headers=HEADERS, **shown, **values)


def _refused(request: Request, token: str, status: int) -> HTMLResponse:
    words = wishes.refusal_words(request.headers.get("Accept-Language", "")[:2])
    what = "busy" if status == 429 else "refused"
    headers = {**HEADERS, **({"Retry-After": "60"} if status == 429 else {})}
    return public_page("refused.html", status=status, headers=headers, words=words, letterhead=None, what=what)
