"""What worked is measured, shrunk, offered with evidence, and steers prompts once a person with a role accepted it."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from pipelines.contracts import Refusal
from pipelines.learning import run
from pipelines.learning.insights.lifts import lifts, rated
from pipelines.learning.insights.traits import sentence
from tests.learning.conftest import AS_OF


def cells(*rows):
    names = ("campaign_id", "strategy", "reached", "engaged")
    return pl.DataFrame([dict(zip(names, row, strict=True)) for row in rows])


def of(found, value):
    return next(one for one in found if one.value == value)


def test_a_good_campaign_makes_no_strategy_look_good():
    told = lifts(
        cells(("good", "direct", 1000, 200), ("good", "friendly", 100, 20), ("bad", "friendly", 5000, 50)),
        "strategy", within=["campaign_id"], certainty=0.95,
    )  # fmt: skip
    assert [round(one.lift, 6) for one in told] == [1.0, 1.0]


def test_little_evidence_is_pulled_towards_no_difference_and_much_is_not():
    few = lifts(
        cells(("a", "direct", 20, 2), ("a", "friendly", 20, 1)), "strategy", within=["campaign_id"], certainty=0.95
    )
    many = lifts(
        cells(("a", "direct", 20000, 2000), ("a", "friendly", 20000, 1000)),
        "strategy", within=["campaign_id"], certainty=0.95,
    )  # fmt: skip
    raw = 4 / 3
    assert abs(of(few, "direct").lift - 1) < (raw - 1) / 3
    assert not of(few, "direct").differs
    assert of(many, "direct").lift == pytest.approx(raw, abs=0.03)
    assert of(many, "direct").differs


def test_a_campaign_that_tried_one_thing_only_is_no_evidence_of_it():
    compared = (("a", "direct", 5000, 500), ("a", "friendly", 5000, 250))
    alone = [(f"alone-{n}", "direct", 5000, 400) for n in range(9)]
    told = [
        lifts(cells(*rows), "strategy", within=["campaign_id"], certainty=0.95)
        for rows in (compared, (*compared, *alone))
    ]
    assert told[0] == told[1]
    assert of(told[1], "direct").campaigns == 1


@pytest.fixture
def answered(mailing, shop):
    tenant = shop(2000)
    mailing("spring", AS_OF - timedelta(days=60), customers=2000)
    return tenant


def grant(database, tenant, user, role):
    with database.transaction(tenant) as connection:
        connection.execute(
            "INSERT INTO access_grants (tenant_id, user_name, role, granted_by, granted_at) "
            "VALUES (%s, %s, %s, 't', %s)",
            (tenant, user, role, datetime.now(UTC)),
        )


def test_an_insight_is_offered_accepted_and_becomes_a_new_prompt(answered, workshop, database):
    tenant = answered
    with database.transaction(tenant) as connection:
        before = workshop.prompt_version(connection)
    assert run.learn(workshop, tenant)["insights"] > 0
    offered = run.insights(workshop, tenant)
    assert run.learn(workshop, tenant)["insights"] == len(offered)
    assert run.insights(workshop, tenant) == offered
    question = next(one for one in offered if one["value"] == "ask a question")
    assert question["effect"] > 0
    assert question["evidence"]["reached"] == 1000
    with pytest.raises(Refusal, match="ada has no role that decides on insights"):
        run.decide(workshop, tenant, question["insight_id"], "accepted", by="ada")
    grant(database, tenant, "ada", "manager")
    done = run.decide(workshop, tenant, question["insight_id"], "accepted", by="ada")
    assert done["prompt_version"] != before
    with database.transaction(tenant) as connection:
        assert workshop.prompt_version(connection) == done["prompt_version"]
        logged = connection.execute("SELECT * FROM audit_log WHERE action = 'insight.decide'").fetchall()
    assert [(row["actor"], row["prompt_version"]) for row in logged] == [("ada", done["prompt_version"])]
    assert run.decide(workshop, tenant, question["insight_id"], "accepted", by="ada") == done
    run.learn(workshop, tenant)
    assert next(o for o in run.insights(workshop, tenant) if o["insight_id"] == done["insight_id"]) == done


def test_what_robots_clicked_teaches_nothing(mailing, shop, workshop):
    tenant = shop(2000)
    mailing("spring", AS_OF - timedelta(days=60), customers=2000, verdict="bot")
    assert run.learn(workshop, tenant) == {"tenant": tenant, "reached": 2000, "insights": 0}


def test_the_machine_cannot_enter_what_is_decided_already(tenant, database):
    import psycopg

    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction(tenant) as connection:
        connection.execute(
            "INSERT INTO insights (tenant_id, insight_id, dimension, value, statement, effect, ci_low, ci_high, "
            "evidence, state, offered_at, decided_by) "
            "VALUES (%s, 'i', 'tone', 'warm', 's', 1, 1, 1, '{}', 'accepted', now(), 'x')",
            (tenant,),
        )


def test_reviewers_ratings_speak_where_they_agree_and_are_many():
    agreed = pl.DataFrame(
        {
            "strategy": ["direct"] * 30 + ["friendly"] * 30 + ["urgency"] * 3,
            "rating": [4.0, 5.0] * 15 + [2.0, 3.0] * 15 + [1.0] * 3,
            "flagged": [False] * 60 + [True] * 3,
        }
    )
    told = {one.value: one for one in rated(agreed, certainty=0.95, least=8)}
    assert set(told) == {"direct", "friendly"}
    assert told["direct"].low > 0 > told["friendly"].high
    assert sentence(told["direct"]).startswith("Reviewers rate the strategy direct 1.0 points better")
    undecided = agreed.with_columns(rating=pl.Series([1.0, 5.0] * 31 + [3.0]))
    assert all(one.low < 0 < one.high for one in rated(undecided, certainty=0.95, least=8))
