"""What is cut off is not read: Gmail hides the end of a long mail, and the way out with it."""

from __future__ import annotations

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.wording.segments import segments

_LONGEST_TEXT_PART = 30_000
# Below that no slots make a message too large.
_NEAR = 30_000


def check(context: ScreeningContext, rules: HouseRules) -> Finding | None:
    """Bytes, characters and segments as the message usually gets stay within what its channel shows whole."""
    limits = rules.channel(context.channel)
    known = {"campaign.link": context.link}
    text = rules.slots.as_usual(context.text, known)
    size = len((context.html or context.text).encode("utf-8", "replace"))
    if size > _NEAR:
        size = len(rules.slots.as_usual(context.html or context.text, known).encode("utf-8", "replace"))
    # LinkedIn and others count as JavaScript does: an emoji is two.
    letters = len(text.encode("utf-16-le", "surrogatepass")) // 2
    parts = segments(text) if limits.most_segments is not None else 0
    measured = (
        ("too_many_bytes", size, limits.most_bytes, "bytes"),
        ("too_many_characters", letters, limits.most_characters, "characters"),
        ("too_many_segments", parts, limits.most_segments, "segments"),
        ("too_many_characters", len(text), _LONGEST_TEXT_PART, "characters of text"),
    )
    for code, found, most, unit in measured:
        if most is not None and found > most:
            sentence = f"The message has {found:,} {unit}; {most:,} is the most that {context.channel} shows whole."
            return Finding("size", code, "block", sentence, f"{found} {unit}")
    if limits.review_bytes is not None and size > limits.review_bytes:
        sentence = (
            f"The message has {size:,} bytes, not far from the {limits.most_bytes or 0:,} after which it is cut off."
        )
        return Finding("size", "near_the_limit", "review", sentence, f"{size} bytes")
    return None
