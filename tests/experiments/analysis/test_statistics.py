"""The closed forms beside scipy and statsmodels, on the rows that they are computed from."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from pipelines.experiments.analysis.adjusting import adjusted
from pipelines.experiments.analysis.sequential import always_valid
from pipelines.experiments.analysis.statistics import Moments, adjusted_by_covariate, compare, estimate, grouped

DRAWN = np.random.default_rng(7)


def moments(y, x=None):
    return grouped(np.zeros(len(y), int), 1, np.asarray(y, float), None if x is None else np.asarray(x, float))[0]


def rate(yes: int, n: int) -> Moments:
    return Moments(n, yes, yes)


@pytest.mark.parametrize(
    ("a", "n_a", "c", "n_c"), [(220, 10_000, 180, 9_800), (50, 400, 70, 500), (900, 1000, 870, 990)]
)
def test_two_proportions_are_the_chi_square_test_without_correction(a, n_a, c, n_c):
    found = compare(rate(a, n_a), rate(c, n_c), "binary", 0.05)
    table = [[a, n_a - a], [c, n_c - c]]
    assert found.p_value == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, rel=1e-9)
    assert found.p_value == pytest.approx(proportions_ztest([a, c], [n_a, n_c])[1], rel=1e-9)
    low, high = confint_proportions_2indep(a, n_a, c, n_c, method="wald", compare="diff")
    assert (found.ci_low, found.ci_high) == pytest.approx((low, high), rel=1e-9)


@pytest.mark.parametrize(("a", "n_a", "c", "n_c"), [(0, 30, 4, 30), (3, 12, 0, 9), (4, 4, 0, 4), (1, 2000, 4, 1000)])
def test_small_counts_are_judged_exactly(a, n_a, c, n_c):
    found = compare(rate(a, n_a), rate(c, n_c), "binary", 0.05)
    assert found.test == "fisher"
    assert found.p_value == pytest.approx(stats.fisher_exact([[a, n_a - a], [c, n_c - c]]).pvalue)
    low, high = confint_proportions_2indep(a, n_a, c, n_c, method="newcomb", compare="diff")
    assert (found.ci_low, found.ci_high) == pytest.approx((low, high), rel=1e-6)


def test_means_are_compared_as_welch_does():
    a, c = DRAWN.gamma(2, 20, 700), DRAWN.gamma(2, 18, 450)
    found, known = compare(moments(a), moments(c), "continuous", 0.05), stats.ttest_ind(a, c, equal_var=False)
    assert found.p_value == pytest.approx(known.pvalue, rel=1e-9)
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(known.confidence_interval(0.95)), rel=1e-9)


def test_a_ratio_has_the_variance_of_the_delta_method():
    orders = DRAWN.integers(1, 6, 4000).astype(float)
    revenue = orders * 20 + DRAWN.normal(0, 10, 4000)
    told = estimate(moments(revenue, orders), "ratio")
    ratio = revenue.sum() / orders.sum()
    linear = (revenue - ratio * orders) / orders.mean()
    assert told.value == pytest.approx(ratio)
    assert told.variance == pytest.approx(linear.var(ddof=1) / 4000, rel=1e-9)


def test_what_was_known_before_narrows_the_interval_and_keeps_the_effect():
    before = DRAWN.normal(50, 10, 20_000)
    after = before * 0.9 + DRAWN.normal(0, 4, 20_000)
    after[:10_000] += 0.5
    arm, control = moments(after[:10_000], before[:10_000]), moments(after[10_000:], before[10_000:])
    told = adjusted_by_covariate(arm, control, 0.05)
    plain = compare(arm, control, "continuous", 0.05)
    assert told.variance_reduction > 0.8
    assert told.difference.ci_low < 0.5 < told.difference.ci_high
    assert told.difference.se < 0.5 * plain.se
    slope = np.cov(after, before)[0, 1] / before.var(ddof=1)
    assert told.theta == pytest.approx(slope, rel=0.02)


def test_a_covariate_that_never_varies_says_nothing():
    assert adjusted_by_covariate(moments([1, 2, 3], [5, 5, 5]), moments([1, 2, 4], [5, 5, 5]), 0.05) is None


@pytest.mark.parametrize("p_values", [[0.01, 0.04, 0.03], [0.5], [0.04, 0.04, 0.04, 0.9], [0.001, 0.2, 0.02, 0.012]])
def test_families_are_corrected_as_statsmodels_does(p_values):
    for rule in ("holm", "bonferroni"):
        assert adjusted(p_values, rule) == pytest.approx(multipletests(p_values, method=rule)[1].tolist())
    assert adjusted(p_values, "none") == p_values


def test_a_sequential_interval_is_three_standard_errors_wide_where_it_is_tightest():
    found = compare(rate(1300, 25_000), rate(1250, 25_000), "binary", 0.05)
    always = always_valid(found, 50_000, 0.05, 50_000)
    assert (always.ci_high - always.lift_abs) / found.se == pytest.approx(3.04, abs=0.01)
    assert always.p_value > found.p_value


def test_a_sequential_p_value_crosses_where_its_interval_does():
    for lift in np.linspace(0.001, 0.02, 40):
        arm, control = rate(round(20_000 * (0.05 + lift)), 20_000), rate(1000, 20_000)
        told = always_valid(compare(arm, control, "binary", 0.05), 40_000, 0.05, 20_000)
        assert (told.p_value < 0.05) == (told.ci_low > 0)


def test_a_large_constant_has_no_spread_of_its_own():
    assert moments([1e9 + 0.1] * 1000).var_y == 0
    assert math.isnan(moments([3.0]).var_y)
