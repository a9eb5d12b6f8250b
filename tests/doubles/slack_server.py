"""An incoming webhook as Slack answers it over real HTTP, on good days and bad ones.

with slack_server() as slack:
    slack.mood = "throttled"
    ... SLACK_WEBHOOK_URL=slack.url ...
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.doubles.local_server import LocalServer, QuietHandler, serving

PATH = "/services/T000/B000/canary"
ANSWERS = {
    "well": (200, b"ok"), "throttled": (429, b"rate_limited"), "broken": (500, b"server_error"),
    "gone": (404, b"no_service"), "forbidden": (403, b"action_prohibited"), "moved": (302, b""),
}  # fmt: skip


class SlackServer(LocalServer):
    """Answers by its mood and remembers the messages that it took."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.mood = "well"
        self.taken: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """For SLACK_WEBHOOK_URL."""
        return f"{super().url}{PATH}"


class _Handler(QuietHandler):
    server: SlackServer

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        mood = self.server.mood
        if mood == "stall":
            self.server.closing.wait(30)
        elif mood == "half":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"o")
        else:
            status, said = ANSWERS[mood]
            if self.path != PATH:
                status, said = ANSWERS["gone"]
            elif mood == "well":
                self.server.taken.append(json.loads(body))
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

    def do_HEAD(self) -> None:  # noqa: N802
        self.send_response(302)
        self.end_headers()


@contextmanager
def slack_server() -> Iterator[SlackServer]:
    """The server, for as long as the block lasts."""
    with serving(SlackServer()) as server:
        yield server
