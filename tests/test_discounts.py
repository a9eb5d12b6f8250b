"""What is taken off is read out of words."""

from decimal import Decimal

import pytest

from pipelines.discounts import discount_of


@pytest.mark.parametrize(
    ("text", "percent", "amount"),
    [
        ("Save up to 20 % today", "20", False),
        ("20% off all throws", "20", False),
        ("a 12,5 % discount on lamps", "12.5", False),
        ("30 percent less than last year", "30", False),
        ("20 % Rabatt auf alles", "20", False),
        ("Now at half price", "50", False),
        ("Two for one on candles", "50", False),
        ("Made of 100 % wool, 40 % lighter", None, False),
        ("9 of 10 customers, 95 % of them happy", None, False),
        ("EUR 79.00 and free delivery", None, False),
        ("10 EUR off your order", None, True),
        ("save £5 now", None, True),
        ("", None, False),
    ],
)
def test_copy_that_says_what_is_taken_off(text, percent, amount):
    found = discount_of("", [text])
    assert (found.percent, found.amount_off) == (Decimal(percent) if percent else None, amount)


@pytest.mark.parametrize(
    ("offer", "percent"),
    [("Everybody gets 10 %, members 22 %", 22), ("5 to 20%", 20), ("2-for-1", 50), ("3 for 2", 18), ("", 18)],
)
def test_in_an_offer_every_share_counts_and_the_highest_wins(offer, percent):
    assert discount_of(offer, ["save 18 %"]).percent == percent
