"""What carriers of texts and of WhatsApp post of a message's fate and of answers, in the shape of events.

They post a message's next state, not who did something: each state of a message is one event, however often it comes.
An answer is one event as well, known by the carrier's id of it; what it says stays with nobody.
No number of a phone is kept, and so none is suppressed by it; the vendors themselves refuse numbers that are gone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

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
        ours = message_id and not message_id.startswith(CONFIRMATION)
        if word and isinstance(provider_id, str) and message_id and ours and moment.isdigit():
            codes = [str(fault.get("code")) for fault in one.get("errors") or () if isinstance(fault, dict)]
            told.append(_event(META, word, message_id, provider_id, one["status"], int(moment), *codes[:1]))
    return told


class Answer(NamedTuple):
    """What somebody answered by: their number, their words, the carrier's id of it, and when."""

    phone: str
    text: str
    text_id: str
    moment: datetime


def answers_of(content: Any, now: datetime) -> list[Answer]:
    """Each message that people sent or whose button they pressed; a picture has no words and is an answer as well."""
    found = []
    for one in _listed(content, "messages"):
        pressed = one.get("interactive")
        pressed = pressed.get("button_reply") if isinstance(pressed, dict) else None
        said = _text(one.get("text"), "body") or _text(one.get("button"), "text") or _text(pressed, "title") or ""
        phone, moment = _text(one, "from"), str(one.get("timestamp", ""))
        if phone and one.get("type") not in NO_ANSWER:
            when = datetime.fromtimestamp(int(moment), UTC) if re.fullmatch("[0-9]{1,10}", moment) else now
            found.append(Answer(f"+{phone.removeprefix('+')}", said, _text(one, "id") or "", when))
    return found


def reply_of(provider: str, answer: Answer, message_id: str) -> Json:
    """That somebody answered a message, and nothing of who and what."""
    return _event(provider, "reply", message_id, answer.text_id, "reply", answer.moment.timestamp())


MESSAGE = "biz_opaque_callback_data"
# What confirms a wish is in no ledger: what becomes of it settles nothing.
CONFIRMATION = "confirmation-"
# What Meta posts among messages that nobody wrote.
NO_ANSWER = ("system", "unsupported", "request_welcome", "ephemeral")


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
