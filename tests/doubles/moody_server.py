"""What the doubles of vendors share that answer well, or as the next mood says, and can break an answer off halfway."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from tests.doubles.content_safety_moods import Asked, Mood, Reply


class MoodyServer(ThreadingHTTPServer):
    """`received` is every request, in order of arrival; `drip_seconds` lie between the bytes of a dripping answer."""

    daemon_threads = True
    request_queue_size = 64
    drip_seconds = 0.02

    def __init__(self, handler: type[MoodyHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.received: list[Asked] = []
        self.closing = threading.Event()
        self.moods: list[Mood] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: whoever asked went away."""

    @property
    def url(self) -> str:
        """For the vendor's base URL."""
        return f"http://127.0.0.1:{self.server_port}"

    def next(self, *moods: Mood) -> None:
        """How the next requests are answered, one each."""
        self.moods += moods


class MoodyHandler(BaseHTTPRequestHandler):
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

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return


S = TypeVar("S", bound=MoodyServer)


@contextmanager
def serving(server: S) -> Iterator[S]:
    """The server, for as long as the block lasts."""
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
