"""Credit that adds up under every rule, and what was caused beside it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.experiments.analysis.attribution import (
    NOBODY,
    RULES,
    Revenue,
    credited,
    incremental,
    summed,
    touched,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOUCHES = {"customer_id": pl.String, "touch": pl.String, "at": pl.Datetime("us", "UTC")}
ORDERS = {"conversion_id": pl.String, "customer_id": pl.String, "at": pl.Datetime("us", "UTC"), "value": pl.Float64}


def frames(touches, orders):
    return (
        pl.DataFrame([(who, what, NOON - timedelta(days=days)) for who, what, days in touches], TOUCHES, orient="row"),
        pl.DataFrame(
            [(str(at), who, NOON - timedelta(days=days), value) for at, (who, days, value) in enumerate(orders)],
            ORDERS, orient="row",
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "days", "credit"),
    [
        ("first", (14, 7, 0), (1, 0, 0)),
        ("last", (14, 7, 0), (0, 0, 1)),
        ("linear", (14, 7, 0), (1 / 3, 1 / 3, 1 / 3)),
        ("time_decay", (14, 7, 0), (1 / 7, 2 / 7, 4 / 7)),
        # As long ago all together, the proportions are the same.
        ("time_decay", (28, 21, 14), (1 / 7, 2 / 7, 4 / 7)),
        ("position_based", (14, 7, 0), (0.4, 0.2, 0.4)),
        ("position_based", (14, 7), (0.5, 0.5)),
        ("position_based", (14,), (1,)),
        ("position_based", (9, 8, 7, 6), (0.4, 0.1, 0.1, 0.4)),
    ],
)
def test_each_rule(rule, days, credit):
    touches, orders = frames([("ann", f"mail {at}", day) for at, day in enumerate(days)], [("ann", 0, 100.0)])
    told = credited(touched(touches, orders, window_days=30), rule).sort("touch")
    assert told["credit"].to_list() == pytest.approx(credit)


def test_only_touches_of_the_same_person_before_the_order_and_within_the_window_count():
    touches, orders = frames(
        [("ann", "too old", 8), ("ann", "in time", 6), ("ann", "afterwards", 0), ("bob", "his", 2)],
        [("ann", 1, 50.0), ("eve", 1, 20.0)],
    )
    told = touched(touches, orders, window_days=7).sort("value")
    assert told.select("customer_id", "touch").rows() == [("eve", NOBODY), ("ann", "in time")]


people, moments = st.sampled_from(["ann", "bob", "eve"]), st.floats(0, 40)


@given(
    st.lists(st.tuples(people, st.sampled_from(["x", "y", "z"]), moments), max_size=12),
    st.lists(st.tuples(people, moments, st.floats(0, 1e6)), max_size=6),
)
def test_nothing_earned_is_lost_or_counted_twice(touches, orders):
    touch_frame, order_frame = frames(touches, orders)
    costs = pl.DataFrame({"touch": ["x", "never clicked"], "touches": [10, 5], "cost": [1.0, 2.0]})
    told = summed(touched(touch_frame, order_frame, window_days=30), costs)
    for rule in RULES:
        part = told.filter(pl.col("rule") == rule)
        assert part["conversions"].sum() == pytest.approx(len(orders))
        assert part["revenue"].sum() == pytest.approx(sum(value for *_, value in orders))
        assert part["cost"].sum() == pytest.approx(3.0)
        assert part["profit"].sum() == pytest.approx(part["revenue"].sum() - 3.0)
        assert "never clicked" in part["touch"].to_list()


def revenue_of(values):
    return Revenue(len(values), float(values.sum()), float((values**2).sum()))


@pytest.mark.parametrize(
    ("extra", "cost", "said"),
    [
        (2.0, 100.0, "earned more than they cost"),
        (0.0, 20_000.0, "cost more than they earned"),
        (0.0, 0.0, "cannot be"),
    ],
)
def test_what_was_caused_is_treated_minus_control(extra, cost, said):
    rng = np.random.default_rng(3)
    treated, control = rng.exponential(10, 8000) + extra, rng.exponential(10, 2000)
    told = incremental(revenue_of(treated), revenue_of(control), cost)
    assert told.revenue == pytest.approx(8000 * (treated.mean() - control.mean()))
    assert told.ci_low <= 8000 * extra <= told.ci_high
    assert told.profit == pytest.approx(told.revenue - cost)
    assert said in told.sentence


def test_too_few_people_cause_nothing_that_can_be_told():
    assert incremental(Revenue(1, 5.0, 25.0), Revenue(900, 0.0, 0.0), 1.0) is None
