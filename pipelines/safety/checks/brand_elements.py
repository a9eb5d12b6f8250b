"""Readers should see who writes, to whom, and what they are asked to do: one thing, once, in words of its own."""

from __future__ import annotations

from pipelines.safety.brand import missing_elements, score_told
from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding
from pipelines.safety.house_rules import HouseRules


def check(context: ScreeningContext, rules: HouseRules) -> tuple[Finding, ...]:
    """A name or company to speak to, exactly one clear call to action, and the sender: what is missing is reviewed."""
    missing = tuple(missing_elements(context, rules))
    if not missing:
        return ()
    score = score_told(context, rules)
    return tuple(
        Finding("brand_elements", code, "review", f"{sentence} {score}", seen) for code, sentence, seen in missing
    )
