"""Splits that move as few as can be, cohorts that contain each other, and a holdout that only grows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.experiments.hashing import STEPS, bucket_ranges, choose
from pipelines.experiments.layers import cut, free_parts, held_out, moved, overlap, pieces_of

RAMP = (0.05, 0.20, 0.40, 0.50, 0.70, 0.85, 1.0)
weights = st.lists(st.integers(1, 100), min_size=4, max_size=4)


def shares(numbers, names="abcd"):
    return {name: number / sum(numbers) for name, number in zip(names, numbers, strict=True)}


def owners(pieces, names="abcd"):
    return cut(pieces, list(names), version=2).arms


@given(weights, weights)
def test_other_shares_move_no_more_than_they_must(before, after):
    old, new = shares(before), shares(after)
    first, second = owners(pieces_of(old)), owners(moved(pieces_of(old), new))
    steps = STEPS[2]
    for place, name in enumerate("abcd"):
        assert np.mean(second == place) == pytest.approx(new[name], abs=8 / steps)
    must = sum(max(0, old[name] - new[name]) for name in "abcd")
    assert np.mean(first != second) == pytest.approx(must, abs=16 / steps)


def test_an_arm_that_is_gone_gives_all_of_its_people_away():
    split = moved(pieces_of(shares([1, 1, 2], "abc")), shares([1, 1], "ab"))
    assert sum(piece.end - piece.start for piece in split) == pytest.approx(1)
    assert {piece.arm for piece in split} == {"a", "b"}


@pytest.mark.parametrize("coverage", [1.0, 0.3])
def test_each_cohort_holds_the_smaller_ones_and_every_arm_alike(coverage):
    split = cut(pieces_of(shares([1, 1, 2], "abc")), list("abc"), version=2, coverage=coverage, ramp=RAMP)
    for cohort, share in enumerate(RAMP, 1):
        reached = (split.cohorts > 0) & (split.cohorts <= cohort)
        for place, arm in enumerate((0.25, 0.25, 0.5)):
            assert np.mean(reached & (split.arms == place)) == pytest.approx(coverage * share * arm, abs=2e-4)
        # Exactly whom GrowthBook includes at that coverage.
        chosen = choose(np.arange(10_000) / 10_000, bucket_ranges(3, coverage * share, [0.25, 0.25, 0.5]))
        assert np.array_equal(reached, chosen >= 0)
    assert np.array_equal(split.cohorts > 0, split.arms >= 0)


def test_the_holdout_is_for_ever_and_a_larger_one_holds_the_smaller():
    ids = [f"c{number}" for number in range(20_000)]
    small, large = held_out(ids, "lindhaven", 0.02), held_out(ids, "lindhaven", 0.05)
    assert small.mean() == pytest.approx(0.02, abs=0.004)
    assert not (small & ~large).any()
    assert (small != held_out(ids, "tidewater", 0.02)).any()


def test_parts_of_a_namespace():
    assert overlap((0, 0.5), (0.4, 1))
    assert not overlap((0, 0.5), (0.5, 1))
    assert free_parts([(0.5, 0.75), (0, 0.25)]) == [(0.25, 0.5), (0.75, 1.0)]
    assert free_parts([]) == [(0.0, 1.0)]
