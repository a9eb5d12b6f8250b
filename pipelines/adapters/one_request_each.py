"""Messages that a vendor takes one a request: several at a time, and each exchange read by the house's rule.

What happens: a refused connection, 401 and 429 are surely not accepted (`retry`). A time-out, a broken or half answer
and a 5xx after the request was sent may have been accepted (`unknown`). A refusal in the vendor's words is final
(`rejected`), unless it is about the account. Nothing is tried twice here: whether and when to try again is for delivery
to decide, from its ledger.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx

from pipelines.adapters.patience import told_to_wait
from pipelines.delivery.ports import Outcome, Receipt

TIMEOUT_SECONDS, CONNECT_SECONDS, AT_ONCE = 20.0, 5.0, 10
MOST_ANSWER_BYTES = 1_000_000
# Before the first byte of a request was out.
NOT_SENT = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol,
    httpx.LocalProtocolError, httpx.InvalidURL,
)  # fmt: skip

# What a refusal may be about that is not in the vendor's own words: else a proxy or a wrong address has answered.
ABOUT_THE_MESSAGE = (400, 413, 422)

Reading = Callable[[str, int, Any], Receipt]


class Line:
    """The line to one vendor: the setting that holds its key, and a client whose connections stay open."""

    def __init__(self, vendor: str, key_variable: str, timeout_seconds: float) -> None:
        self._vendor, self._key_variable, self._timeout = vendor, key_variable, timeout_seconds
        patience = httpx.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds))
        self.client = httpx.Client(timeout=patience, limits=httpx.Limits(max_connections=AT_ONCE))

    def all(self, messages: Sequence[Any], send: Callable[[Any], Receipt]) -> list[Receipt]:
        """A receipt for each, in their order."""
        with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
            return list(threads.map(send, messages))

    def exchange(self, message_id: str, request: httpx.Request, read: Reading) -> Receipt:
        """Send one request and say what became of the message; `read` understands what the vendor itself says."""

        def said(outcome: Outcome, code: str, reason: str, wait: float | None = None) -> Receipt:
            return Receipt(message_id, outcome, None, code, reason, wait)

        try:
            answer = self.answered(request)
        except NOT_SENT as error:
            return said("retry", "unreachable", f"{self._vendor} cannot be reached ({type(error).__name__}).")
        except (httpx.HTTPError, TimeoutError) as error:
            why = (
                f"{self._vendor} broke off before it answered ({type(error).__name__}); it may have taken the message."
            )
            return said("unknown", "no_answer", why)
        status = answer.status_code
        if status == 429:
            wait = told_to_wait(answer.headers, datetime.now(UTC))
            return said("retry", "throttled", f"{self._vendor} takes no more just now.", wait)
        if status == 401:
            return said("retry", "not_let_in", f"{self._vendor} does not accept the key; check {self._key_variable}.")
        if status >= 500:
            return said(
                "unknown", f"http_{status}", f"{self._vendor} failed ({status}); it may have taken the message."
            )
        try:
            return read(message_id, status, answer.json())
        # A code of 1e999 is an OverflowError, brackets without end are a RecursionError.
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError):
            if answer.is_success:
                return said("unknown", "unreadable", f"{self._vendor} answered {status} with something unreadable.")
            if status in ABOUT_THE_MESSAGE:
                return said("rejected", f"http_{status}", f"{self._vendor} refused the message ({status}).")
            why = f"What answered does not speak for {self._vendor} ({status}); check the address in the settings."
            return said("retry", f"http_{status}", why)

    def answered(self, request: httpx.Request) -> httpx.Response:
        """The whole answer within one deadline: a server that drips would keep httpx's own time-out waiting."""
        end = time.monotonic() + self._timeout
        response = self.client.send(request, stream=True)
        try:
            body = b""
            for piece in response.iter_bytes():
                body += piece
                if time.monotonic() > end or len(body) > MOST_ANSWER_BYTES:
                    raise httpx.ReadTimeout("The answer does not end.")
        finally:
            response.close()
        headers = {name: value for name, value in response.headers.items() if name != "content-encoding"}
        return httpx.Response(response.status_code, headers=headers, content=body, request=request)
