"""WhatsApp by Meta's Cloud API: an approved template with one blank, or the text itself within 24 h of an answer.

What happens: see one_request_each.py. Our opaque id travels along and comes back in every status, so an unknown one can
be settled. Meta's limits of rate and pairs come as 400 too: those were not taken.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.adapters.channel_limits import sorted_out
from pipelines.adapters.one_request_each import TIMEOUT_SECONDS, Line
from pipelines.adapters.whatsapp.templates import LIMITS, parameter
from pipelines.contracts import Json
from pipelines.delivery.ports import OutboundMessage, Receipt

TOO_FAST = frozenset({4, 80007, 130429, 131048, 131056})
STOPPED = 131050
OF_THE_ACCOUNT = frozenset({10, 190, 131005, 131031, 131042})


def nobody_answered(_address: str) -> bool:
    """Until answers are heard, every message needs a template."""
    return False


@dataclass(frozen=True, slots=True)
class Account:
    """The sending number's id, its token, and the approved template whose one blank takes the words."""

    phone_number_id: str
    token: str = field(repr=False)
    template: str
    language: str = "en"
    base_url: str = "https://graph.facebook.com/v23.0"
    answered_lately: Callable[[str], bool] = nobody_answered
    timeout_seconds: float = TIMEOUT_SECONDS


class MetaCloud:
    """A `Channel`: one request a message, several at a time."""

    name = "meta"
    most_per_request = 50

    def __init__(self, account: Account) -> None:
        self._account = account
        self._line = Line("WhatsApp", "WHATSAPP_TOKEN", account.timeout_seconds)
        self._url = f"{account.base_url.rstrip('/')}/{account.phone_number_id}/messages"

    def deliver(self, batch: Sequence[OutboundMessage]) -> Sequence[Receipt]:
        """A receipt for each; what the rules forbid is not sent."""
        return self._line.all(batch, lambda one: sorted_out(one, LIMITS.objection(one), lambda: self._sent(one)))

    def _sent(self, message: OutboundMessage) -> Receipt:
        headers = {"Authorization": f"Bearer {self._account.token}"}
        request = self._line.client.build_request("POST", self._url, json=self._content(message), headers=headers)
        return self._line.exchange(message.message_id, request, _read)

    def _content(self, message: OutboundMessage) -> Json:
        head: Json = {
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": message.address.removeprefix("+"),
            "biz_opaque_callback_data": message.message_id,
        }  # fmt: skip
        if self._account.answered_lately(message.address):
            return {**head, "type": "text", "text": {"body": message.text}}
        blank = {"type": "body", "parameters": [{"type": "text", "text": parameter(message.text)}]}
        language = {"code": self._account.language}
        return {
            **head, "type": "template",
            "template": {"name": self._account.template, "language": language, "components": [blank]},
        }  # fmt: skip


def signed_by_meta(app_secret: str, body: bytes, signature: str) -> bool:
    """Whether Meta posted exactly these bytes."""
    right = "sha256=" + hmac.digest(app_secret.encode(), body, hashlib.sha256).hex()
    return hmac.compare_digest(right.encode(), signature.encode())


def _read(message_id: str, status: int, said: Mapping[str, Any]) -> Receipt:
    if 200 <= status < 300:
        provider_id = said["messages"][0]["id"]
        if not isinstance(provider_id, str) or not provider_id:
            raise ValueError("no id")
        return Receipt(message_id, "accepted", provider_id, "accepted", "WhatsApp has it.")
    code = int(said["error"]["code"])
    if code in TOO_FAST:
        return Receipt(message_id, "retry", None, "throttled", f"WhatsApp takes no more just now (error {code}).")
    if code in OF_THE_ACCOUNT:
        why = f"WhatsApp does not let the account send (error {code}); check WHATSAPP_TOKEN and the account."
        return Receipt(message_id, "retry", None, "not_let_in", why)
    if code == STOPPED:
        return Receipt(message_id, "rejected", None, "unsubscribed", "The person has stopped advertising in WhatsApp.")
    return Receipt(message_id, "rejected", None, str(code), f"WhatsApp refused the message (error {code}).")
