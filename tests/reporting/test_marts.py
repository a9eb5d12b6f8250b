"""The marts over a real database: who sees what, what late news make of them, and how a build fails."""

import json

import psycopg
import pytest

from pipelines.contracts import Busy, Refusal
from pipelines.database import APP, DBT, MARTS, READER
from pipelines.reporting.attribution import NAMED, attribution
from pipelines.reporting.browsing import lines, mart, marts, sample
from pipelines.reporting.building import alone
from pipelines.reporting.run import refresh
from tests.reporting.conftest import MINE, OTHER, PROJECT

ROW = "to_jsonb(t) - 'built_at' - 'seen_to'"
RELATIONS = "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'v') ORDER BY 1"


def relations(database):
    with database.connect(DBT) as connection:
        return [row["relname"] for row in connection.execute(RELATIONS, (MARTS,))]


def tenants_seen(database, role, tenant, name):
    with database.transaction(tenant, role=role) as connection:
        found = connection.execute(f"SELECT DISTINCT tenant_id FROM {MARTS}.{name}").fetchall()
    return {row["tenant_id"] for row in found}


def assert_tenants_are_apart(database):
    names = [one.name for one in marts(PROJECT / "dbt")]
    assert set(names) < set(relations(database))
    for role in (READER, APP):
        for name in names:
            assert tenants_seen(database, role, MINE, name) == {MINE}, (role, name)
            assert tenants_seen(database, role, "nobody", name) == set(), (role, name)
    for name in set(relations(database)) - set(names):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction(MINE, role=READER) as connection:
            connection.execute(f"SELECT FROM {MARTS}.{name}")


def content(database):
    """Every row of every model, but for when it was made and what was there to see."""
    with database.connect(DBT) as connection:
        return {
            name: sorted(
                json.dumps(row["row"], sort_keys=True)
                for row in connection.execute(f"SELECT {ROW} AS row FROM {MARTS}.{name} AS t")
            )
            for name in relations(database)
        }


def test_each_tenant_sees_its_own_marts_and_nothing_in_between(newsroom):
    assert_tenants_are_apart(newsroom.database)


def test_machines_open_nothing_and_the_numbers_of_the_world_come_out(newsroom):
    with newsroom.database.transaction(MINE, role=READER) as connection:
        row = connection.execute(f"SELECT * FROM {MARTS}.campaign_performance").fetchone()
        kpis = connection.execute(f"SELECT kpi, value FROM {MARTS}.kpis WHERE month = '2026-11-01'").fetchall()
    # 18 arrived and each was opened by a proxy, 8 by a person; 9 clicks of scanners make nobody's click.
    counted = ("planned", "sent", "delivered", "bounced", "pending", "opened", "clicked", "converted", "unsubscribed")
    assert [row[name] for name in counted] == [23, 23, 18, 3, 2, 8, 3, 4, 3]
    assert (row["audience"], row["included"], row["excluded"]) == (40, 36, 4)
    # Four conversions of 20 euro that a shop told stand in no upload: 88 dollars more than the orders.
    assert float({one["kpi"]: one["value"] for one in kpis}["revenue per marketing touch"]) == pytest.approx(814 / 18)


def test_attribution_is_read_from_the_mart_and_adds_up(newsroom):
    rows = attribution(newsroom.database, MINE, campaign_id="acme-spring")
    assert [row["attribution_model"] for row in rows] == list(NAMED.values())[:5]
    assert {round(row["revenue_usd"], 6) for row in rows} == {814}
    for row in rows:
        assert row["profit_usd"] == pytest.approx(row["revenue_usd"] - row["cost_usd"])
        assert row["revenue_per_touch_usd"] == pytest.approx(row["revenue_usd"] / row["touches"], abs=1e-5)
    (one,) = attribution(newsroom.database, MINE, campaign_id="acme-spring", model="time-decay")
    assert one["attribution_model"] == "time decay"
    with pytest.raises(Refusal, match="know nothing of campaign"):
        attribution(newsroom.database, OTHER, campaign_id="acme-spring")


def test_a_second_build_waits_for_nobody(newsroom):
    with alone(newsroom.database), pytest.raises(Busy, match="another run"):
        refresh(newsroom)


def test_lineage_names_tables_and_no_staging(newsroom):
    told = [json.loads(line) for line in newsroom.lineage.read_text().splitlines()]
    by_job = {event["job"]["name"]: event for event in told if event["eventType"] == "COMPLETE"}
    read = {one["name"] for one in by_job["marts.int_messages_followed"]["inputs"]}
    assert {"liftline.sends", "liftline.labelled_events", "liftline.label_rules_in_force"} <= read
    assert not any("stg_" in one["name"] for event in told for one in event["inputs"])


def test_a_mart_is_shown_and_downloaded_for_one_tenant(newsroom):
    found = mart(PROJECT / "dbt", "campaign_performance")
    rows = sample(newsroom.database, MINE, found)
    assert rows
    assert "tenant_id" not in rows[0]
    table = b"".join(lines(newsroom.database, MINE, found)).decode()
    assert table.splitlines()[0].startswith("campaign_id,name,channel")
    assert OTHER not in table


@pytest.mark.parametrize("path", sorted((PROJECT / "dbt" / "analyses").glob("*.sql")), ids=lambda path: path.stem)
def test_an_example_query_runs_as_the_reader(newsroom, path):
    with newsroom.database.transaction(MINE, role=READER) as connection:
        assert connection.execute(path.read_text()).description
