"""A message that changes its voice halfway sounds like nobody; the brief says which voice it is to have."""

from __future__ import annotations

from pipelines.safety.brand import score_told, tone_of
from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, shown
from pipelines.safety.house_rules import HouseRules


def check(context: ScreeningContext, rules: HouseRules) -> Finding | None:
    """Enough of the words stand in sentences that keep to the register asked for."""
    tone = tone_of(context, rules)
    least = rules.told.tone.least
    if tone.consistency >= least:
        return None
    sentence = (
        f"The tone is kept in {tone.consistency:.0%} of the words, at least {least:.0%} is wanted; "
        f"“{shown(tone.broken[0][0], 60)}” has {tone.broken[0][1]}. "
        f"{score_told(context, rules)}"
    )
    seen = "; ".join(f"{why}: {text}" for text, why in tone.broken)
    return Finding("tone", "tone_inconsistent", "review", sentence, shown(seen))
