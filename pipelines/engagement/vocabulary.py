"""What providers call what happened, in our words; a word that no table knows is kept as `other`."""

from __future__ import annotations

from types import MappingProxyType

WORDS = (
    "sent", "delivered", "deferred", "bounced", "dropped", "opened", "clicked", "replied", "converted", "complained",
    "unsubscribed", "resubscribed", "other",
)  # fmt: skip

SENDGRID = MappingProxyType(
    {
        "processed": "sent",
        "delivered": "delivered",
        "deferred": "deferred",
        "bounce": "bounced",
        "blocked": "bounced",
        "dropped": "dropped",
        "open": "opened",
        "click": "clicked",
        "spamreport": "complained",
        "spam_report": "complained",
        "unsubscribe": "unsubscribed",
        "group_unsubscribe": "unsubscribed",
        "group_resubscribe": "resubscribed",
        # Not the provider's own: what our API, files and tracked links add in the same shape.
        "reply": "replied",
        "inbound": "replied",
        "conversion": "converted",
        "purchase": "converted",
    }
)

# What a person or a robot may have done: these are judged. Whoever does the second kind means it.
JUDGED = ("opened", "clicked")
INTENT = ("replied", "converted", "complained", "unsubscribed", "resubscribed")

# A bounce is soft where the provider says that the message was blocked, or names a passing cause; else it is hard.
SOFT_TYPES = ("blocked",)
SOFT_CLASSES = (
    "technical failure", "content", "reputation", "frequency or volume too high", "mailbox unavailable",
)  # fmt: skip
