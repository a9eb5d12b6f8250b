"""Clocks that change, half-hour zones, the far side of the date line, leap day and year's end, each where we count."""

import subprocess
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from psycopg import sql

from pipelines.audit.run import Scope
from pipelines.database import APP, DBT, OWNER, READER
from pipelines.delivery.store import QUERIES
from pipelines.learning.policy import read_learning_policy
from pipelines.learning.retraining import night_of
from pipelines.learning.warehouse.datasets import moments_of
from pipelines.reporting import building
from pipelines.reporting.periods import due, month_before
from pipelines.safety.guardrails.policy import Day
from pipelines.safety.guardrails.quiet_hours import awake_at
from pipelines.settings import PROJECT
from tests.safety.guardrails.conftest import Scene

BERLIN, NEW_YORK, AUCKLAND, KOLKATA = "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kolkata"
ZONES = {"berlin": BERLIN, "new_york": NEW_YORK, "auckland": AUCKLAND, "kolkata": KOLKATA}
MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "eight", "eight_in_the_evening"),
    [
        (BERLIN, "2026-10-24T06:00", "2026-10-24T18:00"),
        (BERLIN, "2026-10-25T07:00", "2026-10-25T19:00"),  # an hour longer
        (BERLIN, "2027-03-27T07:00", "2027-03-27T19:00"),
        (BERLIN, "2027-03-28T06:00", "2027-03-28T18:00"),  # an hour shorter
        (NEW_YORK, "2026-10-31T12:00", "2026-11-01T00:00"),
        (NEW_YORK, "2026-11-01T13:00", "2026-11-02T01:00"),
        (NEW_YORK, "2027-03-14T12:00", "2027-03-15T00:00"),
        (AUCKLAND, "2026-12-31T19:00", "2027-01-01T07:00"),  # New Year's Day there
        (AUCKLAND, "2027-04-03T20:00", "2027-04-04T08:00"),  # the clocks went back
        (KOLKATA, "2026-11-20T02:30", "2026-11-20T14:30"),
        (KOLKATA, "2028-02-29T02:30", "2028-02-29T14:30"),
    ],
)
def test_a_message_that_disturbs_goes_out_by_the_minute_of_the_readers_clock(zone, eight, eight_in_the_evening):
    def may(moment: datetime) -> bool:
        awake = awake_at(moment, Day(from_hour=8, to_hour=20), [zone])
        assert (zone in awake.zones, zone in awake.asleep) == (awake.anywhere, not awake.anywhere)
        return awake.anywhere

    morning, evening = utc(eight), utc(eight_in_the_evening)
    assert [may(morning - MINUTE), may(morning), may(evening - MINUTE), may(evening)] == [False, True, True, False]


def test_the_preferred_hour_comes_once_whatever_the_clocks_do(database, tenant):
    scene = Scene(database, tenant)
    scene.campaign()
    for name, zone in ZONES.items():
        scene.person(name, time_zone=zone, email=f"{name}@example.com")
    wanted = sql.SQL("SELECT c.customer_id, 1 AS step, {} FROM customers AS c WHERE c.tenant_id = %(tenant)s").format(
        sql.SQL(", ").join(
            sql.SQL("NULL::text AS {}").format(sql.Identifier(name))
            for name in ("channel", "unit_id", "arm", "experiment_key", "variant_id", "version", "content_hash",
                         "policy_version")
        )
    )  # fmt: skip

    def at(now: str, hour: int) -> dict[str, datetime]:
        scene.rows("UPDATE profiles SET preferred_hour = %s RETURNING 1", hour)
        told = {"tenant": tenant, "now": utc(now), "zone": BERLIN, "hour": 0}
        with database.transaction(tenant) as connection:
            found = connection.execute(QUERIES["at_hour"].format(wanted=wanted), told).fetchall()
        return {row["customer_id"]: row["send_at"] for row in found}

    for now in ("2026-10-24T23:30", "2026-10-31T20:00", "2026-12-31T10:30", "2027-03-13T20:00", "2027-03-27T20:00",
                "2027-04-03T01:00", "2028-02-28T22:00"):  # fmt: skip
        for name, due_at in at(now, 9).items():
            there = due_at.astimezone(ZoneInfo(ZONES[name]))
            assert (there.hour, there.minute) == (9, 0), (now, name)
            # A day has 25 hours at most, and within one the hour comes.
            assert timedelta() <= due_at - utc(now) < timedelta(hours=25), (now, name)
    # The hour that is left out is the next one; of the hour that comes twice it is the second.
    assert at("2027-03-27T20:00", 2)["berlin"] == utc("2027-03-28T01:00")
    assert at("2026-10-24T20:00", 2)["berlin"] == utc("2026-10-25T01:00")
    assert at("2028-02-28T22:00", 9)["berlin"] == utc("2028-02-29T08:00")
    assert at("2026-12-31T10:30", 9)["auckland"] == utc("2026-12-31T20:00")
    assert at("2026-12-31T20:00", 9)["kolkata"] == utc("2027-01-01T03:30")


def test_days_and_hours_in_sql_are_those_of_utc_wherever_the_server_stands(database, tenant):
    with database.administer() as connection:
        connection.execute("ALTER DATABASE liftline SET timezone = 'America/New_York'")
    try:
        for role in (APP, OWNER, DBT, READER):
            with database.transaction(tenant, role=role) as connection:
                told = connection.execute(
                    "SELECT current_setting('TimeZone') AS zone,"
                    # Seven days of attribution over the night in which New York's clocks go back.
                    " timestamptz '2026-10-31 12:00Z' + make_interval(days => 7) AS attributed_until,"
                    # An hour's cap in the hour that comes twice there.
                    " timestamptz '2026-11-01 06:10Z' - interval '1 hour' AS hour_since,"
                    " date_trunc('month', timestamptz '2027-01-01 02:00Z') AS budget_since"
                ).fetchone()
            assert told == {
                "zone": "UTC", "attributed_until": utc("2026-11-07T12:00"), "hour_since": utc("2026-11-01T05:10"),
                "budget_since": utc("2027-01-01T00:00"),
            }, role  # fmt: skip
    finally:
        with database.administer() as connection:
            connection.execute("ALTER DATABASE liftline RESET timezone")


def test_dbt_counts_days_as_we_do(database, tmp_path, monkeypatch):
    told: dict[str, str] = {}

    def run(command, *, env, **more):
        told.update(env)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(building.subprocess, "run", run)
    building.run_dbt(database, PROJECT / "dbt", tmp_path, "zone", "build")
    assert told["PGTZ"] == "UTC"


def test_nights_days_and_months_end_where_they_do():
    there = datetime(2028, 3, 1, 8, tzinfo=ZoneInfo(AUCKLAND))
    assert night_of(there) == utc("2028-02-29T00:00")
    assert night_of(datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo(BERLIN), fold=1)) == utc("2026-10-25T00:00")
    assert night_of(utc("2026-12-31T23:59")) + timedelta(days=1) == night_of(utc("2027-01-01T00:00"))
    policy = read_learning_policy(PROJECT / "data" / "policies")
    moments = moments_of(utc("2028-03-10T00:00"), policy.question("response"), policy)
    assert {after - before for before, after in zip(moments, moments[1:], strict=False)} == {
        timedelta(days=policy.days_between)
    }
    leap_day = Scope("acme", None, date(2028, 2, 29), date(2028, 2, 29))
    assert (leap_day.since, leap_day.until) == (utc("2028-02-29T00:00"), utc("2028-03-01T00:00"))
    year_end = Scope("acme", None, date(2026, 12, 31), date(2026, 12, 31))
    assert year_end.until == utc("2027-01-01T00:00")
    assert month_before(date(2028, 3, 1)) == date(2028, 2, 1)
    assert due("day", date(2028, 3, 1)) == ("2028-02-29", date(2028, 2, 1))
    assert due("week", date(2027, 1, 1)) == ("2026-W52", date(2026, 12, 1))
    assert due("month", date(2027, 1, 1)) == ("2026-12", date(2026, 12, 1))
