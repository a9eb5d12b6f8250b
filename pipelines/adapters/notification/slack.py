"""Notices to a Slack channel, by its incoming webhook.

What happens: a time-out, a broken connection, 429 and 5xx are not delivered, and the caller tells again later; a 4xx is
not delivered either and names the setting. A webhook's address is a secret, so no message repeats it.
"""

from __future__ import annotations

import re

import httpx

from pipelines.contracts import Probe
from pipelines.safety.ports import NotDelivered, Notice

TIMEOUT_SECONDS = 10.0


class SlackNotifier:
    """A `Notifier` that posts to a webhook."""

    name = "slack"

    def __init__(self, webhook: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._webhook, self._timeout = webhook, timeout_seconds

    def tell(self, notice: Notice) -> None:
        """Post one message; only a plain 200 counts as delivered."""
        said = f"{_escaped(notice.sentence)} <{notice.link}|Look at it>"
        try:
            answer = httpx.post(self._webhook, json={"text": said}, timeout=self._timeout)
        except httpx.TimeoutException:
            raise NotDelivered(f"Slack did not answer within {self._timeout:g} s; it is told again later.") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = type(error).__name__
            raise NotDelivered(f"Slack cannot be reached ({why}); check SLACK_WEBHOOK_URL.") from None
        if answer.status_code == 200:
            return
        if answer.status_code == 429 or answer.status_code >= 500:
            raise NotDelivered(f"Slack answered {answer.status_code}; it is told again later.")
        raise NotDelivered(f"Slack answered {answer.status_code}; check SLACK_WEBHOOK_URL.")

    def probe(self) -> Probe:
        """Whether the host answers at all; only a message would show whether the webhook is still valid."""
        try:
            httpx.head(httpx.URL(self._webhook).copy_with(path="/", query=None), timeout=self._timeout)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            detail = f"cannot be reached ({type(error).__name__})"
            return Probe("notification", self.name, False, detail, "Check the network and SLACK_WEBHOOK_URL.")
        return Probe("notification", self.name, True, "answers; a notice will show whether it takes the webhook")


def _escaped(text: str) -> str:
    """Slack reads three characters as its own."""
    return re.sub("[&<>]", lambda sign: {"&": "&amp;", "<": "&lt;", ">": "&gt;"}[sign[0]], text)
