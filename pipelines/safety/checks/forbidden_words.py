"""Some words cost more trust than any sale brings, and the house has agreed not to say them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, shown
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.wording.folding import folded
from pipelines.safety.wording.phrases import Hit, Phrases


def check(context: ScreeningContext, rules: HouseRules) -> tuple[Finding, ...]:
    """A forbidden word blocks, in the subject as in the body, disguised or not."""
    found: dict[str, Finding] = {}
    for place, hit in hits(context, rules, rules.forbidden):
        disguise = " in disguise" if hit.disguised else ""
        sentence = f"The {place} says “{hit.phrase}”{disguise}, which the house does not say ({hit.entry.name})."
        found.setdefault(hit.phrase, Finding("forbidden_words", "forbidden_word", "block", sentence, shown(hit.phrase)))
    return tuple(found.values())


def hits(context: ScreeningContext, rules: HouseRules, phrases: Phrases) -> Iterator[tuple[str, Hit]]:
    """Every hit of a word list with its place, but for words that approved passages bear out where they stand."""
    found = [(place, hit) for place, text in context.seen for hit in phrases.find(folded(text))]
    excused = _borne_out(context, rules, phrases) if found else Counter()
    # The text part says the same as the page again.
    again = excused.copy()
    for place, hit in found:
        left = again if place == "text part" else excused
        if not hit.disguised and left[hit.phrase] > 0:
            left[hit.phrase] -= 1
        else:
            yield place, hit


def _borne_out(context: ScreeningContext, rules: HouseRules, phrases: Phrases) -> Counter[str]:
    """How often each word stands in a supported sentence where it may."""
    said = (hit for sentence in context.supported for hit in phrases.find(folded(sentence)))
    return Counter(hit.phrase for hit in said if rules.entries[hit.entry.name].supported and not hit.disguised)
