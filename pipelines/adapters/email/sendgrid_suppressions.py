"""The lists of people whom SendGrid sends nothing more, read whole, and those whom we add to its global one.

Reading changes nothing and adding twice is adding once, so whatever fails is asked again: a 429 when SendGrid says so,
a 5xx, a time-out, a broken connection and half a page after a while. What still fails is a refusal, and nothing of what
was read so far is kept.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.error import URLError

from python_http_client.exceptions import HTTPError

from pipelines.adapters.email.sendgrid import Account, line
from pipelines.adapters.patience import Patience, told_to_wait
from pipelines.contracts import Refusal
from pipelines.delivery.ports import Listed, StopReason

PAGE, MOST_AT_ONCE = 500, 1000
# SendGrid drops what goes to an address of any of these; `unsubscribes` is its global list.
LISTS: dict[str, StopReason] = {
    "bounces": "hard_bounce", "invalid_emails": "hard_bounce", "spam_reports": "complaint",
    "unsubscribes": "unsubscribe",
}  # fmt: skip


class SendGridSuppressions:
    """A `SuppressionList` of one account of SendGrid."""

    name = "sendgrid"

    def __init__(self, account: Account, patience: Patience[None]) -> None:
        self._patience = patience
        self._lists = {name: line(account, "suppression", name) for name in LISTS}
        self._global = line(account, "asm", "suppressions", "global")

    def listed(self) -> Iterator[Listed]:
        """Everybody on any of its lists; whoever is on two comes twice."""
        for name, reason in LISTS.items():
            offset = 0
            while True:
                page = self._page(name, offset)
                yield from (
                    Listed(one["email"].strip().lower(), reason, datetime.fromtimestamp(one["created"], UTC))
                    for one in page
                )
                if len(page) < PAGE:
                    break
                offset += PAGE

    def add(self, addresses: Sequence[str]) -> None:
        """Put these on the global list."""
        for start in range(0, len(addresses), MOST_AT_ONCE):
            body = {"recipient_emails": list(addresses[start : start + MOST_AT_ONCE])}
            self._asked("global suppressions", partial(self._global.post, request_body=body))

    def _page(self, name: str, offset: int) -> list[dict[str, Any]]:
        asked = {"limit": PAGE, "offset": offset}
        told = self._asked(name, partial(self._lists[name].get, query_params=asked))
        assert isinstance(told, list)
        return told

    def _asked(self, what: str, ask: Callable[[], Any]) -> Any:
        tried = 0
        while True:
            tried += 1
            wait = None
            try:
                return _read(ask().body, pages=what in LISTS)
            except HTTPError as error:
                trouble, wait = f"answered {error.status_code}", self._wait(error)
                if error.status_code in (401, 403):
                    raise Refusal(
                        f"SendGrid does not let us at its {what}; give SENDGRID_API_KEY the right to suppressions."
                    ) from error
                if error.status_code < 500 and error.status_code not in (408, 429):
                    raise Refusal(f"SendGrid refused to be asked for its {what} ({error.status_code}).") from error
            except (TimeoutError, URLError, http.client.HTTPException, OSError) as error:
                trouble = f"did not answer ({type(error).__name__})"
            except ValueError:
                trouble = "sent half a page"
            if tried == self._patience.tries:
                raise Refusal(f"SendGrid {trouble} when asked for its {what}, {tried} times; nothing was kept.")
            self._patience.sleep(self._patience.pause(tried, wait))

    def _wait(self, error: HTTPError) -> float | None:
        headers = {name.lower(): str(value) for name, value in (error.headers or {}).items()}
        asked_for = told_to_wait(headers, self._patience.clock())
        reset = headers.get("x-ratelimit-reset", "")
        if asked_for is None and reset.isdigit():
            asked_for = max(int(reset) - self._patience.clock().timestamp(), 0.0)
        return asked_for


def _read(body: bytes, *, pages: bool) -> Any:
    told = json.loads(body)
    if pages and not (
        isinstance(told, list)
        and all(isinstance(one, dict) and isinstance(one.get("email"), str) for one in told)
        and all(isinstance(one.get("created"), int) for one in told)
    ):
        raise ValueError("no page of a list")
    return told
