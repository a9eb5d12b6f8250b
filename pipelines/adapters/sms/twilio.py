"""Text messages by Twilio's Messages resource, and whether a post that says so comes from Twilio.

What happens: see one_request_each.py. Twilio knows no key that would make a second request harmless, so what is unknown
stays so until its status is told. A full queue of the number (21611) was not taken.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pipelines.adapters.channel_limits import sorted_out
from pipelines.adapters.one_request_each import TIMEOUT_SECONDS, Line
from pipelines.adapters.sms.numbers_and_segments import cost_usd, objection
from pipelines.delivery.ports import OutboundMessage, Receipt

STOPPED, QUEUE_FULL = 21610, 21611
# Wrong key, account gone or suspended, sender not ours: nobody's number is at fault, so nobody is given up.
OF_THE_ACCOUNT = frozenset({20003, 20005, 20006, 20404, 21603, 21606, 21659, 21701, 21703})


@dataclass(frozen=True, slots=True)
class Account:
    """Whose account, and the number (+49…) or messaging service (MG…) that texts come from."""

    sid: str
    auth_token: str = field(repr=False)
    sender: str
    base_url: str = "https://api.twilio.com"
    a_segment_usd: Decimal = Decimal(0)
    timeout_seconds: float = TIMEOUT_SECONDS
    # Where Twilio posts what becomes of a text; it takes only an address that the world can reach.
    status_url: str | None = None


class Twilio:
    """A `Channel`: one request a text, several at a time."""

    name = "twilio"
    most_per_request = 50

    def __init__(self, account: Account) -> None:
        self._account = account
        self._line = Line("Twilio", "TWILIO_AUTH_TOKEN", account.timeout_seconds)
        self._url = f"{account.base_url.rstrip('/')}/2010-04-01/Accounts/{account.sid}/Messages.json"
        self._from = "MessagingServiceSid" if account.sender.startswith("MG") else "From"

    def deliver(self, batch: Sequence[OutboundMessage]) -> Sequence[Receipt]:
        """A receipt for each; what the rules forbid is not sent."""
        return self._line.all(batch, lambda one: sorted_out(one, objection(one), lambda: self._sent(one)))

    def cost_usd(self, message: OutboundMessage) -> Decimal:
        """What the text costs."""
        return cost_usd(message, self._account.a_segment_usd)

    def _sent(self, message: OutboundMessage) -> Receipt:
        account = self._account
        form = {"To": message.address, self._from: account.sender, "Body": message.text}
        if account.status_url:
            form["StatusCallback"] = f"{account.status_url}?message={message.message_id}"
        key = base64.b64encode(f"{account.sid}:{account.auth_token}".encode()).decode()
        headers = {"Authorization": f"Basic {key}"}
        request = self._line.client.build_request("POST", self._url, data=form, headers=headers)
        return self._line.exchange(message.message_id, request, _read)


def signed_by_twilio(auth_token: str, url: str, form: Sequence[tuple[str, str]], signature: str) -> bool:
    """Whether Twilio posted this form to this address; a signature that is no text of ours is a no."""
    said = url + "".join(name + value for name, value in sorted(set(form)))
    right = base64.b64encode(hmac.digest(auth_token.encode(), said.encode(), hashlib.sha1))
    return hmac.compare_digest(right, signature.encode())


def _read(message_id: str, status: int, said: Mapping[str, Any]) -> Receipt:
    if 200 <= status < 300:
        return Receipt(message_id, "accepted", _text(said["sid"]), "accepted", f"Twilio has it ({said['status']}).")
    code = int(said["code"])
    if code == QUEUE_FULL:
        return Receipt(message_id, "retry", None, str(code), "The queue of the sending number is full.")
    if code in OF_THE_ACCOUNT:
        why = f"Twilio does not let the account send (error {code}); check TWILIO_ACCOUNT_SID and TWILIO_SENDER."
        return Receipt(message_id, "retry", None, "not_let_in", why)
    if code == STOPPED:
        return Receipt(message_id, "rejected", None, "unsubscribed", "The number has answered STOP to Twilio.")
    return Receipt(message_id, "rejected", None, str(code), f"Twilio refused the text (error {code}).")


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("no id")
    return value
