"""Effects of factors beside a saturated regression with robust errors, and what is not said of few or of one level."""

import numpy as np
import pytest
import statsmodels.api as sm

from pipelines.experiments.analysis.factors import effects
from pipelines.experiments.analysis.statistics import Moments
from pipelines.experiments.analysis.verdicts import Terms

LEVELS = {
    f"{tone} {length}": {"tone": tone, "length": length}
    for tone, length in [("plain", "long"), ("plain", "short"), ("warm", "long"), ("warm", "short"), ("loud", "long"),
                         ("loud", "short")]
}  # fmt: skip
TERMS = Terms("plain long", correction="none")


def drawn(sizes, bonus, rng):
    return {
        name: rng.gamma(2, 10, n) + bonus * (one["tone"] == "warm")
        for (name, one), n in zip(LEVELS.items(), sizes, strict=True)
    }


def summed(arms):
    return {name: Moments(len(y), float(y.sum()), float((y * y).sum())) for name, y in arms.items()}


def test_effects_are_those_of_a_regression_on_all_cells():
    arms = drawn((300, 500, 250, 400, 350, 200), 3, np.random.default_rng(4))
    found = {
        (one.factors, one.levels): one for one in effects("spent", "continuous", LEVELS, summed(arms), TERMS, 4000)
    }
    assert set(found) == {
        (("tone",), ("warm",)), (("tone",), ("loud",)), (("length",), ("short",)),
        (("tone", "length"), ("warm", "short")), (("tone", "length"), ("loud", "short")),
    }  # fmt: skip
    y, cell = np.concatenate(list(arms.values())), np.repeat(list(arms), [len(one) for one in arms.values()])
    # One mean a cell; HC2 gives each the variance of its own people.
    model = sm.OLS(y, np.column_stack([cell == name for name in LEVELS]).astype(float)).fit(cov_type="HC2")
    for key, weights in {
        (("tone",), ("warm",)): [-1 / 2, -1 / 2, 1 / 2, 1 / 2, 0, 0],
        (("length",), ("short",)): [-1 / 3, 1 / 3, -1 / 3, 1 / 3, -1 / 3, 1 / 3],
        (("tone", "length"), ("loud", "short")): [1, -1, 0, 0, -1, 1],
    }.items():
        tested, one = model.t_test(weights), found[key]
        assert one.lift_abs == pytest.approx(tested.effect[0], rel=1e-9)
        assert (one.ci_low, one.ci_high) == pytest.approx(tuple(tested.conf_int()[0]), rel=1e-9)
        assert one.p_value == pytest.approx(float(tested.pvalue), rel=1e-6)
    assert found[("tone",), ("warm",)].stands
    assert not found[("length",), ("short",)].stands


def test_looking_often_and_few_people_take_more_to_stand():
    arms = summed(drawn((60,) * 6, 12, np.random.default_rng(5)))
    fixed, always = (
        effects("spent", "continuous", LEVELS, arms, Terms("plain long", plan=plan), 600)[0]
        for plan in ("fixed", "sequential")
    )
    assert always.ci_low < fixed.ci_low < fixed.ci_high < always.ci_high
    assert fixed.p_adjusted < 0.05
    assert not fixed.stands
    assert effects("spent", "continuous", LEVELS, {**arms, "loud short": Moments(1, 3.0, 9.0)}, TERMS, 600) == []
