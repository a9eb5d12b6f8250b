"""Some readers get the page and some the plain text: what is approved for one has to be what the other reads."""

from __future__ import annotations

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.wording.folding import folded
from pipelines.safety.wording.phrases import read

_LEAST_ALIKE = 0.8


def check(context: ScreeningContext, rules: HouseRules) -> Finding | None:
    """A mail has a text part, and its words are those of the page."""
    if context.channel != "email":
        return None
    page = read(context.folded_body).whole
    text = read(folded(context.text)).whole
    if not text or not page:
        sentence = f"The mail has no {'text part' if not text else 'page that says anything'}."
        return Finding("text_part", "part_missing", "block", sentence)
    alike = len(page & text) / max(len(page), len(text))
    if alike >= _LEAST_ALIKE:
        return None
    sentence = f"Page and text part share only {alike:.0%} of their words; readers would get two messages."
    return Finding("text_part", "parts_differ", "review", sentence, f"{alike:.2f}")
