"""Words that readers cannot see are written for filters, or against readers; only the preheader may hide."""

from __future__ import annotations

import re

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, shown
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.wording.folding import folded

# Marks that turn the order of letters around, or stand for nothing at all.
_TURNED = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def check(context: ScreeningContext, rules: HouseRules) -> tuple[Finding, ...]:
    """Hidden words block, whatever hides them; what only some programs hide, or cannot be read out, is reviewed."""
    page = context.page
    found = [_of(one.words, one.why, one.always) for one in page.hidden if not _is_preheader(one.words, context)]
    told_twice = [one for one in page.hidden if _is_preheader(one.words, context)][1:]
    found += [_of(one.words, f"{one.why}, besides the preheader", True) for one in told_twice]
    found += [
        Finding(
            "hidden_text", "turned_text", "block", f"The {place} holds marks that turn letters around.", shown(text)
        )
        for place, text in context.everything
        if not text.isascii() and _TURNED.search(text)
    ]
    if any(letter.isalnum() for letter in page.unspoken):
        sentence = "The mail shows words that it keeps from screen readers."
        found.append(Finding("hidden_text", "text_kept_from_listeners", "review", sentence, shown(page.unspoken)))
    said = [text for sheet in page.sheets for text in sheet.said]
    if said:
        sentence = "A style sheet writes words of its own into the mail."
        found.append(Finding("hidden_text", "text_in_style", "block", sentence, shown(" ".join(said))))
    if page.unreadable:
        sentence = "A style cannot be told from one look at the mail, so nobody knows what it shows."
        found.append(Finding("hidden_text", "unreadable_style", "review", sentence, shown(", ".join(page.unreadable))))
    return tuple({(one.code, one.evidence): one for one in found}.values())


def _of(words: str, why: str, always: bool) -> Finding:
    if always:
        return Finding("hidden_text", "hidden_text", "block", f"Readers cannot see some words ({why}).", shown(words))
    sentence = f"Some readers cannot see some words ({why})."
    return Finding("hidden_text", "text_hidden_for_some", "review", sentence, shown(words))


def _is_preheader(words: str, context: ScreeningContext) -> bool:
    """Whether it says what the preheader says; the blanks that push the body away are not read."""
    return bool(context.preheader) and _said(words) == _said(context.preheader)


def _said(text: str) -> str:
    return " ".join(folded(text).split())
