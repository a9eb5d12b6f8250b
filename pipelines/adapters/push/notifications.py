"""What a push message may be, whoever carries it."""

from __future__ import annotations

from pipelines.adapters.channel_limits import Limits, Objection
from pipelines.contracts import Json
from pipelines.delivery.ports import OutboundMessage

# The address is the token of one app on one device.
LIMITS = Limits(characters=1000, address=r"[A-Za-z0-9_:=.-]{1,4096}")
MOST_BYTES = 4000
# The header of our message that says where a tap leads.
LINK = "link"


def objection(message: OutboundMessage) -> Objection | None:
    """Why the message cannot go out; None if nothing is held against it."""
    if found := LIMITS.objection(message):
        return found
    size = len("".join((message.subject, message.text, message.headers.get(LINK, ""))).encode())
    if size > MOST_BYTES:
        return "too_long", f"The message has {size:,} bytes; {MOST_BYTES:,} is the most."
    return None


def notification(message: OutboundMessage) -> Json:
    """The message as FCM takes it for every kind of device; our opaque id goes along for what is reported back."""
    link = message.headers.get(LINK, "")
    content: Json = {
        "token": message.address,
        "notification": {"title": message.subject, "body": message.text},
        "data": {"liftline_message": message.message_id, **({LINK: link} if link else {})},
        "fcm_options": {"analytics_label": "liftline"},
    }
    if link.startswith("https://"):
        content["webpush"] = {"fcm_options": {"link": link}}
    return content
