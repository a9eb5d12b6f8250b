"""A small, seeded run of the benchmark's calibration: promises that break show here first."""

from statistics import fmean

import numpy as np
import pytest

from benchmarks import calibrating as simulated


def test_a_difference_that_is_not_there_is_found_as_seldom_as_promised():
    rng = np.random.default_rng(11)
    assert simulated.false_positives(600, rng) == pytest.approx(0.05, abs=0.025)
    assert simulated.false_positives_of_amounts(600, rng) == pytest.approx(0.05, abs=0.025)
    assert simulated.false_winners(300, rng) <= 0.08
    naive, always, covered = simulated.peeking(150, rng)
    assert naive > 0.2
    assert always <= 0.05
    assert covered >= 0.95


@pytest.mark.parametrize(("rate", "n"), [(0.02, 20_000), (0.005, 1_000)])
def test_intervals_hold_the_truth(rate, n):
    assert simulated.coverage(600, np.random.default_rng(12), rate, n) == pytest.approx(0.95, abs=0.025)


@pytest.mark.parametrize("plan", ["fixed", "sequential"])
def test_the_designed_size_has_the_designed_power_and_winners_shine_a_little(plan):
    power, bias = simulated.power_at_size(400, np.random.default_rng(13), plan)
    assert power == pytest.approx(0.8, abs=0.06)
    assert 1 < bias < 1.2


def test_waiting_for_late_answers_loses_less_than_sharing_equally_and_than_not_waiting():
    rng = np.random.default_rng(8)
    lost = {name: fmean(simulated.regret(policy, rng) for _ in range(6)) for name, policy in simulated.POLICIES.items()}
    assert lost["matured waves only"] < 0.8 * min(lost["equal shares"], lost["naive bandit"])


def test_shares_that_follow_the_weeks_mislead_unless_they_are_taken_out():
    naive, weighted = simulated.estimates_under_drift(300, np.random.default_rng(14))
    assert naive < -0.005
    assert abs(weighted) < 0.001
