"""Telephones show some 60 characters of a subject; the rest is lost, and an empty one looks like spam."""

from __future__ import annotations

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, shown
from pipelines.safety.house_rules import HouseRules


def check(context: ScreeningContext, rules: HouseRules) -> Finding | None:
    """The subject says something in fewer characters than are shown, counted with the fallbacks of its slots."""
    under = rules.channel(context.channel).subject_under
    if under is None:
        return None
    usual = rules.slots.as_usual(context.subject)
    if not any(letter.isalnum() for letter in usual):
        return Finding("subject_length", "subject_empty", "block", "The subject says nothing.", shown(context.subject))
    if len(usual) < under:
        return None
    sentence = f"The subject has {len(usual)} characters as it usually gets; it must stay under {under}."
    return Finding("subject_length", "subject_too_long", "review", sentence, shown(usual))
