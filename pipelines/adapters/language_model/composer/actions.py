"""The call to action: the brief's own words, with at most a turn that fits the strategy."""

from __future__ import annotations

import re

_INVITING = re.compile(r"(?:see|look|visit|meet|discover|explore|browse|try|find out)\b", re.IGNORECASE)
_TIMED = re.compile(r"\b(?:now|today|tonight|tomorrow|soon|until|till|by|before|yourself|this week)\b", re.IGNORECASE)
NEUTRAL = "Read the details"


def call_to_action(text: str, strategy: str | None, banned: frozenset[str]) -> str:
    """The words on the button; neutral ones only where the brief's own were refused."""
    plain = text.strip().rstrip(".")
    if plain in banned or text in banned:
        return NEUTRAL
    turned = _turned(plain, strategy)
    return plain if turned in banned else turned


def _turned(plain: str, strategy: str | None) -> str:
    if not _INVITING.match(plain) or _TIMED.search(plain) or plain.endswith(("!", "?")):
        return plain
    if strategy in ("curiosity", "social_proof") and not plain.lower().startswith(("look", "visit", "browse")):
        return f"{plain} for yourself"
    if strategy == "friendly" and plain.lower().startswith(("see ", "meet ", "visit ")):
        return f"Come and {plain[0].lower()}{plain[1:]}"
    if strategy == "direct":
        return f"{plain} now"
    return plain
