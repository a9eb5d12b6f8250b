from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.database import Database
from pipelines.segmentation.run import profile
from pipelines.segmentation.store import Store

from .conftest import AS_OF, POLICIES, Books

DAY = timedelta(days=1)


@pytest.fixture
def profiles(database: Database, tenant: str, books: Books) -> Callable[[], dict[str, dict[str, Any]]]:
    def compute() -> dict[str, dict[str, Any]]:
        profile(database, tenant=tenant, as_of=AS_OF, policies=POLICIES, clock=lambda: AS_OF)
        return {row["customer_id"]: row for row in books.rows("SELECT * FROM profiles")}

    return compute


def test_facts_are_counted_from_orders(books: Books, profiles: Any) -> None:
    books.customer("a", orders=99, total_spend=9999)
    books.order("a", AS_OF - 10 * DAY, 20)
    books.order("a", AS_OF - 3 * DAY, 40)
    books.customer("b")
    a, b = profiles()["a"], profiles()["b"]
    assert (a["recency_days"], a["frequency"], a["monetary"], a["average_order"]) == (3, 2, 60, 30)
    assert (b["recency_days"], b["frequency"], b["monetary"], b["average_order"]) == (None, 0, 0, None)
    assert (b["r"], b["f"], b["m"]) == (1, 1, 1)


def test_the_customers_own_sums_stand_in_unless_they_reach_past_the_moment(books: Books, profiles: Any) -> None:
    books.customer("known", orders=3, total_spend=90, last_purchase_date=date(2026, 6, 20), opens=4, clicks=2)
    books.customer("later", orders=3, total_spend=90, last_purchase_date=date(2026, 7, 2))
    books.customer("undated", orders=2, total_spend=50)
    books.customer("bare", last_purchase_date=date(2026, 6, 30))
    got = profiles()
    assert [(got[c]["recency_days"], got[c]["frequency"], got[c]["monetary"]) for c in ("known", "later")] == [
        (10, 3, 90),
        (None, 0, 0),
    ]
    assert (got["undated"]["recency_days"], got["undated"]["frequency"], got["undated"]["r"]) == (None, 2, 1)
    assert (got["bare"]["recency_days"], got["bare"]["frequency"]) == (0, 1)
    points = 4 * 0.3 + 2 * 0.5 + 3
    assert got["known"]["engagement_score"] == pytest.approx(points / (points + 2), abs=1e-4)


def test_money_of_all_currencies_is_one_sum_in_dollars(books: Books, profiles: Any) -> None:
    for currency, amount in (("JPY", 10_000), ("EUR", 10), ("USD", 5), (None, 2), ("XXX", 3)):
        books.order("mixed", AS_OF - DAY, amount, currency)
    books.customer("mixed")
    assert float(profiles()["mixed"]["monetary"]) == 67 + 11 + 5 + 2 + 3


def test_engagement_counts_humans_only_and_names_in_any_spelling(books: Books, profiles: Any) -> None:
    for person in ("human", "bot"):
        books.customer(person, opens=50)
        books.event(person, " Email_Open ", AS_OF - DAY, "human" if person == "human" else "bot")
        books.event(person, "CLICKED", AS_OF - DAY, "human" if person == "human" else "proxy")
    books.customer("angry")
    books.event("angry", "spamreport", AS_OF - DAY, "bot")
    got = profiles()
    assert got["human"]["engagement_score"] == pytest.approx(0.8 / 2.8, abs=1e-4)
    assert got["bot"]["engagement_score"] == 0
    assert got["angry"]["engagement_score"] == 0
    assert got["human"]["inactive_days"] == 1
    assert got["bot"]["inactive_days"] > 90


@pytest.mark.parametrize(
    ("signed_up", "seen", "stage"),
    [
        (30, None, "new"),
        (31, None, "prospect"),
        (300, None, "prospect"),
        (300, 30, "active"),
        (300, 31, "at_risk"),
        (300, 90, "churned"),
    ],
)
def test_lifecycle_stages(books: Books, profiles: Any, signed_up: int, seen: int | None, stage: str) -> None:
    books.customer("a", signup_date=AS_OF.date() - signed_up * DAY)
    for hour in range(20 if seen else 0):
        books.order("a", AS_OF - seen * DAY - timedelta(hours=hour / 10))  # type: ignore[operator]
    assert profiles()["a"]["lifecycle_stage"] == stage


def test_who_never_bought_is_a_prospect_however_they_came_and_went(books: Books, profiles: Any) -> None:
    books.customer("clicks", signup_date=date(2020, 1, 1))
    books.event("clicks", "click", AS_OF - DAY)
    books.customer("told", signup_date=date(2020, 1, 1))
    # A purchase that only an event tells is one.
    books.event("told", "purchase", AS_OF - 200 * DAY)
    got = profiles()
    assert {name: got[name]["lifecycle_stage"] for name in got} == {"clicks": "prospect", "told": "churned"}


def test_without_any_date_nobody_is_called_churned(books: Books, profiles: Any) -> None:
    books.customer("a", signup_date=None, orders=2)
    assert (profiles()["a"]["lifecycle_stage"], profiles()["a"]["inactive_days"]) == ("at_risk", None)


def test_churn_risk_grows_with_silence_and_stays_bounded(books: Books, profiles: Any) -> None:
    for days in (1, 60, 400):
        books.customer(f"d{days}")
        books.order(f"d{days}", AS_OF - days * DAY)
    books.customer("never", signup_date=date(2020, 1, 1))
    risks = [profiles()[c]["churn_risk"] for c in ("d1", "d60", "d400", "never")]
    assert risks == sorted(risks)
    assert risks[-1] == 1.0
    assert 0 <= risks[0] < 0.5


def test_the_preferred_hour_is_on_the_customers_own_clock(books: Books, profiles: Any) -> None:
    nine = datetime(2026, 6, 1, 9, tzinfo=UTC)
    books.customer("tokyo", time_zone="Asia/Tokyo")
    books.event("tokyo", "open", nine)
    books.event("tokyo", "click", nine + DAY)
    books.event("tokyo", "open", nine + timedelta(hours=3))
    books.event("tokyo", "open", nine + timedelta(hours=5), "bot")
    books.customer("buyer", time_zone="Europe/Berlin")
    books.order("buyer", nine)
    books.customer("odd", time_zone="Mars/Olympus")
    books.order("odd", nine)
    books.customer("none")
    got = profiles()
    assert [got[c]["preferred_hour"] for c in ("tokyo", "buyer", "odd", "none")] == [18, 11, 9, None]


def test_what_comes_later_changes_nothing(books: Books, profiles: Any) -> None:
    for person in ("a", "b", "c"):
        books.customer(person, orders=2, total_spend=30)
    books.order("a", AS_OF - 5 * DAY)
    books.event("b", "open", AS_OF - 5 * DAY)
    before = profiles()
    for person in ("a", "b", "c"):
        books.order(person, AS_OF + timedelta(seconds=1), 500)
        books.event(person, "click", AS_OF + timedelta(seconds=1))
    books.customer("unborn", signup_date=AS_OF.date() + DAY)
    assert profiles() == before


def test_working_in_ranges_changes_nothing(books: Books, profiles: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    books.many(40)
    before = profiles()
    books.rows("DELETE FROM profiles RETURNING 1")
    monkeypatch.setattr(Store, "_cuts", lambda _: ["c00003", "c00020", "c00020", "c00020x"])
    assert len(before) > 30
    assert profiles() == before


def test_profiles_of_another_tenant_are_invisible(database: Database, books: Books, profiles: Any) -> None:
    books.customer("a")
    profiles()
    with database.transaction("somebody-else") as connection:
        assert connection.execute("SELECT 1 FROM profiles").fetchall() == []


def test_a_second_run_changes_no_row_and_a_changed_fact_only_its_own(books: Books, profiles: Any) -> None:
    for person in ("a", "b", "c"):
        books.customer(person)
    profiles()
    versions = "SELECT customer_id, xmin::text AS version, xmax::text AS gone FROM profiles ORDER BY 1"
    before = books.rows(versions)
    profiles()
    assert books.rows(versions) == before
    books.event("b", "open", AS_OF - DAY)
    profiles()
    changed = [a["customer_id"] for a, b in zip(books.rows(versions), before, strict=True) if a != b]
    assert changed == ["b"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(buys=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4), st.integers(1, 5)), min_size=1, max_size=25))
def test_equal_values_have_equal_scores_and_better_ones_no_lower(
    database: Database, books: Books, tenant: str, profiles: Any, buys: list[tuple[int, int, int]]
) -> None:
    with database.transaction(tenant) as connection:
        for table in ("customers", "orders"):
            connection.execute(f"DELETE FROM {table}")
    for number, (days, orders, amount) in enumerate(buys):
        last = AS_OF.date() - days * DAY
        books.customer(f"c{number}", orders=orders, total_spend=amount * 10, last_purchase_date=last)
    rows = list(profiles().values())
    assert len(rows) == len(buys)
    for value, score, sign in (("recency_days", "r", -1), ("frequency", "f", 1), ("monetary", "m", 1)):
        ranked = sorted((sign * row[value], row[score]) for row in rows)
        assert all(0 < s < 6 for _, s in ranked)
        for (low, low_score), (high, high_score) in zip(ranked, ranked[1:], strict=False):
            assert low_score <= high_score
            assert low != high or low_score == high_score
