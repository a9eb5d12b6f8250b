"""The closed forms beside scipy and statsmodels, on the rows that they are computed from."""

import math

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import xlogy
from statsmodels.stats import proportion
from statsmodels.stats.multitest import multipletests

from pipelines.experiments.analysis.adjusting import adjusted
from pipelines.experiments.analysis.sequential import always_valid
from pipelines.experiments.analysis.statistics import (
    Moments,
    adjusted_by_covariate,
    compare,
    estimate,
    grouped,
    stratified,
)

DRAWN = np.random.default_rng(7)


def moments(y, x=None):
    return grouped(np.zeros(len(y), int), 1, np.asarray(y, float), None if x is None else np.asarray(x, float))[0]


def standard_errors_away(lift, a, n_a, c, n_c):
    """How far the difference seen is from `lift`, with the likeliest rates found by search instead of by formula."""

    def unlikely(p):
        q = p - lift
        return -(xlogy(a, p) + xlogy(n_a - a, 1 - p) + xlogy(c, q) + xlogy(n_c - c, 1 - q))

    low, high = max(0.0, lift), min(1.0, 1 + lift)
    p = optimize.minimize_scalar(unlikely, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    return (a / n_a - c / n_c - lift) / math.sqrt(p * (1 - p) / n_a + (p - lift) * (1 - p + lift) / n_c)


def rate(yes: int, n: int) -> Moments:
    return Moments(n, yes, yes)


@pytest.mark.parametrize(
    ("a", "n_a", "c", "n_c"), [(220, 10_000, 180, 9_800), (50, 400, 70, 500), (900, 1000, 870, 990)]
)
def test_two_proportions_are_the_chi_square_test_without_correction(a, n_a, c, n_c):
    found = compare(rate(a, n_a), rate(c, n_c), "binary", 0.05)
    table = [[a, n_a - a], [c, n_c - c]]
    assert found.p_value == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, rel=1e-9)
    assert found.p_value == pytest.approx(proportion.proportions_ztest([a, c], [n_a, n_c])[1], rel=1e-9)
    for end in (found.ci_low, found.ci_high):
        assert abs(end) == 1 or abs(standard_errors_away(end, a, n_a, c, n_c)) == pytest.approx(1.959964, abs=1e-4)


@pytest.mark.parametrize(("a", "n_a", "c", "n_c"), [(0, 30, 4, 30), (3, 12, 0, 9), (4, 4, 0, 4), (1, 2000, 4, 1000)])
def test_small_counts_are_judged_exactly(a, n_a, c, n_c):
    found = compare(rate(a, n_a), rate(c, n_c), "binary", 0.05)
    assert found.test == "fisher"
    assert found.p_value == pytest.approx(stats.fisher_exact([[a, n_a - a], [c, n_c - c]]).pvalue)
    for end in (found.ci_low, found.ci_high):
        assert abs(end) == 1 or abs(standard_errors_away(end, a, n_a, c, n_c)) == pytest.approx(1.959964, abs=1e-4)


def test_the_interval_holds_zero_exactly_where_the_test_finds_nothing():
    sides = set()
    for yes in range(180, 262):
        found = compare(rate(yes, 4_000), rate(180, 3_000), "binary", 0.05)
        sides.add(found.p_value < 0.05)
        assert (found.p_value < 0.05) == (not found.ci_low <= 0 <= found.ci_high)
    assert sides == {True, False}


def test_strata_undo_a_difference_that_is_only_in_the_mixture():
    # Within each stratum the arms are alike; the arm has more of the stratum that responds more.
    parts = [(rate(300, 3_000), rate(100, 1_000)), (rate(20, 1_000), rate(60, 3_000))]
    told = stratified(parts, "binary", 0.05)
    whole = compare(parts[0][0] + parts[1][0], parts[0][1] + parts[1][1], "binary", 0.05)
    assert whole.p_value < 0.001
    assert (told.strata, told.left_out) == (2, 0)
    assert told.difference.lift_abs == pytest.approx(0, abs=1e-12)
    assert told.difference.p_value == pytest.approx(1)
    assert stratified([*parts, (rate(1, 1), rate(1, 5))], "binary", 0.05).left_out == 1


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
