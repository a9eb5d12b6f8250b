"""What a WhatsApp message may be: outside the 24 hours after an answer, a template that Meta approved."""

from __future__ import annotations

from pipelines.adapters.channel_limits import PHONE, Limits

# Meta does not deliver marketing templates to numbers of the United States and Canada.
LIMITS = Limits(characters=1024, address=PHONE, forbidden_prefixes=("+1",))


def parameter(text: str) -> str:
    """The words as Meta takes them for a template's blank: on one line, never several spaces on end."""
    return " ".join(text.split())
