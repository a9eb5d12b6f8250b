"""Bodies of requests: what is larger than any honest one is refused before it is read whole."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from fastapi import Request

from liftline_console.problems import Problem

# Five thousand events of a kilobyte and more; files are streamed to the disk and have a limit of their own.
MOST_BYTES = 8_000_000


class BoundedRequest(Request):
    """A request whose body may not be larger than that."""

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body piece by piece."""
        size = 0
        async for piece in super().stream():
            size += len(piece)
            _allow(size)
            yield piece


async def bounded(request: Request) -> Request:
    """The request with its body read, or a Problem; its announced size is believed if it is too large."""
    told = request.headers.get("Content-Length", "")
    _allow(int(told) if told.isdecimal() else 0)
    read = BoundedRequest(request.scope, request.receive)
    await read.body()
    return read


def _allow(size: int) -> None:
    if size > MOST_BYTES:
        raise Problem(
            413, f"A request may hold {MOST_BYTES:,} bytes at most; send it in several, or as a file to /uploads."
        )
