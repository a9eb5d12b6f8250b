"""The application built when it is first asked for: in a thread, once, whoever else asks meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send


class BuiltOnce:
    """Stands for an application that takes seconds to build, and must not hold up who asks for other things."""

    def __init__(self, build: Callable[[], ASGIApp]) -> None:
        self._build, self._alone = build, threading.Lock()
        self._built: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        app = self._built
        if app is None:
            app = await run_in_threadpool(self._made)
        await app(scope, receive, send)

    def _made(self) -> ASGIApp:
        with self._alone:
            if self._built is None:
                self._built = self._build()
            return self._built
