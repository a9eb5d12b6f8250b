"""Money: who must agree to a discount, and whether a budget is nearly spent."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.discounts import discount_of
from pipelines.safety.guardrails.policy import Budgets, Discounts
from pipelines.safety.guardrails.reasons import MONEY
from pipelines.safety.guardrails.verdicts import GuardrailVerdict


def judge_discount(offer: str, limits: Discounts) -> Iterator[GuardrailVerdict]:
    """Who must agree to the offer; nothing where nobody must."""
    discount = discount_of(offer, ()).percent
    if discount is None or discount < limits.manager_from:
        return
    director = discount > limits.director_above
    who = "director" if director else "manager"
    limit = f"above {limits.director_above:g} %" if director else f"from {limits.manager_from:g} % on"
    sentence = f"The offer gives {float(discount):g} % off; {limit} a {who} decides."
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
