"""What moved, what goes together, what failed and what is due: decided without a database."""

import re
from datetime import date

import numpy
import pytest

from pipelines.database import Database
from pipelines.reporting.anomalies import anomalies
from pipelines.reporting.building import profile_of
from pipelines.reporting.charts import LIGHT, draw
from pipelines.reporting.correlation import correlations, not_compared
from pipelines.reporting.document import Chart
from pipelines.reporting.failures import counts, failures, summary
from pipelines.reporting.kinds.executive import causes
from pipelines.reporting.kinds.learning import sections
from pipelines.reporting.numbers import told
from pipelines.reporting.periods import due

MONTHS = [date(2026, month, 1) for month in range(5, 12)]


def history(kpi, values, unit="share", wholes=10_000, better=True):
    return [
        {
            "kpi": kpi, "month": month, "value": value, "unit": unit, "higher_is_better": better,
            "numerator": value * wholes, "denominator": wholes,
        }
        for month, value in zip(MONTHS[-len(values) :], values, strict=True)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (history("bounce rate", [0.02, 0.04], better=False), ["worse"]),
        (history("open rate", [0.2, 0.3]), ["better"]),
        (history("open rate", [0.2, 0.21]), []),
        # Ten messages prove nothing.
        (history("open rate", [0.2, 0.4], wholes=10), []),
        (history("open rate", [0.3]), []),
        (history("revenue", [10, 11, 10, 11, 25], unit="usd"), ["better"]),
        (history("revenue", [10, 30, 5, 28, 25], unit="usd"), []),
        (history("revenue", [10, 25], unit="usd"), []),
    ],
)
def test_a_figure_moved_if_chance_does_not_explain_it(rows, found):
    moved = anomalies(rows, MONTHS[-1], {})
    assert ["better" if one.better else "worse" for one in moved] == found


def test_a_move_is_marked_with_what_was_unusual_beside_it():
    facts = {
        "domains": [{"domain": "gone.example", "at_risk": True}, {"domain": "fine.example", "at_risk": False}],
        "campaigns": [{"name": "Spring", "complained": 7, "revenue_usd": 0}],
        "machines": [{"event": "opened", "events": 100, "human": 20, "unlabelled": 10}],
    }
    found = causes(facts)
    (moved,) = anomalies(history("bounce rate", [0.02, 0.04], better=False), MONTHS[-1], found)
    assert moved.sentence == (
        "Bounce rate went from 2.00 % to 4.00 %, which is worse. At risk in this month: gone.example."
    )
    assert found["complaint rate"][1] == "Most complaints came from Spring (7)."
    assert found["human open rate"] == [
        "Machines did 77.8 % of what was opened.",
        "10.0 % of what was opened is not judged yet.",
    ]


def test_correlation_is_what_numpy_says_of_single_messages():
    rows = [
        {"tone": "friendly", "delivered": 200, "engaged": 40},
        {"tone": "direct", "delivered": 300, "engaged": 30},
        {"tone": "rare", "delivered": 5, "engaged": 5},
    ]
    tones = numpy.repeat([0, 1, 2], [200, 300, 5])
    engaged = numpy.concatenate([numpy.arange(n) < k for n, k in ((200, 40), (300, 30), (5, 5))])
    found = {one.tone: one for one in correlations(rows)}
    assert set(found) == {"friendly", "direct"}
    for number, tone in enumerate(("friendly", "direct")):
        expected = numpy.corrcoef(tones == number, engaged)[0, 1]
        assert found[tone].phi == pytest.approx(expected)
        assert found[tone].low < expected < found[tone].high
    assert not_compared(rows) == {"rare": 5}
    alone = [{"tone": "a", "delivered": 90, "engaged": 1}, {"tone": "b", "delivered": 9, "engaged": 1}]
    assert not_compared(alone) == {"a": 90, "b": 9}
    facts = {"effectiveness": rows, "confidence": [], "models": [], "insights": []}
    said = next(one for one in sections(facts, date(2026, 11, 1), for_client=True) if one.key == "tones").sentences
    assert said[-1] == "Not compared: rare (5 delivered); 30 messages of a tone and 30 of others are needed."
    assert correlations([]) == []
    assert (
        correlations([{"tone": "a", "delivered": 90, "engaged": 0}, {"tone": "b", "delivered": 90, "engaged": 0}]) == []
    )


def test_what_failed_is_named_with_its_rows():
    results = [
        {"unique_id": "model.liftline.kpis", "status": "error", "message": "Database Error\n  division by zero"},
        {"unique_id": "test.liftline.one_row_each_kpis.0a1b2c", "status": "fail", "failures": 1204},
        {"unique_id": "unit_test.liftline.kpis.the_north_star", "status": "fail", "message": "actual differs"},
        {"unique_id": "model.liftline.cost_and_roi", "status": "skipped"},
        {"unique_id": "model.liftline.customer_360", "status": "success"},
    ]
    assert failures(results) == [
        "The model kpis failed: Database Error division by zero.",
        "The test one_row_each_kpis found 1,204 rows that should not be.",
        "The unit test the_north_star failed: actual differs.",
    ]
    assert counts(results) == {"models": 1, "tests": 0, "failed": 3, "warned": 0, "skipped": 1}
    assert summary(["x."] * 10).endswith("x. And 2 more.")


@pytest.mark.parametrize(
    ("every", "today", "period", "month"),
    [
        ("month", date(2026, 12, 1), "2026-11", date(2026, 11, 1)),
        ("month", date(2027, 1, 31), "2026-12", date(2026, 12, 1)),
        ("week", date(2026, 11, 30), "2026-W48", date(2026, 11, 1)),
        ("week", date(2026, 12, 6), "2026-W48", date(2026, 11, 1)),
        ("day", date(2026, 12, 1), "2026-11-30", date(2026, 11, 1)),
    ],
)
def test_what_is_due_is_the_last_period_that_is_over(every, today, period, month):
    assert due(every, today) == (period, month)


def test_dbt_takes_on_its_role_and_its_profile_holds_no_password():
    login = "postgresql://ops:se%40cret@db.example:6543/liftline?sslmode=require"
    (output,) = profile_of(Database(login, login))["liftline"]["outputs"].values()
    told = {name: output[name] for name in ("host", "port", "user", "dbname", "sslmode", "role", "schema")}
    assert told == {
        "host": "db.example", "port": 6543, "user": "ops", "dbname": "liftline", "sslmode": "require",
        "role": "liftline_dbt", "schema": "liftline_marts",
    }  # fmt: skip
    assert "cret" not in str(output)
    own = profile_of(Database(login, login, each_role_signs_in=True))["liftline"]["outputs"]["marts"]
    assert (own["user"], own.get("role")) == ("liftline_dbt", None)


def words_on(chart, rows):
    return re.findall(r"<text[^>]*>([^<]+)</text>", draw(chart, rows, LIGHT))


def test_the_words_of_a_chart_say_each_thing_once_and_short_enough_to_stand_side_by_side():
    few = [{"name": "spring", "many": 3}]
    ticks = [one for one in words_on(Chart("bars", "name", "many", "t", unit="count"), few) if one != "spring"]
    assert ticks == ["0", "1", "2", "3"]
    lift = [{"arm": "warm", "lift": 0.15, "low": 0.1, "high": 0.2}]
    chart = Chart("intervals", "arm", "lift", "t", unit="points", low="low", high="high")
    assert {"points", "+10", "+20"} <= set(words_on(chart, lift))
    assert not [one for one in words_on(chart, lift) if " points" in one]
    curve = [{"people": share, "gained": share / 100} for share in (0, 50, 100)]
    assert "per cent" in words_on(Chart("line", "people", "gained", "t", below="per cent"), curve)


def test_money_has_its_cents_in_any_currency():
    assert [told(value, "amount") for value in (-1.034, 0.946, -0.0875, 860, -72.1, 0, None)] == [
        "-1.03", "0.95", "-0.0875", "860.00", "-72.10", "0.00", "–",
    ]  # fmt: skip
    assert told(-0.0875, "usd") == "-$0.0875"
