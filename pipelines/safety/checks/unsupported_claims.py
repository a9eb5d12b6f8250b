"""A sentence that no approved passage bears out is a promise that nobody made (promise 3)."""

from __future__ import annotations

import re
from functools import lru_cache

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, shown
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.wording.folding import folded
from pipelines.safety.wording.slots import without_slots

# A name between two sentences is none of its own.
_MOST_WORDS = 3
_FIGURE = re.compile(r"\d")
_WORDS = re.compile(r"[^\W_]+")
# Links have a check of their own, and mark-up in a stored sentence is not read.
_UNREAD = re.compile(r"https?://[^\s<>\"')]+|</?[a-z][^<>]*>", re.IGNORECASE)


def check(context: ScreeningContext, rules: HouseRules) -> tuple[Finding, ...]:
    """Unsupported sentences block, so does what stands in no verified sentence, and so do no verdicts at all."""
    if context.verdicts is None:
        sentence = "Nobody verified the sentences of this message; verify it against approved passages first."
        return (Finding("unsupported_claims", "claims_not_verified", "block", sentence),)
    found = [
        Finding("unsupported_claims", "unsupported_claim", "block", f"{place}: {reason}", shown(text))
        for place, text, verdict, code, reason in context.verdicts
        if verdict not in ("supported", "not_factual")
    ]
    said = [_bare(text) for _, text, *_ in context.verdicts] + [_bare(text) for text in context.frame_texts]
    for place, text in context.seen:
        left = _unverified(text, said)
        if figures := [part for part in left if _FIGURE.search(part)]:
            sentence = f"The {place} holds a figure that stands in no verified sentence."
            found.append(Finding("unsupported_claims", "unverified_figure", "block", sentence, shown(figures[0])))
        elif context.frame_texts and (words := [part for part in left if len(part.split()) > _MOST_WORDS]):
            sentence = f"The {place} says something that stands in no verified sentence."
            found.append(Finding("unsupported_claims", "unverified_words", "block", sentence, shown(words[0])))
    return tuple(found)


def _unverified(text: str, said: list[str]) -> list[str]:
    """What is left when the verified sentences, and what the layout says, are taken out."""
    left = _bare(text)
    # The longest first: a short sentence may be a part of a longer one.
    for sentence in sorted({one for one in said if one.strip()}, key=len, reverse=True):
        left = left.replace(sentence, " | ")
    return [part.strip() for part in left.split("|") if part.strip()]


@lru_cache(maxsize=2048)
def _bare(text: str) -> str:
    """Only the words and figures, in one line: channels set sentences with other signs and breaks between them."""
    return f" {' '.join(_WORDS.findall(folded(_UNREAD.sub(' ', without_slots(text)))))} "
