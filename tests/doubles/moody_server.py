"""What the doubles of vendors share that answer well, or as the next mood says, and can break an answer off halfway."""

from __future__ import annotations

from typing import Any

from tests.doubles.content_safety_moods import Asked, Mood, Reply
from tests.doubles.local_server import LocalServer, QuietHandler


class MoodyServer(LocalServer):
    """`received` is every request, in order of arrival; `drip_seconds` lie between the bytes of a dripping answer."""

    request_queue_size = 64
    drip_seconds = 0.02

    def __init__(self, handler: type[MoodyHandler]) -> None:
        super().__init__(handler)
        self.received: list[Asked] = []
        self.moods: list[Mood] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: whoever asked went away."""

    def next(self, *moods: Mood) -> None:
        """How the next requests are answered, one each."""
        self.moods += moods


class MoodyHandler(QuietHandler):
    """Sends replies, whole or broken."""

    server: MoodyServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def send(self, reply: Reply) -> None:
        """The reply, as far as it is to come."""
        self.close_connection = bool(reply.broken)
        if reply.broken == "stall":
            self.server.closing.wait(30)
        if reply.broken in ("stall", "gone"):
            return
        self.send_response(reply.status)
        given = {"Content-Type": reply.content_type, "Content-Length": str(len(reply.body)), **reply.headers}
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.broken == "drip":
            for at in range(len(reply.body)):
                self.wfile.write(reply.body[at : at + 1])
                if self.server.closing.wait(self.server.drip_seconds):
                    return
        self.wfile.write(reply.body[: len(reply.body) // 2] if reply.broken == "half" else reply.body)
