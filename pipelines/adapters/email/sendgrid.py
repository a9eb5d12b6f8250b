"""Mail by SendGrid, through its own package, with a time-out that the package does not set.

One request holds one text and up to 1,000 people; what differs between them are substitutions, whose keys stand in
braces: no value can hold one, so no value is ever read as a place. The body is made a column at a time and given to the
package's client as it is: its helper classes would take longer to build it than the network to carry it.

SendGrid knows no idempotency key. What is said when: 202 is accepted. 400 names who is at fault: they are refused, and
the rest, surely not accepted, goes once more. 401, 403 and 429, a redirect, what does not speak for SendGrid (404, 407
and the like), a refused connection, an unknown host and a broken certificate: surely not accepted. A time-out, a 5xx, a
connection that broke, any answer that is none: nobody knows.
"""

from __future__ import annotations

import http.client
import json
import logging
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

import polars as pl
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from pipelines.delivery.mailing import Mailing, Place
from pipelines.delivery.ports import OutboundMessage, Outcome, Receipt
from pipelines.masking import Mask

MOST = 1000
LARGEST_BYTES = 20_000_000
_FAULTY = re.compile(r"personalizations\.(\d+)")
# At the level debug the client writes headers, and so the key, into the log.
logging.getLogger("python_http_client").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Account:
    """Where SendGrid is asked, and how."""

    api_key: str = field(repr=False)
    base_url: str = "https://api.sendgrid.com"
    timeout_seconds: float = 30
    sandbox: bool = False
    track_opens: bool = True
    track_clicks: bool = True


class _Answer(NamedTuple):
    outcome: Outcome
    provider_id: str | None
    code: str
    reason: str
    retry_after: float | None = None
    faulty: Mapping[int, str] | None = None


class SendGrid:
    """A `Channel` that takes a text to many people in one request as well."""

    name = "sendgrid"
    most_per_request = MOST

    def __init__(self, account: Account, *, now: Callable[[], float] = time.time) -> None:
        self._account, self._now = account, now
        self._send = line(account, "mail", "send")
        # The client encodes a text as it is where the type is not exactly its own.
        self._send.request_headers["Content-Type"] = "application/json; charset=utf-8"

    def deliver(self, batch: Sequence[OutboundMessage]) -> list[Receipt]:
        """Each message by a request of its own."""
        return [self._receipts([one.message_id], self._asked(self._whole(one)))[0] for one in batch]

    def deliver_mailing(self, made: Mailing) -> list[Receipt]:
        """One request for all; whom SendGrid names as faulty is refused, and the others are asked for once more."""
        receipts: list[Receipt] = []
        while True:
            ids = made.people["message_id"].to_list()
            answer = self._asked(self.body(made))
            if answer.code == "too_large" and len(ids) > 1:
                half = len(ids) // 2
                parts = made.people.head(half), made.people.slice(half)
                return receipts + [receipt for part in parts for receipt in self.deliver_mailing(made.of(part))]
            faulty = {at: reason for at, reason in (answer.faulty or {}).items() if at < len(ids)}
            if not faulty or len(faulty) == len(ids):
                return receipts + self._receipts(ids, answer)
            receipts += [Receipt(ids[at], "rejected", None, "refused", reason) for at, reason in faulty.items()]
            made = made.of(made.people.with_row_index("at").filter(~pl.col("at").is_in(list(faulty))).drop("at"))

    def body(self, made: Mailing) -> str:
        """The request as JSON, the people a column at a time."""
        places = dict.fromkeys(
            piece.column for part in (made.subject, made.text, made.html) for piece in part if isinstance(piece, Place)
        )
        parts = [
            pl.concat_list(pl.struct(email=pl.col("address"))).alias("to"),
            pl.struct(liftline_message=pl.col("message_id")).alias("custom_args"),
        ]
        if made.channel == "email":
            stop = pl.concat_str(pl.lit("<"), pl.col("unsubscribe"), pl.lit(">"))
            parts.append(pl.struct(stop.alias("List-Unsubscribe")).alias("headers"))
        if places:
            named = [pl.col(column).alias(_key(column)) for column in places]
            parts.append(pl.struct(named).alias("substitutions"))
        people = made.people.select(pl.struct(parts).struct.json_encode().str.join(","))
        shared = self._shared(made.sender.name, made.sender.address, made.sender.reply_to, made.categories)
        shared |= {
            "subject": _keyed(made.subject),
            "content": _content(_keyed(made.text), _keyed(made.html)),
        }
        if made.headers:
            shared["headers"] = dict(made.headers)
        return f'{{"personalizations":[{people.item()}],{json.dumps(shared, ensure_ascii=False)[1:]}'

    def _whole(self, message: OutboundMessage) -> str:
        person: dict[str, Any] = {
            "to": [{"email": message.address}], "custom_args": {"liftline_message": message.message_id},
        }  # fmt: skip
        if message.send_at:
            person["send_at"] = int(message.send_at.timestamp())
        shared = self._shared(message.sender.name, message.sender.address, message.sender.reply_to, message.categories)
        shared |= {"subject": message.subject, "content": _content(message.text, message.html)}
        if message.headers:
            shared["headers"] = dict(message.headers)
        return json.dumps({"personalizations": [person], **shared}, ensure_ascii=False)

    def _shared(self, name: str, address: str, reply_to: str, categories: Sequence[str]) -> dict[str, Any]:
        opens, clicks = self._account.track_opens, self._account.track_clicks
        return {
            "from": {"email": address, "name": name},
            "reply_to": {"email": reply_to},
            "categories": list(categories)[:10],
            "tracking_settings": {
                "open_tracking": {"enable": opens},
                "click_tracking": {"enable": clicks, "enable_text": False},
                # The way out is ours, in header and text.
                "subscription_tracking": {"enable": False},
            },
            "mail_settings": {"sandbox_mode": {"enable": self._account.sandbox}},
        }

    def _asked(self, body: str) -> _Answer:
        if len(body) > LARGEST_BYTES:
            return _Answer("rejected", None, "too_large", "The request would be larger than SendGrid takes.")
        try:
            answer = self._send.post(request_body=_Body(body))
        except HTTPError as error:
            return self._refused(error)
        except URLError as error:
            return _unreachable(error.reason)
        except TimeoutError:
            seconds = f"{self._account.timeout_seconds:g} s"
            return _Answer("unknown", None, "timeout", f"SendGrid did not answer within {seconds}.")
        except (http.client.HTTPException, OSError) as error:
            return _Answer("unknown", None, "connection", f"The connection broke ({type(error).__name__}).")
        provider_id = answer.headers.get("X-Message-Id") if answer.headers else None
        if answer.status_code == 202:
            return _Answer("accepted", provider_id, "accepted", "SendGrid took it.")
        if answer.status_code == 200 and self._account.sandbox:
            return _Answer("accepted", provider_id, "sandbox", "SendGrid's sandbox took it; it goes to nobody.")
        return _Answer("unknown", provider_id, "odd_answer", f"SendGrid answered {answer.status_code} instead of 202.")

    def _refused(self, error: HTTPError) -> _Answer:
        status, errors = int(error.status_code), _errors(error.body)
        said = "; ".join(one["message"] for one in errors)[:500] or str(error.reason)
        if status == 429:
            return _Answer("retry", None, "throttled", "SendGrid takes no more now.", self._wait(error.headers))
        if status in (401, 403):
            return _Answer("retry", None, "not_allowed", f"SendGrid does not let us in: {said} Check SENDGRID_API_KEY.")
        if status == 413:
            return _Answer("rejected", None, "too_large", f"SendGrid takes no request of that size: {said}")
        if status in (400, 422):
            faulty = {
                int(found[1]): one["message"][:500]
                for one in errors
                if (found := _FAULTY.search(str(one.get("field") or "")))
            }
            return _Answer("rejected", None, "request_refused", f"SendGrid refused it: {said}", faulty=faulty)
        if status < 500 and status != 408:
            why = f"What answered does not speak for SendGrid ({status}); check SENDGRID_BASE_URL."
            return _Answer("retry", None, f"http_{status}", why)
        return _Answer("unknown", None, f"http_{status}", f"SendGrid answered {status}: {said}")

    def _wait(self, headers: Any) -> float | None:
        """Seconds by Retry-After, else until the moment at which the limit is lifted."""
        for name, since in (("Retry-After", 0.0), ("X-RateLimit-Reset", self._now())):
            try:
                seconds = float(headers.get(name) or "")
            except ValueError:
                continue
            return min(max(seconds - since, 0.0), 3600.0)
        return None

    @staticmethod
    def _receipts(ids: Sequence[str], answer: _Answer) -> list[Receipt]:
        said = (answer.outcome, answer.provider_id, answer.code, answer.reason, answer.retry_after)
        return [Receipt(message_id, *said) for message_id in ids]


def line(account: Account, *path: str) -> Any:
    """The package's client for one address of SendGrid, with a time-out and without redirects."""
    client = SendGridAPIClient(account.api_key, host=account.base_url.rstrip("/")).client
    client.timeout = account.timeout_seconds
    for name in path:
        client = client._(name)
    ask = client._make_request
    # The package opens each request by an opener of its own, which would take the key along to wherever it is led.
    client._make_request = lambda _, request, timeout=None: ask(_opener(), request, timeout)
    return client


@cache
def _opener() -> OpenerDirector:
    # One for all: to read the trusted certificates takes longer than to make a request to 1,000 people.
    return build_opener(_Unled, HTTPSHandler(context=ssl.create_default_context()))


class _Unled(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> Request | None:
        """Follow nothing: the redirect itself is the answer."""
        return None


class _Quiet(bytes):
    """What is sent; the client puts it into the words of its log, read by nobody, before it asks whether to log."""

    def __str__(self) -> str:
        return f"{len(self)} bytes"


class _Body(str):
    """A request as a text that stays out of logs."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """The bytes that are sent."""
        return _Quiet(super().encode(encoding, errors))


def _unreachable(reason: object) -> _Answer:
    # The package tells of a connection that was never made and of one that broke while it was written to alike.
    if isinstance(reason, ConnectionRefusedError | socket.gaierror | ssl.SSLCertVerificationError):
        return _Answer("retry", None, "unreachable", f"SendGrid cannot be reached ({type(reason).__name__}).")
    return _Answer("unknown", None, "connection", f"The connection broke ({type(reason).__name__}).")


def _errors(body: bytes | str | None) -> list[dict[str, Any]]:
    try:
        told = json.loads(body or b"{}")
    except ValueError:
        return []
    found = told.get("errors") if isinstance(told, dict) else None
    said = [one for one in found or () if isinstance(one, dict) and isinstance(one.get("message"), str)]
    # It may repeat an address, and what is said of a message outlives an erasure.
    return [{**one, "message": Mask().text(one["message"])} for one in said]


def _content(text: str, html: str) -> list[dict[str, str]]:
    parts = [{"type": "text/plain", "value": text or " "}]
    return [*parts, {"type": "text/html", "value": html}] if html else parts


def _key(column: str) -> str:
    return f"{{{column}}}"


def _keyed(pieces: tuple[str | Place, ...]) -> str:
    return "".join(_key(piece.column) if isinstance(piece, Place) else piece for piece in pieces)
