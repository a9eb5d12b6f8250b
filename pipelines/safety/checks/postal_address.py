"""The law asks every marketing mail where its sender can be found (CAN-SPAM), and readers have to be able to see it."""

from __future__ import annotations

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding
from pipelines.safety.house_rules import HouseRules

SLOT = "postal.address"


def check(context: ScreeningContext, rules: HouseRules) -> Finding | None:
    """The slot of the address stands in the page and in the text part, where it is seen."""
    if not context.marketing or "postal address" not in rules.channel(context.channel).needs:
        return None
    parts = {"page": context.page.always_seen, "text part": context.text}
    missing = [part for part, text in parts.items() if SLOT not in rules.slots.names_in(text)]
    if not missing:
        return None
    hidden = SLOT in rules.slots.names_in(context.html)
    where = " and the ".join(missing)
    if hidden and missing == ["page"]:
        sentence = "The postal address stands in the mail where readers cannot see it; show {{postal.address}}."
        return Finding("postal_address", "postal_address_hidden", "block", sentence)
    sentence = f"The postal address is missing from the {where}; put {{{{postal.address}}}} there."
    return Finding("postal_address", "postal_address_missing", "block", sentence)
