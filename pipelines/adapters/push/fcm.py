"""Push messages by Firebase Cloud Messaging, HTTP v1: one request a token.

What happens: see one_request_each.py. Where no token for us is to be had, nothing was sent (`retry`). That a device's
token is no longer registered is final. FCM asks to repeat after a 503, but does not say whether it took the message:
that is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.adapters.channel_limits import sorted_out
from pipelines.adapters.one_request_each import TIMEOUT_SECONDS, Line
from pipelines.adapters.push.google_sign_in import ServiceAccount, SignIn
from pipelines.adapters.push.notifications import notification, objection
from pipelines.contracts import Refusal
from pipelines.delivery.ports import OutboundMessage, Receipt

GONE = {"UNREGISTERED": "The app was removed from the device.", "SENDER_ID_MISMATCH": "The token is another app's."}


class Firebase:
    """A `Channel`: one request a token, several at a time."""

    name = "fcm"
    most_per_request = 50

    def __init__(self, account: ServiceAccount, base_url: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._line = Line("FCM", "PUSH_CREDENTIALS_FILE", timeout_seconds)
        self._sign_in = SignIn(account, self._line.answered)
        self._url = f"{base_url.rstrip('/')}/v1/projects/{account.project_id}/messages:send"

    def deliver(self, batch: Sequence[OutboundMessage]) -> Sequence[Receipt]:
        """A receipt for each; what the rules forbid is not sent."""
        return self._line.all(batch, lambda one: sorted_out(one, objection(one), lambda: self._sent(one)))

    def signed_in(self) -> str:
        """That Google gives us a token, in words; else a Refusal."""
        self._sign_in.token()
        return "Google signs the service account in"

    def _sent(self, message: OutboundMessage) -> Receipt:
        try:
            token = self._sign_in.token()
        except Refusal as refusal:
            return Receipt(message.message_id, "retry", None, "not_let_in", str(refusal))
        headers = {"Authorization": f"Bearer {token}"}
        content = {"message": notification(message)}
        request = self._line.client.build_request("POST", self._url, json=content, headers=headers)
        receipt = self._line.exchange(message.message_id, request, _read)
        if receipt.code == "not_let_in":
            self._sign_in.forget()
        return receipt


def _read(message_id: str, status: int, said: Mapping[str, Any]) -> Receipt:
    if 200 <= status < 300:
        if not isinstance(said["name"], str) or not said["name"]:
            raise ValueError("no id")
        return Receipt(message_id, "accepted", said["name"], "accepted", "FCM has it.")
    error = said["error"]
    details = [one.get("errorCode") for one in error.get("details") or []]
    code = next(filter(None, details), None) or str(error["status"])
    if code in GONE:
        return Receipt(message_id, "rejected", None, code.lower(), GONE[code])
    if status in (403, 404):
        why = "The service account may not send for this project, or there is none; check PUSH_CREDENTIALS_FILE."
        return Receipt(message_id, "retry", None, "not_let_in", why)
    return Receipt(message_id, "rejected", None, code.lower(), f"FCM refused the message ({code}).")
