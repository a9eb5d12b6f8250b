"""The marts over a real database: who sees what, what late news make of them, and how a build fails."""

import json
import shutil
from dataclasses import replace

import psycopg
import pytest

from pipelines.contracts import Busy, Refusal
from pipelines.database import APP, DBT, MARTS, READER
from pipelines.reporting.attribution import NAMED, attribution
from pipelines.reporting.browsing import lines, mart, marts, sample
from pipelines.reporting.building import alone
from pipelines.reporting.run import build, refresh
from tests.reporting.conftest import MINE, OTHER, PROJECT, TOLD
from tests.reporting.world import add

DATA_ONLY = (*TOLD, "--exclude-resource-type", "unit_test")
BUILD_ONLY = (*DATA_ONLY, "--exclude-resource-type", "test")
GROWING = ("int_messages_followed", "int_messages_counted", "int_people_counted")
ROW = "to_jsonb(t) - 'built_at' - 'seen_to'"
RELATIONS = "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'v') ORDER BY 1"
NEWS = ("campaign", "units", "generations", "variants", "screenings", "release", "eligibility", "experiment", "arms",
        "assignments", "sends", "events", "labels")  # fmt: skip


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


def made_at(database):
    """When each row that is kept from run to run was made."""
    with database.connect(DBT) as connection:
        return [
            sorted(row["at"] for row in connection.execute(f"SELECT built_at AS at FROM {MARTS}.{name}"))
            for name in GROWING
        ]


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


def test_late_news_relabelling_and_new_campaigns_end_as_a_full_refresh_would(newsroom, tmp_path):
    database = newsroom.database
    before = content(database)
    add(database, MINE, *NEWS, campaign="acme-autumn")
    with database.transaction(MINE) as connection:
        # It happened before all others, and came after the last build.
        connection.execute(
            "INSERT INTO provider_events (tenant_id, provider, event_id, event, occurred_at, received_at, message_id, "
            "campaign_id, customer_id, channel, raw) VALUES (%s, 'sendgrid', 'late', 'replied', '2026-11-03 09:30', "
            "clock_timestamp(), 'acme-spring-c12', 'acme-spring', 'c12', 'email', '{}')",
            (MINE,),
        )
        connection.execute(
            "UPDATE sends SET state = 'complained', settled_at = now() WHERE message_id = 'acme-spring-c3'"
        )
        # A customer turns out to be another: what they were sent and bought follows them.
        connection.execute("INSERT INTO customer_aliases VALUES (%s, 'c7', 'c6', 1)", (MINE,))
        # Orders in other currencies, of which one has no rate, and in none by somebody who had read a message.
        connection.execute(
            "INSERT INTO orders (tenant_id, order_id, customer_id, ordered_at, amount, currency, source_seq, "
            "source_line, changed_seq) VALUES (%(t)s, 'dollars', 'c2', '2026-11-07', 5, 'USD', 1, 1, 1), "
            "(%(t)s, 'pesos', 'c1', '2026-11-07', 900, 'MXN', 1, 1, 1), "
            "(%(t)s, 'untold', 'c16', '2026-11-07', 9, NULL, 1, 1, 1)",
            {"t": MINE},
        )
        # Another is erased: what they were sent stays, and no domain tells of them.
        connection.execute("DELETE FROM customers WHERE customer_id = 'c12'")
    add(database, MINE, "labels", campaign="acme-spring")
    # The other tenant judges anew: under its new rules nobody has looked yet.
    with database.transaction(OTHER) as connection:
        connection.execute("UPDATE label_rules_in_force SET rule_version = 'r2', in_force_since = clock_timestamp()")
    refresh(newsroom, also=DATA_ONLY)
    incremental = content(database)
    assert_tenants_are_apart(database)
    refresh(newsroom, full=True, also=BUILD_ONLY)
    assert content(database) == incremental
    assert_tenants_are_apart(database)
    # The next run within the hour finds nothing to make anew.
    built = made_at(database)
    refresh(newsroom, also=BUILD_ONLY)
    assert made_at(database) == built
    assert content(database) == incremental
    # A server that crashed has emptied what is not logged.
    with database.connect(DBT) as connection:
        connection.execute(f"TRUNCATE {', '.join(f'{MARTS}.{name}' for name in GROWING)}")
    refresh(newsroom, also=DATA_ONLY)
    assert content(database) == incremental
    # What an older model has made is made anew by the one that replaced it, or that is compiled into it.
    with database.connect(DBT) as connection:
        connection.execute(f"ALTER TABLE {MARTS}.int_people_counted ADD COLUMN of_old integer")
        connection.execute(f"COMMENT ON TABLE {MARTS}.int_people_counted IS 'an older model'")
        connection.execute(f"ALTER TABLE {MARTS}.int_messages_followed ADD COLUMN of_old integer")
    changed_since = shutil.copytree(newsroom.project, tmp_path / "dbt")
    with (changed_since / "models" / "staging" / "stg_sends.sql").open("a") as staging:
        staging.write("-- changed\n")
    refresh(replace(newsroom, project=changed_since), also=BUILD_ONLY)
    assert content(database) == incremental
    changed = {name for name in incremental if incremental[name] != before[name]}
    assert {"campaign_performance", "variant_performance", "kpis", "human_vs_machine_engagement"} <= changed
    executive = build(newsroom, MINE, "2026-11", by="ada", kinds=["executive"])[0].folder / "index.html"
    assert "A dash for revenue: an order is in no currency" in executive.read_text()
    with database.transaction(MINE, role=READER) as connection:
        row = connection.execute(
            f"SELECT replied, complained FROM {MARTS}.campaign_performance WHERE campaign_id = 'acme-spring'"
        ).fetchone()
    assert (row["replied"], row["complained"]) == (1, 1)
    with database.transaction(MINE, role=READER) as connection:
        found = connection.execute(f"SELECT customer_id, messages, revenue_usd FROM {MARTS}.customer_360").fetchall()
        domains = connection.execute(f"SELECT domain, sent FROM {MARTS}.deliverability_by_domain").fetchall()
    messages = {row["customer_id"]: row["messages"] for row in found}
    assert (messages["c6"], messages["c7"], "c12" in messages) == (4, 0, False)
    revenue = {row["customer_id"]: row["revenue_usd"] for row in found}
    assert (revenue["c1"], revenue["c2"], revenue["c3"]) == (None, 27, 66)
    assert {row["domain"]: row["sent"] for row in domains}["none"] == 2
    # What the campaign earned is not known any more by the models that credit it with that order, nor what is left of
    # it, nor what the month earned.
    earned = {row["attribution_model"]: row for row in attribution(database, MINE, campaign_id="acme-spring")}
    assert (earned["last touch"]["revenue_usd"], earned["last touch"]["profit_usd"]) == (None, None)
    assert earned["last touch"]["orders"] > earned["first touch"]["orders"] > 0 < earned["first touch"]["revenue_usd"]
    with database.transaction(MINE, role=READER) as connection:
        kpis = connection.execute(f"SELECT kpi, value FROM {MARTS}.kpis WHERE month = '2026-11-01'").fetchall()
    values = {row["kpi"]: row["value"] for row in kpis}
    assert (values["revenue per marketing touch"], values["return on cost"]) == (None, None)
    with database.transaction(OTHER, role=READER) as connection:
        row = connection.execute(
            f"SELECT sum(human)::int AS human, sum(unlabelled)::int AS unlabelled "
            f"FROM {MARTS}.human_vs_machine_engagement"
        ).fetchone()
    assert row["human"] == 0
    assert row["unlabelled"] > 0


LOOKED_AGAIN = """
INSERT INTO liftline.eligibility_runs
SELECT
    tenant_id, campaign_id, run + 1, as_of, policy_version, snapshot_id, audience, included - 2, excluded + 2, review,
    reasons, guardrails, digest, '2026-11-20', decided_by
FROM liftline.eligibility_runs WHERE tenant_id = %s
"""


def test_a_broken_identity_is_named_with_its_rows_and_told_to_people(newsroom):
    alerts = []
    room = replace(newsroom, alert=alerts.append)
    with newsroom.database.administer(dbname=psycopg.conninfo.conninfo_to_dict(newsroom.database.login)["dbname"]) as c:
        c.execute("DELETE FROM liftline.assignments WHERE customer_id = 'c36' AND tenant_id = %s", (OTHER,))
        # A later look at who may be sent to is no fault: MINE keeps its arms.
        c.execute(LOOKED_AGAIN, (MINE,))
    with pytest.raises(Refusal, match="assignments_are_the_included found 1 row that should not be") as refused:
        refresh(room, also=(*TOLD, "--select", "assignments_are_the_included"))
    assert alerts == [str(refused.value)]


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
