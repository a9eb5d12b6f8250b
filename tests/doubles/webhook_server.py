"""Somebody's webhook over real HTTP, on good days and bad ones; it remembers what it took.

with webhook_server() as receiver:
    receiver.mood = "stall"
    ... receiver.url ...
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.doubles.local_server import LocalServer, QuietHandler, serving

PATH = "/hook"
ANSWERS = {"well": 204, "broken": 500, "gone": 410, "moved": 302, "endless": 200, "there already": 412}


class WebhookServer(LocalServer):
    """Answers by its mood."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.mood = "well"
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """Where to subscribe."""
        return f"{super().url}{PATH}"


class _Handler(QuietHandler):
    server: WebhookServer

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        mood = self.server.mood
        self.server.asked.append(self.path)
        if mood == "stall":
            self.server.closing.wait(30)
            return
        if mood == "drip":
            # One byte of the head now and then: each by itself is in time.
            while not self.server.closing.wait(0.1):
                try:
                    self.wfile.write(b"H")
                except OSError:
                    return
            return
        if mood in ("well", "endless"):
            self.server.taken.append((dict(self.headers.items()), body))
        self.send_response(ANSWERS[mood])
        if mood == "moved":
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        if mood == "endless":
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.server.closing.wait(30)
            return
        if mood != "well":
            self.send_header("Content-Length", "0")
        self.end_headers()

    do_PUT = do_POST  # noqa: N815


@contextmanager
def webhook_server() -> Iterator[WebhookServer]:
    """The server, for as long as the block lasts."""
    with serving(WebhookServer()) as server:
        yield server
