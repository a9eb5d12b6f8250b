"""What two mail programs read differently was never checked for one of them; plain HTML leaves no such room."""

from __future__ import annotations

import re
from functools import lru_cache

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, shown
from pipelines.safety.house_rules import HouseRules

_CONDITION = re.compile(r"\[if[^\]]*\]>(?P<inside>.*?)(?:<!\[endif\]|\Z)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_UNREAD = re.compile(r"<(style|xml)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_LEADS = re.compile(r"(?:href|src|action|background)\s*=|url\s*\(|@import|<script|<form|<iframe", re.IGNORECASE)


def check(context: ScreeningContext, rules: HouseRules) -> tuple[Finding, ...]:
    """Malformed or bottomless mark-up and words for some programs only block, sloppy nesting is reviewed."""
    page = context.page
    found = [
        Finding(
            "markup",
            "ambiguous_markup",
            "block",
            f"The page cannot be read in one way only: it has {fault}.",
            shown(fault),
        )
        for fault in page.faults[:5]
    ]
    if page.misnested:
        sentence = f"Elements do not open and close in order: {shown(page.misnested[0], 80)}."
        found.append(Finding("markup", "misnested_markup", "review", sentence, shown("; ".join(page.misnested[:3]))))
    for comment in page.comments:
        if (condition := _CONDITION.match(comment)) and (said := _said(condition["inside"])):
            sentence = "Some programs show words or links that are a comment to all others, so no check looked at them."
            found.append(Finding("markup", "words_for_some_programs", "block", sentence, shown(said)))
            break
    return tuple(found)


@lru_cache(maxsize=512)
def _said(inside: str) -> str:
    """The words and links that a conditional comment adds; frames and styles around the same words are layout."""
    if inside.strip() in ("<!", ""):
        return ""
    layout = _UNREAD.sub("", inside)
    words = _TAG.sub(" ", layout).strip()
    leads = _LEADS.search(inside)
    return words if any(letter.isalnum() for letter in words) else leads[0] if leads else ""
