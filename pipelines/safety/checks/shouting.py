"""Capitals and exclamation marks are how spam sounds, and nobody is convinced louder."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, Severity, shown
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.wording.slots import without_slots

_WORD = re.compile(r"[^\W\d_]{2,}")
_MARKS = re.compile(r"[!！¡❗❕‼⁉]")
_MONEY = re.compile(r"([$€£¥])\s*\1|[$€£]{2,}")
_RUN = re.compile(r"[!！?？]{3,}")
_LOUD = 4


def check(context: ScreeningContext, rules: HouseRules) -> tuple[Finding, ...]:
    """A subject is never all capitals; words in capitals, exclamation marks and rows of signs stay few."""
    return tuple(
        Finding("shouting", code, severity, sentence, seen) for code, severity, sentence, seen in _found(context, rules)
    )


def _found(context: ScreeningContext, rules: HouseRules) -> Iterator[tuple[str, Severity, str, str]]:
    limits = rules.told.capitals
    allowed = frozenset(limits.allowed)
    for place, text in (("subject", context.subject), ("preheader", context.preheader), ("body", context.body)):
        bare = without_slots(text)
        words = _WORD.findall(bare)
        loud = [word for word in words if len(word) >= _LOUD and word.isupper() and word not in allowed]
        if words and (
            len(loud) > limits.most_share * len(words) and len(loud) > 1 or _row(words, loud) > limits.most_in_a_row
        ):
            sentence = f"The {place} shouts: {len(loud)} of {len(words)} words are in capitals."
            yield "capitals", "review", sentence, shown(" ".join(loud[:6]))
        marks = len(_MARKS.findall(bare))
        most = limits.most_marks_in_subject if place == "subject" else limits.most_marks
        if marks > most or _RUN.search(bare):
            yield (
                "exclamation_marks",
                "review",
                f"The {place} has {marks} exclamation marks; {most} is the most.",
                str(marks),
            )
        if money := _MONEY.search(bare):
            yield "money_signs", "review", f"The {place} has money signs in a row.", shown(money[0])


def _row(words: list[str], loud: list[str]) -> int:
    """The most words in capitals that stand side by side."""
    most = row = 0
    capitals = set(loud)
    for word in words:
        row = row + 1 if word in capitals else 0
        most = max(most, row)
    return most
