"""A real HTTP server that answers as a vendor does on a good day and on several bad ones."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.doubles.local_server import LocalServer, QuietHandler, serving

KEY = "sk-canary-right-key"
SID = "AC0123456789abcdef0123456789abcdef"
STATUSES = {"unauthorized": 401, "forbidden": 403, "missing": 404, "throttled": 429, "broken": 500, "away": 503}


class VendorDouble(LocalServer):
    """Says `mood` to every question and remembers the paths and headers asked with."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.mood = "well"
        self.asked: list[tuple[str, dict[str, str]]] = []


class _Handler(QuietHandler):
    server: VendorDouble

    def do_GET(self) -> None:  # noqa: N802
        self.server.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        mood = self.server.mood
        if mood == "stall":
            self.server.closing.wait(30)
            return
        if mood == "drip":
            self._drip()
            return
        if mood == "half":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"half":')
            return
        if mood == "garbage":
            self.wfile.write(b"not HTTP at all\r\n\r\n")
            return
        keys = {
            self.headers.get("Authorization"),
            self.headers.get("api-key"),
            self.headers.get("Ocp-Apim-Subscription-Key"),
        }
        by_name = "Basic " + base64.b64encode(f"{SID}:{KEY}".encode()).decode()
        known = bool(keys & {KEY, f"Bearer {KEY}", by_name})
        self.send_response(STATUSES.get(mood, 200 if known else 401))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        while not self.server.closing.is_set():
            try:
                self.wfile.write(b" ")
            except OSError:
                return
            time.sleep(0.2)


@contextmanager
def vendor_double() -> Iterator[VendorDouble]:
    """The server, for as long as the block lasts."""
    with serving(VendorDouble()) as server:
        yield server
