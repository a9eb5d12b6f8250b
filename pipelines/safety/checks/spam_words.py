"""Mailboxes learn words from the spam they get; one is an accident, several together are sorted out."""

from __future__ import annotations

from pipelines.safety.checks.forbidden_words import hits
from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, shown
from pipelines.safety.house_rules import HouseRules


def check(context: ScreeningContext, rules: HouseRules) -> Finding | None:
    """The weights of all triggers together decide; a subject counts more, a disguise most."""
    words = rules.told.words
    by_place: dict[str, dict[str, float]] = {}
    for place, hit in hits(context, rules, rules.spam):
        weight = rules.entries[hit.entry.name].weight
        weight *= words.subject_factor if place == "subject" else 1
        weight *= words.disguise_factor if hit.disguised else 1
        counted = by_place.setdefault(place, {})
        counted[hit.phrase] = max(counted.get(hit.phrase, 0.0), weight)
    said = sorted({phrase for counted in by_place.values() for phrase in counted})
    # The text part says the same as the page; whichever is worse counts.
    body, text = (sum(by_place.pop(place, {}).values()) for place in ("body", "text part"))
    score = max(body, text) + sum(sum(counted.values()) for counted in by_place.values())
    if score < words.review_from:
        return None
    return Finding(
        "spam_words",
        "spam_words",
        "block" if score >= words.block_from else "review",
        f"Words that mailboxes take for spam add up to {score:g} (review from {words.review_from:g}, "
        f"block from {words.block_from:g}): {', '.join(said[:8])}.",
        shown(", ".join(said)),
    )
