"""Models of a tenant: learnt from the past alone, decided on with reasons, the same when nothing changed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from psycopg.types.json import Jsonb

from pipelines.contracts import Refusal
from pipelines.learning import run
from pipelines.learning.modelling.fitting import fit_all
from pipelines.learning.modelling.metrics import measure
from pipelines.learning.responses import traits
from pipelines.learning.warehouse.datasets import audience, load, moments_of
from pipelines.tenants.run import create_tenant
from tests.learning.conftest import AS_OF, CUSTOMERS
from tests.learning.registered import DECISION, METRICS, NOW, VERSION

PLANTED = """
    INSERT INTO orders (
        tenant_id, order_id, customer_id, ordered_at, amount, currency, source_seq, changed_seq, source_line)
    SELECT tenant_id, 'planted-' || customer_id, customer_id, %s, 999, 'EUR', 1, 1, 1 FROM customers
"""
PLANTED_EVENTS = """
    INSERT INTO events (
        tenant_id, event_id, customer_id, event, occurred_at, source_seq, changed_seq, source_line)
    SELECT tenant_id, 'planted-' || customer_id, customer_id, 'visit', %s, 1, 1, 1 FROM customers
"""
# From a moment on only those order who never did before.
UPSIDE_DOWN = (
    "DELETE FROM orders WHERE ordered_at > %s",
    """
    INSERT INTO orders (
        tenant_id, order_id, customer_id, ordered_at, amount, currency, source_seq, changed_seq, source_line)
    SELECT tenant_id, 'new-' || customer_id, customer_id, %s::timestamptz + interval '20 days', 50, 'EUR', 1, 1, 1
    FROM customers WHERE mod(substr(customer_id, 2)::integer, 10) < 4
    """,
)
ALIAS = """
    INSERT INTO customer_aliases VALUES (current_setting('liftline.tenant'), 'old-7', 'c000007', 1)
"""

# Somebody judges anew, and takes the answers to questions of all campaigns but one for a robot's.
JUDGED_WRONGLY = """
    INSERT INTO event_labels
    SELECT
        tenant_id, provider, event_id, 'v2',
        CASE WHEN campaign_id <> 'm5' AND message_id IN (SELECT message_id FROM sends WHERE variant_id LIKE '%-ask')
            THEN 'bot' ELSE 'human' END, 0.9, '{}', received_at
    FROM provider_events
"""
STRANGERS = """
    INSERT INTO customers (
        tenant_id, customer_id, email, country, signup_date, source_seq, changed_seq, source_line)
    SELECT
        current_setting('liftline.tenant'), 'c' || lpad(n::text, 6, '0'), 'person' || n || '@example.com', 'JP',
        '2026-10-01', 1, 1, n
    FROM generate_series(1001, 2000) AS n
"""
# Everybody orders by the same chance, whatever they did before: there is nothing to learn.
BY_CHANCE = """
    INSERT INTO orders (
        tenant_id, order_id, customer_id, ordered_at, amount, currency, source_seq, changed_seq, source_line)
    SELECT
        tenant_id, customer_id || '-' || part, customer_id, timestamptz '2026-11-01' - make_interval(days => part * 3),
        50, 'EUR', 1, 1, 1
    FROM customers, generate_series(1, 250) AS part
    WHERE ('x' || substr(md5(customer_id || part), 1, 6))::bit(24)::integer / 16777216.0 < 0.02
"""
PHONES = "UPDATE customers SET phone = '+4930123456', company = 'Harbour GmbH' WHERE mod(source_line, 2) = 0"
MEMBERS = """
    INSERT INTO segment_members
    SELECT tenant_id, 's', customer_id, 'regulars', 'r' FROM customers WHERE customer_id < 'c000301'
"""

PERSONA = """
    INSERT INTO audience_units
    VALUES (current_setting('liftline.tenant'), 'spring', 'persona', %s, 'p', 'd', '{}', 100, 's', 'q', '{}',
            '2026-05-01')
"""


def stricter(policy, part, change):
    """The policy with one limit of it moved."""
    if part == "promotion":
        return policy.model_copy(update={"promotion": policy.promotion.model_copy(update=change)})
    question = getattr(policy.models, part).model_copy(update=change)
    return policy.model_copy(update={"models": policy.models.model_copy(update={part: question})})


def state(database, tenant):
    with database.transaction(tenant) as connection:
        return [
            connection.execute(f"SELECT xmin::text, t.* FROM {table} AS t ORDER BY 2, 3, 4").fetchall()
            for table in ("model_versions", "model_decisions", "model_scores", "model_measurements", "insights")
        ]


def cases(database, workshop, tenant, model):
    with database.transaction(tenant) as connection:
        return load(connection, model, AS_OF, workshop.policy)


def test_what_happens_after_a_moment_changes_no_feature_of_it(shop, mailing, workshop, database):
    tenant = shop(400)
    mailing("spring", AS_OF - timedelta(days=60), customers=400)
    before = {model: cases(database, workshop, tenant, model) for model in ("churn", "response")}
    newest = moments_of(AS_OF, workshop.policy.models.churn, workshop.policy)[-1]
    with database.transaction(tenant) as connection:
        for statement in (PLANTED, PLANTED_EVENTS):
            connection.execute(statement, (newest + timedelta(seconds=1),))
    after = {model: cases(database, workshop, tenant, model) for model in ("churn", "response")}
    assert after["churn"].frame.equals(before["churn"].frame)
    # What was planted lies within the horizon: it is an outcome, and only that.
    newest_cases = slice(before["churn"].cut, None)
    assert before["churn"].truth[newest_cases].sum() > after["churn"].truth[newest_cases].sum() == 0
    # Messages were claimed later: to them it is history.
    assert not after["response"].frame.equals(before["response"].frame)
    with database.transaction(tenant) as connection:
        for statement in (PLANTED, PLANTED_EVENTS):
            connection.execute(statement.replace("planted", "beyond"), (AS_OF + timedelta(seconds=1),))
    for model, data in after.items():
        assert cases(database, workshop, tenant, model).data_hash == data.data_hash, model


def test_what_was_not_written_down_yet_for_the_oldest_cases_is_not_learnt_from(shop, workshop, database):
    tenant = shop(400)
    oldest, *_, newest = moments_of(AS_OF, workshop.policy.models.churn, workshop.policy)
    with database.transaction(tenant) as connection:
        connection.execute(PLANTED_EVENTS, (newest - timedelta(days=20),))
    data = cases(database, workshop, tenant, "churn")
    assert {"silent_days", "events_90"} <= set(data.frame.columns) - set(data.features)
    told = run.retrain(workshop, tenant, "churn", by="airflow", as_of=AS_OF)
    assert told.code == "first", told.reason
    with database.transaction(tenant) as connection:
        (version,) = connection.execute("SELECT card FROM model_versions").fetchall()
        connection.execute(PLANTED_EVENTS.replace("planted", "early"), (oldest - timedelta(days=20),))
    assert "silent_days was not written down yet for the oldest cases." in version["card"]
    assert "silent_days" in cases(database, workshop, tenant, "churn").features


def test_where_there_is_nothing_to_learn_nothing_is_promised(database, tenant, workshop):
    with database.transaction(tenant) as connection:
        connection.execute(CUSTOMERS, {"customers": 800})
        connection.execute(BY_CHANCE)
    chance = cases(database, workshop, tenant, "churn")
    with database.transaction(tenant) as connection:
        connection.execute(PHONES)
    # Whose phone and company are known is known today, and often by a purchase.
    assert cases(database, workshop, tenant, "churn").data_hash == chance.data_hash
    older, newest = slice(chance.cut), slice(chance.cut, None)
    silent = [name for name in chance.features if chance.frame[name].n_unique() == 1]
    learnt = fit_all(chance.frame[older], chance.truth[older], [one for one in chance.features if one not in silent])
    found = measure(chance.truth[newest], learnt.probabilities(chance.frame[newest]))
    assert found["auc"] == pytest.approx(0.5, abs=0.05)


def test_history_follows_a_person_to_the_id_of_today_and_robots_answer_nothing(shop, mailing, workshop, database):
    tenant = shop(400)
    mailing("spring", AS_OF - timedelta(days=60), customers=400, verdict="bot")
    assert cases(database, workshop, tenant, "response").truth.sum() == 0
    whole = cases(database, workshop, tenant, "churn").frame
    with database.transaction(tenant) as connection:
        connection.execute("UPDATE orders SET customer_id = 'old-7' WHERE customer_id = 'c000007'")
        connection.execute(ALIAS)
    assert cases(database, workshop, tenant, "churn").frame.equals(whole)


def test_a_model_is_promoted_once_scored_once_and_goes_when_it_fails(shop, workshop, database, tmp_path, monkeypatch):
    tenant = shop(1200)
    told = []
    shop_of = replace(workshop, alert=told.append)
    early = AS_OF - timedelta(days=99)
    first = run.retrain(shop_of, tenant, "churn", by="ada", as_of=early)
    assert (first.decision, first.code, first.version, first.champion) == ("promote", "first", 1, 1)
    assert run.score_customers(shop_of, tenant, "churn", as_of=early)["scored"] == 1200
    before = state(database, tenant)
    again = run.retrain(shop_of, tenant, "churn", by="ada", as_of=early)
    assert (again.version, again.code, again.changed) == (1, "first", False)
    assert run.score_customers(shop_of, tenant, "churn", as_of=early)["changed"] is False
    assert state(database, tenant) == before
    shown = run.show(shop_of, tenant, "churn")
    assert "Learnt from" in shown["version"]["card"]

    # A day later the same world makes no better model; and what may not be trusted changes nothing either.
    kept = run.retrain(shop_of, tenant, "churn", by="ada", as_of=early + timedelta(days=1))
    assert (kept.decision, kept.code, kept.champion) == ("keep", "not_better", 1), kept.reason
    assert "kept version 1: the challenger is not surely better" in kept.reason
    for part, change, code, reason in (
        ("promotion", {"suspicious_auc": 0.6}, "suspiciously_good", "look for a feature that knows the outcome"),
        ("churn", {"least_rows": 10**6}, "too_little_data", "where 1,000,000 are needed"),
    ):
        strict = replace(shop_of, policy=stricter(shop_of.policy, part, change))
        refused = run.retrain(strict, tenant, "churn", by="ada", as_of=early + timedelta(days=2))
        assert (refused.decision, refused.code, refused.champion) == ("refuse", code, 1), refused.reason
        assert reason in refused.reason

    artifact = tmp_path / "models" / shown["version"]["artifact"]
    raw = artifact.read_bytes()
    artifact.write_bytes(raw[:-1] + b"x")
    with pytest.raises(Refusal, match="is not what was registered"):
        run.score_customers(shop_of, tenant, "churn", as_of=AS_OF)
    artifact.write_bytes(raw)

    with database.transaction(tenant) as connection:
        for statement in UPSIDE_DOWN:
            connection.execute(statement, (early,))

    def without_a_feature(*asked):
        data = load(*asked)
        return replace(data, frame=data.frame.drop("country"))

    # What a champion learnt from may be looked at no more.
    monkeypatch.setattr("pipelines.learning.retraining.load", without_a_feature)
    found = run.monitor(shop_of, tenant, "churn", by="airflow", as_of=AS_OF)
    assert found["verdict"] == "degraded", found
    assert "Live is now none." in found["reason"]
    assert told == [tenant]
    with database.transaction(tenant) as connection:
        waits = connection.execute("SELECT kind, object, code FROM escalations").fetchall()
        entry = connection.execute("SELECT * FROM audit_log WHERE decision = 'roll_back'").fetchone()
    assert waits == [{"kind": "model", "object": "churn", "code": "degraded"}]
    assert (entry["actor_kind"], entry["action"]) == ("system", "model.decide")
    assert run.monitor(shop_of, tenant, "churn", by="airflow", as_of=AS_OF)["verdict"] == "none"


def test_a_better_challenger_goes_live_a_worse_does_not_and_a_world_that_turned_takes_the_champion_out(
    shop, mailing, workshop, database
):
    tenant, many = shop(1000), {"customers": 1000}
    before, now = {"asking": 0.02, "telling": 0.12}, {"asking": 0.12, "telling": 0.02}

    def retrained(days):
        return run.retrain(workshop, tenant, "response", by="airflow", as_of=AS_OF + timedelta(days=days))

    def live():
        return {row["version"]: row["state"] for row in run.models(workshop, tenant)["versions"]}

    # People liked to be told, and then they liked to be asked.
    mailing("m1", AS_OF - timedelta(days=90), **many, **before)
    told = retrained(-80)
    assert (told.code, live()) == ("first", {1: "champion"}), told.reason
    for number, days in enumerate((60, 50, 35, 25), 2):
        mailing(f"m{number}", AS_OF - timedelta(days=days), **many, **now)
    told = retrained(0)
    assert (told.code, live()) == ("better", {1: "retired", 2: "champion"}), told.reason
    again = retrained(0)
    assert (again.version, again.changed) == (2, False)

    with database.transaction(tenant) as connection:
        connection.execute(JUDGED_WRONGLY)
        connection.execute("UPDATE label_rules_in_force SET rule_version = 'v2'")
    worse = retrained(0)
    assert (worse.decision, live()[2], live()[3]) == ("refuse", "champion", "refused"), worse
    with database.transaction(tenant) as connection:
        connection.execute("UPDATE label_rules_in_force SET rule_version = 'v1'")

    mailing("m6", AS_OF + timedelta(days=2), **many, **before)
    fell = run.monitor(workshop, tenant, "response", by="airflow", as_of=AS_OF + timedelta(days=12))
    assert (fell["verdict"], live()[1], live()[2]) == ("degraded", "champion", "rolled_back"), fell

    with database.transaction(tenant) as connection:
        connection.execute(STRANGERS)
    mailing("m7", AS_OF + timedelta(days=15), **many, first=1001)
    strange = retrained(25)
    assert (strange.code, strange.version, live()[1]) == ("drift", None, "champion"), strange
    assert "has drifted" in strange.reason


def test_the_way_back_leads_to_the_version_before(tenant, workshop, database):
    with database.transaction(tenant) as connection:
        for number, what in ((1, "retired"), (2, "champion")):
            told = (number, what, f"d{number}", NOW, NOW, Jsonb({}), Jsonb(METRICS), NOW)
            connection.execute(VERSION, told)
            connection.execute(DECISION, (number, number - 1 or None, number, "promote", "better", "r", NOW))
    done = run.roll_back(workshop, tenant, "churn", by="ada", reason="It favours one region")
    assert (done["rolled_back"], done["champion"]) == (2, 1)
    states = {row["version"]: row["state"] for row in run.models(workshop, tenant)["versions"]}
    assert states == {1: "champion", 2: "rolled_back"}
    # The first that was live goes as well: its file may be lost.
    done = run.roll_back(workshop, tenant, "churn", by="ada", reason="Its file is gone")
    assert (done["rolled_back"], done["champion"]) == (1, None)
    with pytest.raises(Refusal, match="there is nothing to roll back"):
        run.roll_back(workshop, tenant, "churn", by="ada", reason="once more")


def test_a_lost_file_of_one_tenant_stops_nobody_elses_night(shop, tenant, workshop, database):
    shop(3)
    other = create_tenant(database, f"{tenant}-other").tenant_id
    with database.transaction(tenant) as connection:
        connection.execute(VERSION, (1, "champion", "d1", NOW, NOW, Jsonb({}), Jsonb(METRICS), NOW))
    night = [tenant, f"{tenant}-lost", other]
    lost = f"^{tenant}, churn: The model file .* take the version out with `liftline learning rollback`"
    unknown = f" {tenant}-lost, churn: There is no tenant {tenant}-lost; create it"
    with pytest.raises(Refusal, match=f"{lost}.*{unknown}"):
        run.monitor_all(workshop, night)
    with pytest.raises(Refusal, match=lost):
        run.score_all(workshop, night)
    for step in (run.learn_all, lambda *asked: run.retrain_all(*asked, "response")):
        with pytest.raises(Refusal, match=f"^{tenant}-lost[^ ]*( response)?: There is no tenant"):
            step(workshop, night)
    with database.transaction(other) as connection:
        assert connection.execute("SELECT model FROM model_decisions").fetchall() == [{"model": "response"}]


def test_the_response_model_says_what_unsent_messages_may_expect_of_their_readers(shop, mailing, workshop, database):
    tenant = shop(3000)
    for campaign, days in (("winter", 90), ("spring", 60)):
        mailing(campaign, AS_OF - timedelta(days=days))
    data = cases(database, workshop, tenant, "response")
    told = {"channel": "email", "unit_kind": "segment", "tone": "warm", "body": "one two three"}
    asks, tells = (
        told | {"strategy": "curiosity", "subject": "Cold feet?"},
        told | {"strategy": "direct", "subject": "Wool throws cost 79 EUR"},
    )
    for message in (asks, tells):
        sent = data.frame.filter(strategy=message["strategy"]).select(traits(**message).keys()).unique()
        assert sent.to_dicts() == [traits(**message)]
    assert run.responses(workshop, tenant, "spring") is None
    assert run.retrain(workshop, tenant, "response", by="ada").decision == "promote"
    with database.transaction(tenant) as connection:
        # Who orders often answers often.
        connection.execute(MEMBERS)
    expected = run.responses(workshop, tenant, "spring")
    unit = ("segment", "regulars")
    assert expected.version == 1
    assert expected.expects(("segment", "nobody"), asks) is None
    assert expected.expects(unit, asks) > 1.5 * expected.expects(unit, tells) > 0

    with database.transaction(tenant) as connection:
        # Who reads as a persona is told by the job title, and no segment need be called like it.
        for persona in ("owners", "others"):
            connection.execute(PERSONA, (persona,))
        personas = audience(connection, "spring", AS_OF, workshop.personas, most=50)
    titles = {
        unit: set(personas.filter(unit_kind="persona", unit_id=unit)["job_title"]) for unit in ("owners", "others")
    }
    assert titles == {"owners": {"Owner"}, "others": {None, "Buyer"}}
    assert personas["unit_id"].value_counts()["count"].to_list() == [50, 50, 50]
    assert run.responses(workshop, tenant, "spring").expects(("persona", "owners"), asks) > 0
