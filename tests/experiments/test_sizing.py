"""Sample sizes beside those of statsmodels, and what is said when there are too few people."""

import math

import pytest
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize

from pipelines.contracts import Refusal
from pipelines.experiments.sizing import Wish, detectable, needed, power_of, size

THEIRS = NormalIndPower()


@pytest.mark.parametrize(
    ("baseline", "lift", "power", "arms"),
    [(0.02, 0.10, 0.8, 2), (0.02, 0.20, 0.8, 2), (0.20, 0.05, 0.8, 2), (0.5, -0.1, 0.9, 4), (0.001, 1.0, 0.95, 3)],
)
def test_the_needed_sample_is_that_of_statsmodels(baseline, lift, power, arms):
    wish = Wish(baseline, lift, power, arms=arms)
    effect = proportion_effectsize(baseline * (1 + lift), baseline)
    alpha = 0.05 / (arms - 1)
    exact = THEIRS.solve_power(effect_size=abs(effect), alpha=alpha, power=power, alternative="two-sided")
    assert needed(wish) == math.ceil(exact)
    theirs = THEIRS.power(effect_size=abs(effect), nobs1=5_000, alpha=alpha, alternative="two-sided")
    assert power_of(wish, 5_000) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize(("baseline", "lift", "known"), [(0.02, 0.1, 80_637), (0.02, 0.2, 21_066), (0.2, 0.05, 25_580)])
def test_known_sizes(baseline, lift, known):
    assert needed(Wish(baseline, lift)) == pytest.approx(known, abs=1)


@pytest.mark.parametrize("plan", ["fixed", "sequential"])
def test_what_is_needed_detects_exactly_what_is_wanted(plan):
    wish = Wish(0.02, 0.1, arms=4, plan=plan)
    enough = needed(wish)
    assert detectable(wish, enough) == pytest.approx(0.1, abs=1e-4)
    assert power_of(wish, enough) == pytest.approx(0.8, abs=1e-4)
    assert detectable(wish, 0) is None
    assert power_of(wish, 0) == 0


def test_looking_every_day_costs_what_the_wider_interval_says():
    # 3.04 standard errors at the size that the interval is tuned to, where one look takes 1.96.
    ratio = needed(Wish(0.02, 0.1, plan="sequential")) / needed(Wish(0.02, 0.1))
    assert ratio == pytest.approx(((3.035 + 0.8416) / (1.96 + 0.8416)) ** 2, rel=0.002)


def test_too_few_people_are_told_so():
    told = size(Wish(0.02, 0.1, arms=4), audience=20_000)
    assert not told.enough
    assert "It cannot detect a change from 2.00% to 2.20%" in told.sentence
    assert told.detectable_lift == pytest.approx(0.5, abs=0.05)
    assert told.sentence.endswith(f"They show only a rise to {0.02 * (1 + told.detectable_lift):.2%} or more.")
    assert size(Wish(0.02, 0.1), audience=200_000).enough
    assert size(Wish(0.02, 0.1), smallest_share=0.1).sample_total == pytest.approx(needed(Wish(0.02, 0.1)) * 10, abs=10)
    assert size(Wish(0.02, 0.1), daily=10_000).days == 17 + 7


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"baseline": 0, "lift": 0.1}, "baseline is 0"),
        ({"baseline": 0.5, "lift": 1.5}, "lift of 1.5 makes 0.5 1.25"),
        ({"baseline": 0.5, "lift": 0}, "another than before"),
        ({"baseline": 0.5, "lift": 0.1, "power": 1}, "power is 1"),
        ({"baseline": 0.5, "lift": 0.1, "power": 0.04}, "no more than alpha"),
        ({"baseline": 0.5, "lift": 0.1, "arms": 1}, "1 arm compares nothing"),
        ({"baseline": float("nan"), "lift": 0.1}, "baseline is nan"),
    ],
)
def test_what_makes_no_sense_is_refused(wish, told):
    with pytest.raises(Refusal, match=told):
        Wish(**wish)
