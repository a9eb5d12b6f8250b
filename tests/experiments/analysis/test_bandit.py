"""Shares that shift only on what has matured, and what is said of the arms afterwards."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.experiments.analysis.bandit import Cohort, allocate, stage, worth

ARMS = ("control", "a", "b")


def wave(units, responses, shares=None, *, matured=True):
    equal = dict.fromkeys(ARMS, 1 / 3)
    return Cohort(
        shares or equal, dict(zip(ARMS, units, strict=True)), dict(zip(ARMS, responses, strict=True)), matured
    )


@pytest.mark.parametrize(
    ("cohorts", "code"),
    [
        ([], "not_matured"),
        ([wave((500, 500, 500), (5, 50, 5), matured=False)], "not_matured"),
        ([wave((99, 500, 500), (0, 50, 5))], "too_few"),
        ([wave((60, 500, 500), (0, 50, 5)), wave((60, 0, 0), (9, 0, 0), matured=False)], "too_few"),
        ([wave((500, 500, 500), (5, 50, 5))], "shifted"),
    ],
)
def test_nothing_shifts_before_there_is_something_to_see(cohorts, code):
    told = allocate(ARMS, cohorts, np.random.default_rng(1))
    assert told.code == code
    assert (set(told.shares.values()) == {1 / 3}) == (code != "shifted")
    assert stage(ARMS, cohorts, "a").code == ("winner" if code == "shifted" else code)


counts = st.integers(100, 5000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@given(st.tuples(counts, counts, counts), st.floats(0, 1 / 3), st.integers(0, 2**31))
def test_shares_sum_to_one_and_keep_their_floor(seen, floor, seed):
    units, responses = zip(*seen, strict=True)
    told = allocate(ARMS, [wave(units, responses)], np.random.default_rng(seed), floor=floor)
    assert sum(told.shares.values()) == pytest.approx(1)
    assert min(told.shares.values()) >= floor - 1e-12


@pytest.mark.parametrize(
    ("responses", "winner", "shares", "code"),
    [
        ((10, 30, 20), None, (0.2, 0.4, 0.4), "weakest_halved"),
        ((10, 10, 20), None, (1 / 3, 1 / 3, 1 / 3), "equal"),
        ((10, 30, 20), "a", (0, 1, 0), "winner"),
    ],
)
def test_the_staged_plan(responses, winner, shares, code):
    told = stage(ARMS, [wave((500, 500, 500), responses)], winner)
    assert (tuple(told.shares.values()), told.code) == (pytest.approx(shares), code)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="600 responses of 500"):
        allocate(ARMS, [wave((500, 500, 500), (600, 0, 0))], np.random.default_rng(1))
    with pytest.raises(ValueError, match="more than everybody"):
        allocate(ARMS, [], np.random.default_rng(1), floor=0.4)
    with pytest.raises(ValueError, match="no arm"):
        stage(ARMS, [wave((500, 500, 500), (1, 2, 3))], "z")


def test_a_good_week_is_not_mistaken_for_a_good_arm():
    """Both arms are worth the same; one was large in the good week, and adding up would call it better."""
    good = Cohort({"a": 0.9, "b": 0.1}, {"a": 9000, "b": 1000}, {"a": 900, "b": 100})
    bad = Cohort({"a": 0.1, "b": 0.9}, {"a": 1000, "b": 9000}, {"a": 20, "b": 180})
    a, b = worth(("a", "b"), [good, bad])
    assert 920 / 10000 > 4 * 0.02
    assert a.rate == pytest.approx(b.rate) == pytest.approx(0.06)


def test_an_arm_that_some_cohort_never_saw_is_not_told():
    cohorts = [wave((100, 100, 100), (1, 2, 3)), Cohort({"a": 1.0}, {"a": 300}, {"a": 9})]
    assert [one.arm for one in worth(ARMS, cohorts)] == ["a"]


def test_the_honest_estimate_holds_its_interval():
    """Adaptive shares over a drifting baseline: the weighted rate is right about 95 times in 100, the sum is not."""
    rng, runs, inside, plain_inside = np.random.default_rng(5), 200, 0, 0
    base = np.array([0.02, 0.04, 0.06, 0.08])
    for _ in range(runs):
        cohorts = []
        for level in base:
            shares = allocate(ARMS, cohorts, rng, floor=0.1).shares
            units = dict(zip(ARMS, rng.multinomial(3000, list(shares.values())).tolist(), strict=True))
            rates = {"control": level, "a": level * 1.4, "b": level}
            cohorts.append(Cohort(shares, units, {arm: int(rng.binomial(units[arm], rates[arm])) for arm in ARMS}))
        told = next(one for one in worth(ARMS, cohorts) if one.arm == "a")
        truth = base.mean() * 1.4
        inside += told.ci_low <= truth <= told.ci_high
        n = sum(one.units["a"] for one in cohorts)
        rate = sum(one.responses["a"] for one in cohorts) / n
        plain_inside += abs(rate - truth) <= 1.96 * (rate * (1 - rate) / n) ** 0.5
    assert inside / runs >= 0.92
    assert plain_inside / runs < 0.8
