"""A small form out of a request, in either of the two ways that browsers and mail providers send one."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from fastapi import Request
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from liftline_console.problems import Problem

MOST_BYTES = 20_000


async def small_form(request: Request) -> list[tuple[str, str]]:
    """Names and values in their order; what is larger than any honest form is refused before it is read whole."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    try:
        if kind == "multipart/form-data":
            form = await MultiPartParser(request.headers, _capped(request), max_files=0, max_fields=100).parse()
        else:
            form = await FormParser(request.headers, _capped(request)).parse()
    except (MultiPartException, UnicodeDecodeError, KeyError) as error:
        raise Problem(422, "The form cannot be read; send it as application/x-www-form-urlencoded.") from error
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


async def _capped(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BYTES:
            raise Problem(413, f"The form is larger than {MOST_BYTES:,} bytes.")
        yield piece
