"""What may be spent is never less than what could be spent."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pipelines.generation.budget import Purse

AMOUNTS = st.decimals(0, 10, places=4)


@given(campaign=AMOUNTS, tenant=AMOUNTS, prices=st.lists(AMOUNTS, max_size=20))
def test_as_many_as_fit_and_not_one_more(campaign, tenant, prices):
    purse = Purse(campaign, tenant)
    count = purse.affords(prices)
    assert sum(prices[:count], Decimal(0)) <= min(campaign, tenant)
    assert count == len(prices) or sum(prices[: count + 1], Decimal(0)) > min(campaign, tenant)


def test_an_overdrawn_purse_affords_nothing_that_costs_and_names_who_is_poor():
    assert Purse(Decimal(-1), Decimal(5)).affords([Decimal("0.01")]) == 0
    assert "budget_usd" in Purse(Decimal(1), Decimal(5)).why_empty()
    assert "LIFTLINE_MONTHLY_BUDGET_USD" in Purse(Decimal(5), Decimal(1)).why_empty()
