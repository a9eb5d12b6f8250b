"""Money: who must agree to a discount, and whether a budget is nearly spent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.safety.guardrails.policy import Budgets, Discounts
from pipelines.safety.guardrails.reasons import MONEY
from pipelines.safety.guardrails.verdicts import GuardrailVerdict

_PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d+)?)\s*(?:%|％|per\s?cent\b|pct\b|prozent\b)", re.IGNORECASE)
_HALF = re.compile(r"\b(half[\s-](price|off)|(two|2)[\s-]for[\s-](one|1)|buy one,? get one)\b", re.IGNORECASE)


def discount_in(offer: str) -> float:
    """The greatest discount that an offer names, in percent; half a price is 50."""
    named = [float(found.replace(",", ".")) for found in _PERCENT.findall(offer)]
    return max([*named, *([50.0] if _HALF.search(offer) else [])], default=0.0)


def judge_discount(offer: str, limits: Discounts) -> Iterator[GuardrailVerdict]:
    """Who must agree to the offer; nothing where nobody must."""
    discount = discount_in(offer)
    if discount < limits.manager_from:
        return
    director = discount > limits.director_above
    who = "director" if director else "manager"
    limit = f"above {limits.director_above:g} %" if director else f"from {limits.manager_from:g} % on"
    sentence = f"The offer gives {discount:g} % off; {limit} a {who} decides."
    yield GuardrailVerdict(MONEY, "review", f"discount_needs_{who}", sentence, offer, asks="money")


def judge_budgets(channel: str, spent: float, on_channel: float, budgets: Budgets) -> Iterator[GuardrailVerdict]:
    """Whether the campaign or its channel has spent nearly all that it may."""
    caps = (
        ("campaign_budget_spent", "the campaign", spent, budgets.campaign),
        ("channel_budget_spent", f"the channel {channel} this month", on_channel, budgets.channels[channel]),  # type: ignore[index]
    )
    for code, whose, gone, cap in caps:
        if gone >= budgets.pause_at * cap:
            sentence = (
                f"{gone:.2f} of the {cap:.2f} USD for {whose} are spent; at {budgets.pause_at:.0%} the campaign stops."
            )
            yield GuardrailVerdict(MONEY, "block", code, sentence, f"{gone:.2f}/{cap:.2f}", asks="money", stops=True)
