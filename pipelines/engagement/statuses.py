"""What carriers of texts and of WhatsApp post of a message's fate, in the shape in which events are kept.

They post a message's next state, not who did something: each state of a message is one event, however often it comes.
No number of a phone is kept, and so none is suppressed by it; the vendors themselves refuse numbers that are gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pipelines.contracts import Json

TWILIO, META = "twilio", "meta"
# A text that failed never left; one that is undelivered was refused on its way.
OF_TWILIO = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), "processed"), "delivered": "delivered",
    "read": "open", "undelivered": "bounce", "failed": "dropped", "canceled": "dropped",
}  # fmt: skip
OF_META = {"sent": "processed", "delivered": "delivered", "read": "open", "failed": "bounce"}


def of_twilio(form: Mapping[str, str], message_id: str, now: datetime) -> Json | None:
    """The state of a text that a form tells, or None; Twilio says no moment, so it is that of the post."""
    word, sid = OF_TWILIO.get(form.get("MessageStatus", "")), form.get("MessageSid", "")
    if word is None or not sid:
        return None
    return _event(TWILIO, word, message_id, sid, form["MessageStatus"], now.timestamp(), form.get("ErrorCode"))


def of_meta(content: Any) -> list[Json]:
    """The states of messages that a post of Meta tells; what is nothing of the kind is passed over."""
    told = []
    for one in _listed(content, "statuses"):
        word, provider_id, message_id = OF_META.get(str(one.get("status"))), one.get("id"), _text(one, MESSAGE)
        moment = str(one.get("timestamp", ""))
        if word and isinstance(provider_id, str) and message_id and moment.isdigit():
            codes = [str(fault.get("code")) for fault in one.get("errors") or () if isinstance(fault, dict)]
            told.append(_event(META, word, message_id, provider_id, one["status"], int(moment), *codes[:1]))
    return told


def answers_of(content: Any) -> list[tuple[str, str, str]]:
    """The number, words and id of each message that people wrote or whose button they pressed."""
    found = []
    for one in _listed(content, "messages"):
        said = _text(one.get("text"), "body") or _text(one.get("button"), "text")
        if (phone := _text(one, "from")) and said:
            found.append((f"+{phone.removeprefix('+')}", said, _text(one, "id") or ""))
    return found


MESSAGE = "biz_opaque_callback_data"


def _event(
    provider: str, word: str, message_id: str, provider_id: str, state: str, moment: float, error: str | None = None
) -> Json:
    same = hashlib.sha256("|".join((provider, provider_id, state)).encode()).hexdigest()
    told: Json = {"event": word, "timestamp": moment, "sg_event_id": same, "liftline_message": message_id}
    # Whether the next try would arrive, nobody says: one that failed is soft.
    return told | ({"type": "blocked", "reason": f"{provider} says {state} (error {error})"} if error else {})


def _listed(content: Any, name: str) -> Iterator[dict[str, Any]]:
    for entry in _some(content, "entry"):
        for change in _some(entry, "changes"):
            yield from _some(change.get("value"), name)


def _some(holder: Any, name: str) -> list[dict[str, Any]]:
    listed = holder.get(name) if isinstance(holder, dict) else None
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _text(holder: Any, name: str) -> str | None:
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, str) and value else None
