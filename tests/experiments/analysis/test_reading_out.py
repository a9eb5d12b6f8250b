"""Read-outs of a campaign that was sent and answered: what counts, when it counts, and what stays as it is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.contracts import Refusal
from pipelines.experiments.analysis.judging import Moment
from pipelines.experiments.analysis.run import (
    conclude,
    conclude_decided,
    explain_campaign,
    library,
    read_out,
    read_out_running,
    results,
    seen_by,
)
from pipelines.experiments.analysis.store import Readings
from pipelines.experiments.design import checked
from tests.conftest import NOW
from tests.experiments.conftest import ME, STRATEGIES
from tests.experiments.test_designing import CELLS

LATER = NOW + timedelta(days=15)


def send_to(scene, *, at=NOW, waves=20):
    """Everybody of these waves who has no message yet and whose arm sends one gets theirs."""
    scene.sql(
        "INSERT INTO sends (tenant_id, campaign_id, customer_id, step, channel, message_id, variant_id, version, "
        "content_hash, policy_version, arm, state, marketing, queued_at) "
        f"SELECT {ME}, %(key)s, a.customer_id, 1, 'email', a.customer_id || a.tenant_id, v.variant_id, v.version, "
        "v.content_hash, v.policy_version, a.arm, 'queued', true, %(at)s FROM assignments AS a "
        "INNER JOIN experiment_arms AS x USING (tenant_id, experiment_key, arm) "
        "INNER JOIN approvable_variants(%(key)s) AS v "
        "ON v.variant_id = %(key)s || '-' || a.unit_id || '-' || x.strategy "
        "WHERE a.arm IS NOT NULL AND a.cohort <= %(waves)s ON CONFLICT DO NOTHING",
        key=scene.campaign, at=at, waves=waves,
    )  # fmt: skip
    scene.sql("UPDATE sends SET state = 'accepted', claimed_at = %(at)s WHERE state = 'queued'", at=at)


@pytest.fixture
def sent(scene):
    """4,000 people with arms, everybody with a strategy written to on the same day; it is two weeks later."""
    scene.enter(customers=4_000)
    scene.design()
    scene.assign()
    send_to(scene)
    scene.sql(f"INSERT INTO label_rules_in_force VALUES ({ME}, 'r1', %(now)s)", now=NOW)
    scene.laboratory = replace(scene.laboratory, clock=lambda: LATER)
    return scene


def happen(
    scene, event, arms, *, each=10, verdict="human", after=timedelta(hours=5), value=None, under="", currency=None,
    provider="test",
):  # fmt: skip
    """Every `each`-th person of the arms did it, `under` an id that begins otherwise."""
    scene.sql(
        "WITH chosen AS (SELECT customer_id FROM (SELECT customer_id, row_number() OVER (ORDER BY customer_id) AS n "
        "FROM assignments WHERE arm = ANY(%(arms)s)) AS c WHERE n %% %(each)s = 0), "
        "new AS (INSERT INTO provider_events (tenant_id, provider, event_id, event, occurred_at, received_at, "
        f"campaign_id, customer_id, channel, value, currency, raw) SELECT {ME}, %(provider)s, %(event)s || %(verdict)s "
        "|| customer_id || %(at)s::text, %(event)s, %(at)s, %(at)s, %(key)s, %(under)s || customer_id, 'email', "
        "%(value)s, %(currency)s, '{}' FROM chosen RETURNING *) INSERT INTO event_labels SELECT tenant_id, provider, "
        "event_id, 'r1', %(verdict)s, 1, '{}', received_at FROM new",
        event=event, arms=list(arms), each=each, verdict=verdict, at=NOW + after, key=scene.campaign, value=value,
        under=under, currency=currency, provider=provider,
    )  # fmt: skip


def look(scene, *, as_of=LATER):
    return read_out(scene.laboratory, scene.tenant, scene.campaign, by="ana", as_of=as_of, foretold=True)


def of(told, metric, arm):
    return next(c for c in told["comparisons"] if (c["metric"], c["arm"]) == (metric, arm) and "segment" not in c)


def test_human_clicks_decide_and_robots_do_not(sent):
    happen(sent, "clicked", ["friendly"], each=5)
    happen(sent, "clicked", ["professional"], each=20)
    happen(sent, "clicked", ["direct"], each=20)
    happen(sent, "clicked", ["direct"], each=2, verdict="bot")
    told = look(sent)
    assert (told["verdict"], told["winner"], told["final"]) == ("winner", "friendly", True)
    assert of(told, "clicked", "friendly")["control"] == "professional"
    assert of(told, "clicked", "direct")["verdict"] == "inconclusive"
    assert "control is sent nothing" in told["warnings"][0]
    assert {arm["arm"] for arm in told["arms"]} == {"control", "professional", "friendly", "direct"}


def factorial(scene):
    """A read-out of two factors of which one works."""
    scene.enter(customers=1_600, units=("loyal",), arms=CELLS, experiment={"kind": "factorial", "control": "plain long",
                "secondary_metrics": ["revenue"]}, strategies=[*STRATEGIES, "benefit"])  # fmt: skip
    scene.write("loyal", "benefit")
    scene.design()
    scene.assign()
    send_to(scene)
    scene.sql(f"INSERT INTO label_rules_in_force VALUES ({ME}, 'r1', %(now)s)", now=NOW)
    happen(scene, "clicked", ["warm long", "warm short"], each=4)
    happen(scene, "clicked", ["plain long", "plain short"], each=12, after=timedelta(hours=6))
    return look(scene)


def test_a_factorial_read_out_tells_factor_by_factor_and_no_revenue_without_a_silent_arm(scene):
    told = factorial(scene)
    by_factor = {tuple(one["factors"]): one for one in told["factors"]}
    assert by_factor["tone",]["stands"]
    assert by_factor["tone",]["lift_abs"] == pytest.approx(1 / 4 - 1 / 12, abs=0.01)
    assert not by_factor["length",]["stands"]
    assert not by_factor["tone", "length"]["stands"]
    assert told["incremental"] is None


def test_what_people_buy_is_compared_with_those_who_were_sent_nothing(sent):
    happen(sent, "converted", ["friendly"], each=4, value=20)
    happen(sent, "converted", ["control"], each=20, value=20)
    told = look(sent)
    one = of(told, "converted", "friendly")
    assert (one["control"], one["verdict"]) == ("control", "winner")
    assert one["lift_abs"] == pytest.approx(0.2, abs=0.01)
    once = of(told, "revenue", "friendly")["lift_abs"]
    assert once == pytest.approx(4.0, abs=0.2)
    # The shop tells of the same order as the page did; another order is another.
    happen(sent, "converted", ["friendly"], each=4, value=20, after=timedelta(hours=7), provider="shop")
    assert of(look(sent), "revenue", "friendly")["lift_abs"] == once
    happen(sent, "converted", ["friendly"], each=4, value=20, after=timedelta(days=3), provider="shop")
    assert of(look(sent), "revenue", "friendly")["lift_abs"] == pytest.approx(9.0, abs=0.2)


def test_what_people_do_under_an_id_that_came_later_is_theirs(sent):
    sent.sql(
        "INSERT INTO customer_aliases (tenant_id, alias_id, customer_id, source_seq) "
        f"SELECT {ME}, customer_id, 'crm-' || customer_id, 1 FROM assignments"
    )
    sent.sql(
        "INSERT INTO customers (tenant_id, customer_id, country, source_seq, source_line, changed_seq) "
        f"SELECT {ME}, customer_id, 'DE', 1, 1, 1 FROM customer_aliases"
    )
    happen(sent, "converted", ["friendly"], each=4, value=20, under="crm-")
    happen(sent, "converted", ["control"], each=20, value=20)
    assert of(look(sent), "revenue", "friendly")["lift_abs"] == pytest.approx(4.0, abs=0.2)
    with sent.laboratory.database.transaction(sent.tenant) as connection:
        readings = Readings(connection, sent.campaign)
        there = readings.experiment()
        design = checked(there["design"]).model_copy(update={"primary_metric": "revenue", "stratify_by": ("country",)})
        moment = Moment(there["started_at"], LATER)
        seen = seen_by(readings, there, design, moment)
        people = readings.people(sent.campaign, design, moment, ("friendly", "control"), 10_000)
    bought = sum(row["converted"] for row in seen.rows)
    assert {row["people_of"] for row in seen.rows} == {row["country"] for row in people} == {"DE"}
    assert sum(row["responses"] for row in seen.days) == bought
    assert sum(float(row["response"]) for row in people) == sum(row["revenue"] for row in seen.rows) == 20 * bought


def test_revenue_in_two_currencies_is_no_sum_and_nothing_wins_by_it(sent):
    happen(sent, "converted", ["control", "friendly"], each=20, value=20, currency="EUR")
    happen(sent, "converted", ["friendly"], each=3, value=400, currency="JPY", after=timedelta(hours=9))
    # What others buy in another market is none of this.
    sent.sql(
        "INSERT INTO provider_events (tenant_id, provider, event_id, event, occurred_at, received_at, customer_id, "
        f"channel, value, currency, raw) VALUES ({ME}, 'test', 'b1', 'converted', %(now)s, %(now)s, 'else', 'email', "
        "1, 'SEK', '{}')",
        now=NOW + timedelta(days=1),
    )
    told = look(sent)
    assert of(told, "converted", "friendly")["verdict"] == "winner"
    spent = of(told, "revenue", "friendly")
    assert (spent["verdict"], told["incremental"], told["currency"]) == ("invalid", None, None)
    assert spent["reason"].startswith("What people bought was told in EUR, JPY, and")


def test_one_person_under_two_ids_counts_once_and_in_two_arms_not_at_all(sent):
    for arm in ("friendly", "direct", "control"):
        happen(sent, "converted", [arm], each=5, value=20)
    before = look(sent)

    def several(arms, first, last):
        """The pairs of them turn out to be one person each."""
        return sent.sql(
            "INSERT INTO customer_aliases (tenant_id, alias_id, customer_id, source_seq) "
            f"SELECT {ME}, min(customer_id), max(customer_id), 1 FROM (SELECT customer_id, arm, row_number() OVER ("
            "PARTITION BY arm ORDER BY customer_id) AS n FROM assignments WHERE arm = ANY(%(arms)s)) AS a "
            "WHERE n > %(first)s AND n <= %(last)s GROUP BY CASE WHEN %(apart)s THEN n ELSE (n + 1) / 2 END",
            arms=arms, first=first, last=last, apart=len(arms) > 1,
        )  # fmt: skip

    # The 5th, 10th, 15th and 20th bought: one of every pair did, or none.
    assert several(["friendly"], 0, 20) == 10
    assert several(["direct", "control"], 0, 8) == 8
    told = look(sent)
    units = {arm["arm"]: arm["n"] for arm in before["arms"]}
    once = units | {"friendly": units["friendly"] - 10, "direct": units["direct"] - 8, "control": units["control"] - 8}
    assert {arm["arm"]: arm["n"] for arm in told["arms"]} == once
    bought = {arm["arm"]: arm["metrics"]["revenue"]["total"] / 20 for arm in told["arms"]}
    was = {arm["arm"]: arm["metrics"]["revenue"]["total"] / 20 for arm in before["arms"]}
    assert bought == was | {"direct": was["direct"] - 1, "control": was["control"] - 1}
    said = next(one for one in told["health"] if one["check"] == "contamination")
    assert said["sentence"].startswith("8 of ")
    with sent.laboratory.database.transaction(sent.tenant) as connection:
        readings = Readings(connection, sent.campaign)
        there = readings.experiment()
        design = checked(there["design"]).model_copy(update={"primary_metric": "revenue"})
        moment = Moment(there["started_at"], LATER)
        seen = seen_by(readings, there, design, moment)
        people = readings.people(sent.campaign, design, moment, ("friendly", "control"), 10_000)
    assert sum(row["responses"] for row in seen.days) == sum(bought.values())
    assert sum(row["response"] != "0" for row in people) == bought["friendly"] + bought["control"]


def test_nothing_wins_before_the_least_run_and_nobody_counts_before_their_time(sent):
    happen(sent, "clicked", ["friendly"], each=3)
    early = look(sent, as_of=NOW + timedelta(days=3))
    assigned = sent.sql("SELECT count(*) AS n FROM assignments WHERE arm IS NOT NULL")[0]["n"]
    assert (early["verdict"], early["unripe"], early["units"]) == ("not enough data", assigned, 0)
    assert "has to run 7" in early["reason"]
    assert "winner" not in {one["verdict"] for one in early["comparisons"]}


def test_the_second_look_at_the_same_facts_is_the_same_read_out(sent):
    happen(sent, "clicked", ["friendly"], each=9)
    assert look(sent)["readout"] == look(sent)["readout"] == 1
    happen(sent, "clicked", ["friendly"], each=3, after=timedelta(hours=9))
    assert look(sent)["readout"] == 2
    entries = sent.sql("SELECT count(*) AS n FROM audit_log WHERE action = 'read_out'")
    assert entries[0]["n"] == 2


def test_people_missing_from_an_arm_make_it_invalid(sent):
    happen(sent, "clicked", ["friendly"], each=3)
    with sent.laboratory.database.transaction(sent.tenant, role="liftline_owner") as connection:
        connection.execute(
            "DELETE FROM assignments WHERE arm = 'friendly' AND right(customer_id, 1) < '5'"
        )  # fmt: skip
    told = look(sent)
    assert told["verdict"] == "invalid"
    assert {one["verdict"] for one in told["comparisons"]} == {"invalid"}
    ended = conclude(sent.laboratory, sent.tenant, sent.campaign, by="ana", as_of=LATER)
    assert ended["state"] == "invalid"
    assert "promoted" not in {one["outcome"] for one in ended["promotions"]}


def test_a_winner_that_harms_does_not_win(sent):
    happen(sent, "clicked", ["friendly"], each=3)
    happen(sent, "clicked", ["professional", "direct"], each=20)
    happen(sent, "complained", ["friendly"], each=8)
    happen(sent, "complained", ["professional"], each=200)
    told = look(sent)
    assert told["verdict"] == "inconclusive"
    assert "harms by complained" in told["reason"]


def test_conclusions_are_drawn_once_and_keep_their_numbers(sent):
    with pytest.raises(Refusal, match="neither a winner nor come to its end"):
        conclude(sent.laboratory, sent.tenant, sent.campaign, by="ana", as_of=NOW + timedelta(days=8))
    happen(sent, "clicked", ["friendly"], each=3)
    happen(sent, "clicked", ["professional", "direct"], each=20)
    renamed = "UPDATE policies_in_force SET version = {} WHERE kind = 'content'"
    with sent.laboratory.database.transaction(sent.tenant) as connection:
        # Another policy since: what was sent is screened under it by nobody.
        assert connection.execute(renamed.format("version || '-newer'")).rowcount
    ended = conclude(sent.laboratory, sent.tenant, sent.campaign, by="ana", as_of=LATER)
    with sent.laboratory.database.transaction(sent.tenant) as connection:
        connection.execute(renamed.format("replace(version, '-newer', '')"))
    assert {one["arm"]: one["outcome"] for one in ended["promotions"]} == {
        "friendly": "promoted", "professional": "retired", "direct": "retired", "control": "kept",
    }  # fmt: skip
    promoted = next(one for one in ended["promotions"] if one["outcome"] == "promoted")
    assert [one["unit_id"] for one in promoted["templates"]] == ["loyal", "new"]
    assert promoted["numbers"]["lift_rel"] > 1
    again = conclude(sent.laboratory, sent.tenant, sent.campaign, by="olga", as_of=LATER)
    assert again["promotions"] == ended["promotions"]
    assert conclude_decided(sent.laboratory, [sent.tenant], by="olga") == {}
    learnt = {(one["strategy"], one["outcome"]) for one in library(sent.laboratory, sent.tenant)}
    assert learnt == {("friendly", "promoted"), ("professional", "retired"), ("direct", "retired")}
    # What comes next is compared with what won.
    sent.enter(customers=100, campaign="winter-2")
    assert [arm["strategy"] for arm in sent.design()["arms"]] == [None, "friendly", "professional", "direct"]
    assert results(sent.laboratory, sent.tenant, "winter-1")["conclusion"]["winner"] == "friendly"


def test_nothing_is_ended_by_what_people_will_have_done(sent):
    ahead = LATER + timedelta(minutes=1)
    for ask in (read_out, conclude):
        with pytest.raises(Refusal, match="2026-12-05 12:01 UTC lies ahead"):
            ask(sent.laboratory, sent.tenant, sent.campaign, by="ana", as_of=ahead)
    assert sent.sql("SELECT state FROM experiments") == [{"state": "running"}]


def test_an_experiment_ends_by_itself_once_it_is_decided(sent):
    def end():
        return conclude_decided(sent.laboratory, [sent.tenant], by="dag")

    assert end() == {}
    happen(sent, "clicked", ["direct"], each=2, verdict="bot")
    look(sent, as_of=NOW + timedelta(days=9))
    assert end() == {}
    happen(sent, "clicked", ["friendly"], each=3)
    happen(sent, "clicked", ["professional", "direct"], each=20)
    look(sent, as_of=NOW + timedelta(days=5))
    assert end() == {}
    look(sent, as_of=NOW + timedelta(days=9))
    assert end() == {sent.tenant: {"winter-1": {"state": "concluded", "verdict": "winner", "winner": "friendly"}}}
    assert end() == {}


def test_one_that_cannot_be_judged_hinders_no_other(sent, monkeypatch):
    happen(sent, "clicked", ["friendly"], each=3)
    monkeypatch.setattr("pipelines.experiments.analysis.rounds.running", lambda *_, **__: ["gone-1", sent.campaign])
    for step in (read_out_running, conclude_decided):
        with pytest.raises(Refusal, match=f"{sent.tenant}: There is no experiment gone-1"):
            step(sent.laboratory, [sent.tenant], by="dag")
    assert sent.sql("SELECT state FROM experiments") == [{"state": "concluded"}]


def test_what_was_never_sent_cannot_be_read_out(scene):
    scene.enter(customers=100)
    scene.design()
    with pytest.raises(Refusal, match="Nothing of experiment"):
        look(scene)


def test_the_winner_is_explained_by_what_was_known_before(sent):
    sent.sql(
        "INSERT INTO customers (tenant_id, customer_id, country, source_seq, source_line, changed_seq) "
        f"SELECT {ME}, customer_id, CASE WHEN customer_id < 'c0002000' THEN 'DE' ELSE 'FR' END, 1, 1, 1 "
        "FROM assignments"
    )  # fmt: skip
    assert explain_campaign(sent.laboratory, sent.tenant, sent.campaign) is None
    happen(sent, "clicked", ["professional", "direct"], each=20)
    happen(sent, "clicked", ["friendly"], each=3)
    look(sent)
    told = explain_campaign(sent.laboratory, sent.tenant, sent.campaign)
    assert (told["arm"], told["control"], told["metric"]) == ("friendly", "professional", "clicked")
    assert told["lift_abs"] == pytest.approx(of(look(sent), "clicked", "friendly")["lift_abs"])
    assert {one["attribute"] for one in told["segments"]} == {"unit", "country"}
    assert told["sentences"] == explain_campaign(sent.laboratory, sent.tenant, sent.campaign)["sentences"]
