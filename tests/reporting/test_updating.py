"""What late news make of the marts, and how a build fails: after all others that look at the same small world."""

import shutil
from dataclasses import replace

import psycopg
import pytest

from pipelines.contracts import Refusal
from pipelines.database import DBT, MARTS, READER
from pipelines.reporting.attribution import attribution
from pipelines.reporting.run import build, refresh
from tests.reporting.conftest import MINE, OTHER, TOLD
from tests.reporting.test_marts import assert_tenants_are_apart, content
from tests.reporting.world import add

DATA_ONLY = (*TOLD, "--exclude-resource-type", "unit_test")
BUILD_ONLY = (*DATA_ONLY, "--exclude-resource-type", "test")
GROWING = ("int_messages_followed", "int_messages_counted", "int_people_counted")
NEWS = ("campaign", "units", "generations", "variants", "screenings", "release", "eligibility", "experiment", "arms",
        "assignments", "sends", "events", "labels")  # fmt: skip


def made_at(database):
    """When each row that is kept from run to run was made."""
    with database.connect(DBT) as connection:
        return [
            sorted(row["at"] for row in connection.execute(f"SELECT built_at AS at FROM {MARTS}.{name}"))
            for name in GROWING
        ]


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
