"""SendGrid over real HTTP, on good days and bad ones; it counts what it really delivered, by our message id.

with sendgrid_server() as vendor:
    vendor.moods = ["lost", "well"]       # one a request; after the last: well
    ... vendor.url ...
    vendor.deliveries[message_id]

Moods: `well`; `lost` (delivered, then the connection ends without an answer); `broken` (delivered, 500); `down` (500,
not delivered); `full` (429 with Retry-After); `limited` (429 with X-RateLimit-Reset); `stall` (delivered, no answer);
`reset` (not delivered, the connection is reset while it is read); `garbage` (delivered, what comes back is no HTTP);
`odd` (delivered, 204); `locked` (401); `nowhere` (404); `moved` (302 to `/elsewhere`, which takes everything, and
whoever asks it stands in `strayed`); `picky` (well, but of several faults it names the first alone). Of its
lists of suppressions besides: `half` (a page that breaks off in the middle of its JSON), `cut` (the connection ends in
the middle of a page), `strange` (a page of something else).
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.doubles.local_server import LocalServer, QuietHandler, serving

KEY = "SG.test"
FORBIDDEN = {"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "to", "from", "subject", "reply-to"}
ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
LISTS = ("bounces", "invalid_emails", "spam_reports", "unsubscribes")
DELIVERS = ("well", "lost", "broken", "stall", "garbage", "odd", "picky")


class SendGridServer(LocalServer):
    """Answers `POST /v3/mail/send` by its mood."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.moods: list[str] = []
        self.deliveries: Counter[str] = Counter()
        self.mails: list[dict[str, Any]] = []
        self.requests: list[dict[str, Any]] = []
        # Who is sent nothing more; `unsubscribes` is the global list.
        self.lists: dict[str, list[dict[str, Any]]] = {name: [] for name in LISTS}
        self.pages: list[tuple[str, int]] = []
        self.strayed: list[str] = []
        self.wait = 1
        # How long a request takes to be answered, in seconds.
        self.pace = 0.0
        self.asked = threading.Event()
        self._lock = threading.Lock()

    def next_mood(self) -> str:
        """One mood a request."""
        with self._lock:
            return self.moods.pop(0) if self.moods else "well"

    def take(self, told: dict[str, Any]) -> None:
        """Deliver every personalization of a request, its substitutions filled one after the other."""
        with self._lock:
            for person in told["personalizations"]:
                message = person["custom_args"]["liftline_message"]
                self.deliveries[message] += 1
                filled = person.get("substitutions", {})
                self.mails.append(
                    {
                        "message_id": message, "to": person["to"][0]["email"], "from": told["from"],
                        "headers": {**told.get("headers", {}), **person.get("headers", {})},
                        "subject": _filled(told["subject"], filled),
                        **{part["type"]: _filled(part["value"], filled) for part in told["content"]},
                    }
                )  # fmt: skip


def _filled(text: str, substitutions: dict[str, str]) -> str:
    for key, value in substitutions.items():
        text = text.replace(key, value)
    return text


def faults(told: Any) -> list[dict[str, Any]]:
    """What SendGrid would say against a request."""
    found: list[dict[str, Any]] = []

    def against(field: str, message: str) -> None:
        found.append({"message": message, "field": field, "help": None})

    people = told.get("personalizations") or []
    if not 1 <= len(people) <= 1000:
        against("personalizations", "The personalizations field must hold 1 to 1000.")
    seen: set[str] = set()
    for at, person in enumerate(people):
        address = person["to"][0]["email"]
        if not ADDRESS.fullmatch(address):
            against(f"personalizations.{at}.to.0.email", "Does not contain a valid address.")
        if address in seen:
            against(f"personalizations.{at}.to", f"Each email address should be unique; we found [{address}] twice.")
        seen.add(address)
        if sum(len(k) + len(str(v)) for k, v in person.get("substitutions", {}).items()) > 10_000:
            against(f"personalizations.{at}.substitutions", "Substitutions may not exceed 10,000 bytes.")
        for name in {**told.get("headers", {}), **person.get("headers", {})}:
            if name.lower() in FORBIDDEN:
                against("headers", f"The header {name} may not be set.")
    if [part["type"] for part in told["content"]] not in (["text/plain"], ["text/plain", "text/html"]):
        against("content", "text/plain comes first.")
    if not ADDRESS.fullmatch(told["from"]["email"]):
        against("from.email", "Does not contain a valid address.")
    return found


class _Handler(QuietHandler):
    server: SendGridServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # noqa: N802
        if self.path == "/elsewhere":
            self.server.strayed.append(str(self.headers["Authorization"]))
            self._say(202, None)
            return
        where, mood = urlsplit(self.path), self.server.next_mood()
        asked = {name: int(value) for name, value in parse_qsl(where.query)}
        name = where.path.removeprefix("/v3/suppression/")
        self.server.pages.append((name, asked["offset"]))
        page = self.server.lists[name][asked["offset"] :][: min(asked["limit"], 500)]
        if self.headers["Authorization"] != f"Bearer {KEY}" or mood == "locked":
            self._say(401, {"errors": [{"message": "authorization required", "field": None}]})
        elif mood in ("half", "cut"):
            body = json.dumps(page).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body) // 2 if mood == "half" else len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif mood in ("well", "strange"):
            self._say(200, page if mood == "well" else {"result": "?"})
        else:
            self._answer(mood, sandbox=False)

    def _add(self, mood: str) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["recipient_emails"]
        if mood != "well":
            self._answer(mood, sandbox=False)
            return
        known = {one["email"] for one in self.server.lists["unsubscribes"]}
        added = [{"email": email, "created": int(time.time())} for email in told if email not in known]
        self.server.lists["unsubscribes"] += added
        self._say(201, {"recipient_emails": told})

    def do_POST(self) -> None:  # noqa: N802
        mood = self.server.next_mood()
        if self.path == "/v3/asm/suppressions/global":
            self._add(mood)
            return
        if mood == "reset":
            self.rfile.read(10)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            self.server.asked.set()
            return
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(told)
        time.sleep(self.server.pace)
        if self.headers["Authorization"] != f"Bearer {KEY}" or mood == "locked":
            self._say(401, {"errors": [{"message": "The provided authorization grant is invalid.", "field": None}]})
            return
        if mood in DELIVERS and (wrong := faults(told)):
            self._say(400, {"errors": wrong[:1] if mood == "picky" else wrong})
            return
        sandbox = told["mail_settings"]["sandbox_mode"]["enable"]
        if mood in DELIVERS and not sandbox:
            self.server.take(told)
        self.server.asked.set()
        self._answer(mood, sandbox=sandbox)

    def _answer(self, mood: str, *, sandbox: bool) -> None:
        if mood in ("well", "picky"):
            self._say(200 if sandbox else 202, None, {"X-Message-Id": f"sg-{len(self.server.requests)}"})
        elif mood in ("broken", "down"):
            self._say(500, {"errors": [{"message": "Internal error", "field": None}]})
        elif mood == "full":
            self._say(429, {"errors": [{"message": "too many requests"}]}, {"Retry-After": str(self.server.wait)})
        elif mood == "limited":
            reset = int(time.time()) + self.server.wait
            self._say(429, {"errors": []}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)})
        elif mood == "odd":
            self._say(204, None)
        elif mood == "nowhere":
            self._say(404, {"errors": [{"message": "Not Found"}]})
        elif mood == "moved":
            self._say(302, None, {"Location": f"{self.server.url}/elsewhere"})
        elif mood == "stall":
            self.server.closing.wait(30)
            self.close_connection = True
        else:
            if mood == "garbage":
                self.wfile.write(b"\x00\x01 what is this\r\n\r\n")
            self.close_connection = True

    def _say(self, status: int, told: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(told).encode() if told is not None else b""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def sendgrid_server() -> Iterator[SendGridServer]:
    """The server, for as long as the block lasts."""
    with serving(SendGridServer()) as server:
        yield server
