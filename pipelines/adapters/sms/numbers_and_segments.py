"""What a text message may be and what it costs, whoever carries it."""

from __future__ import annotations

from decimal import Decimal

from pipelines.adapters.channel_limits import PHONE, Limits, Objection
from pipelines.delivery.ports import OutboundMessage
from pipelines.generation.rendering.sms import segments

# A long code sends one segment a second, a short code a hundred; Twilio queues what is above.
LIMITS = Limits(characters=1600, address=PHONE)
MOST_SEGMENTS = 10


def objection(message: OutboundMessage) -> Objection | None:
    """Why the text cannot go out; None if nothing is held against it."""
    if found := LIMITS.objection(message):
        return found
    parts = segments(message.text)
    if parts.parts > MOST_SEGMENTS:
        return "too_long", f"The text takes {parts.parts} segments as {parts.alphabet}; {MOST_SEGMENTS} is the most."
    return None


def cost_usd(message: OutboundMessage, a_segment: Decimal) -> Decimal:
    """What the text costs: each of its segments is paid for."""
    return segments(message.text).parts * a_segment
