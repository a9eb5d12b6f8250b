"""Runs: kept once, logged in the same breath, proved by a file; questions asked once; campaigns that stop."""

import json
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from pipelines.contracts import Refusal
from pipelines.safety.guardrails import run as step
from pipelines.safety.guardrails.decision_file import digest_of
from pipelines.safety.guardrails.reasons import GUARDRAILS
from pipelines.safety.guardrails.store import Store

from .conftest import CAMPAIGN, DAY, NOW, Scene

KEPT = ("eligibility_runs", "recipient_decisions", "audit_entries", "escalations")


def counts(scene: Scene) -> dict[str, int]:
    return {table: scene.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in KEPT}


def crowd(scene: Scene) -> None:
    scene.person("c1")
    scene.person("c2", consented=False)
    scene.person("=c3", email=None, consented=False)
    scene.person("c,4", monetary=9000)


def test_a_run_adds_up_and_says_who_and_why(scene):
    crowd(scene)
    told = scene.decide()
    assert (told.audience, told.included, told.review, told.excluded) == (4, 1, 1, 2)
    assert {row["code"]: (row["customers"], row["held_against"]) for row in told.reasons} == {
        "no_address": (1, 1), "no_consent": (1, 2), "vip": (1, 1),
    }  # fmt: skip
    assert sum(row["customers"] for row in told.reasons) == told.excluded + told.review
    kept = scene.rows('SELECT customer_id, verdict, code FROM recipient_decisions ORDER BY customer_id COLLATE "C"')
    assert [tuple(row.values()) for row in kept] == [
        ("=c3", "excluded", "no_address"), ("c,4", "review", "vip"), ("c1", "included", "included"),
        ("c2", "excluded", "no_consent"),
    ]  # fmt: skip
    assert [one["guardrail"] for one in told.guardrails] == list(GUARDRAILS)
    (entry,) = scene.rows("SELECT * FROM audit_log")
    said = json.loads(entry["guardrails"])
    assert (entry["action"], entry["actor"], entry["campaign_id"]) == ("eligibility", "ada", CAMPAIGN)
    assert (said["digest"], said["reasons"]) == (told.digest, {"no_address": 1, "no_consent": 1, "vip": 1})
    assert entry["policy_version"] == told.policy_version == scene.policies.general.version


def test_a_second_run_changes_nothing_and_a_changed_world_makes_another(scene):
    crowd(scene)
    first, before = scene.decide(), counts(scene)
    scene.now = NOW + timedelta(minutes=1)
    second = scene.decide()
    assert (second.run, second.new, second.digest, second.as_of) == (1, False, first.digest, first.as_of)
    assert counts(scene) == before
    scene.consent("c2", "granted", NOW)
    third = scene.decide()
    assert (third.run, third.new, third.included) == (2, True, 2)
    scene.change(digest_days=8)
    assert scene.decide().run == 3, "another policy is another run"
    assert counts(scene)["recipient_decisions"] == 12
    for statement in ("UPDATE recipient_decisions SET code = ''", "DELETE FROM eligibility_runs"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            scene.rows(statement)


def test_what_cannot_be_logged_is_not_decided(scene):
    crowd(scene)
    with pytest.raises(psycopg.errors.RaiseException, match="names no actor"):
        step.decide_audience(scene.gatehouse, scene.tenant, CAMPAIGN, by="")
    assert counts(scene) == dict.fromkeys(KEPT, 0)
    scene.decide()
    before = counts(scene)
    with pytest.raises(psycopg.errors.RaiseException, match="names no actor"):
        step.decide_one(scene.gatehouse, scene.tenant, CAMPAIGN, "c1", by="")
    assert counts(scene) == before


def test_a_file_is_proved_by_the_ledger_and_betrays_every_change(scene, tmp_path):
    crowd(scene)
    file = tmp_path / "decisions.csv"
    told = scene.decide(out=file)
    assert digest_of(file) == told.digest
    whole = file.read_text()
    assert "'=c3,excluded,no_address,no_address no_consent,No address" in whole
    assert step.verify_decisions(scene.gatehouse, scene.tenant, CAMPAIGN, file) == 1
    lines = whole.splitlines(keepends=True)
    tampered = {
        "changed": whole.replace("c2,excluded,no_consent", "c2,included,included"),
        "renamed": whole.replace("c1,", "c9,"),
        "removed": "".join(lines[:-1]),
        "added": whole + lines[-1],
        "moved": "".join([lines[0], lines[2], lines[1], *lines[3:]]),
    }
    for text in tampered.values():
        assert text != whole
        file.write_text(text)
        with pytest.raises(Refusal, match="No entry of the audit ledger holds the digest"):
            step.verify_decisions(scene.gatehouse, scene.tenant, CAMPAIGN, file)
    for text in ("", "a,b\n", "".join([lines[0], "c1,included\n"])):
        file.write_text(text)
        with pytest.raises(Refusal):
            digest_of(file)
    assert list(tmp_path.iterdir()) == [file]


def test_a_very_important_person_is_asked_for_once_and_released_by_a_person(scene):
    crowd(scene)
    (escalation,) = scene.decide().asked
    assert scene.decide().asked == []
    (row,) = scene.rows("SELECT * FROM escalations")
    assert (row["kind"], row["object"], row["code"], row["priority"]) == ("vip", CAMPAIGN, "vip", 3)
    assert row["due_at"] == NOW + timedelta(hours=48)
    settle = "UPDATE escalations SET settlement = %s, settled_by = 'grace', settled_at = %s RETURNING 1"
    scene.rows(settle, "rejected", NOW)
    told = scene.decide()
    assert (told.review, told.asked) == (1, []), "who was refused is left out, and nobody is asked again"
    assert "grace rejected it" in next(one["sentence"] for one in told.guardrails if one["code"] == "vip")
    asked_anew = {name: row[name] for name in ("kind", "campaign_id", "object", "code", "reason", "priority")}
    scene.write("escalations", [{**asked_anew, "opened_at": NOW, "due_at": NOW + 2 * DAY}])
    scene.rows(f"{settle[: settle.index(' RETURNING')]} WHERE settled_at IS NULL RETURNING 1", "approved", NOW + DAY)
    assert (scene.decide().review, scene.decide().included) == (0, 2)
    assert escalation == row["escalation_id"]


def test_bad_reputation_stops_a_campaign_under_way_and_says_so_in_the_ledger(scene):
    scene.person()
    for n in range(20):
        scene.send(f"x{n}", NOW - DAY, "bounced" if n < 5 else "delivered", CAMPAIGN)
    told = scene.decide()
    assert (told.decision, told.paused) == ("block", True)
    assert scene.rows("SELECT status FROM campaigns") == [{"status": "paused"}]
    assert [row["action"] for row in scene.rows("SELECT action FROM audit_log")] == ["eligibility", "pause"]
    assert [row["kind"] for row in scene.rows("SELECT kind FROM escalations")] == ["reputation"]
    again = scene.decide()
    assert (again.new, again.paused, again.asked) == (False, False, [])


def test_whoever_sends_learns_between_batches_how_much_room_is_left(scene):
    scene.person()
    scene.change(rates__messages_an_hour=10**9)

    def room() -> int:
        with scene.database.transaction(scene.tenant) as connection:
            return step.watch_within(scene.gatehouse, connection, scene.tenant, CAMPAIGN, by="delivery")

    before = room()
    for n in range(3):
        scene.send(f"x{n}", NOW - timedelta(minutes=1), "accepted", CAMPAIGN)
    assert before - room() == 3
    assert counts(scene) == dict.fromkeys(KEPT, 0)
    scene.send("x9", NOW - timedelta(hours=2), "accepted", CAMPAIGN, cost_usd=950)
    assert room() == 0
    assert scene.rows("SELECT status FROM campaigns") == [{"status": "paused"}]
    assert [row["code"] for row in scene.rows("SELECT code FROM escalations")] == ["campaign_budget_spent"]
    assert room() == 0
    assert [row["action"] for row in scene.rows("SELECT action FROM audit_log")] == ["pause"]


def test_one_customer_is_decided_by_the_same_rules_and_by_the_campaign(scene):
    crowd(scene)
    with pytest.raises(Refusal, match="Nobody decided"):
        step.decide_one(scene.gatehouse, scene.tenant, CAMPAIGN, "c1", by="ada")
    scene.decide()

    def one(customer: str) -> step.CustomerDecision:
        return step.decide_one(scene.gatehouse, scene.tenant, CAMPAIGN, customer, by="ada")

    assert (one("c1").verdict, one("c1").code) == ("included", "included")
    assert [answer.guardrail for answer in one("c1").guardrails] == list(GUARDRAILS)
    refused = one("=c3")
    assert (refused.verdict, refused.codes) == ("excluded", ("no_address", "no_consent"))
    answers = {answer.guardrail: answer.code for answer in refused.guardrails}
    assert (answers["compliance"], answers["consent_and_preferences"]) == ("no_consent", "no_address")
    assert one("c,4").verdict == "review"
    with pytest.raises(Refusal, match="not in the audience"):
        one("nobody")
    assert one(scene.person("ann@example.com", email=None)).code == "no_address"
    (entry,) = scene.rows("SELECT * FROM audit_log WHERE action = 'eligibility.one' ORDER BY seq DESC LIMIT 1")
    assert entry["subject_id"] is None
    assert "@" not in json.dumps(entry, default=str)
    scene.screening("h2", "review", "tone")
    scene.variant("v2", "h2")
    scene.decide()
    assert (one("c1").verdict, one("c1").code) == ("review", "text_in_review")
    entries = scene.rows("SELECT * FROM audit_log WHERE action = 'eligibility.one' ORDER BY seq")
    assert (entries[-1]["subject_id"], entries[-1]["decision"]) == ("c1", "review")


def test_whoever_asks_for_something_that_is_not_there_is_told(scene, tmp_path):
    gatehouse = scene.gatehouse
    for tenant, campaign, sentence in (
        ("nobody", CAMPAIGN, "no tenant nobody"), ("Not A Tenant", CAMPAIGN, "no tenant"),
        (scene.tenant, "autumn", "no campaign autumn"),
    ):  # fmt: skip
        with pytest.raises(Refusal, match=sentence):
            step.decide_audience(gatehouse, tenant, campaign, by="ada")
    scene.write("campaigns", [{"campaign_id": "bare", "name": "", "brief_hash": "", "brief": "{}", "channel": "email",
                               "created_by": "a", "created_at": NOW}])  # fmt: skip
    with pytest.raises(Refusal, match="no audience yet"):
        scene.decide("bare")
    with pytest.raises(Refusal, match="folder"):
        scene.decide(out=tmp_path)
    with pytest.raises(Refusal, match="too many"), scene.database.transaction(scene.tenant) as connection:
        step.may_send_now(gatehouse, connection, scene.tenant, CAMPAIGN, ["c"] * 10_001)


def test_the_hourly_limit_counts_all_tenants(database, tenant, scene):
    from pipelines.tenants.run import create_tenant

    other = Scene(database, create_tenant(database, f"{tenant}-o").tenant_id)
    other.campaign()
    since = "SELECT claimed_since(%s) AS n"
    before = scene.rows(since, NOW + 99 * DAY)[0]["n"]
    for owner in (scene, other):
        owner.send("c1", NOW + 100 * DAY)
    assert scene.rows(since, NOW + 99 * DAY)[0]["n"] - before == 2
    assert scene.rows("SELECT count(*) AS n FROM sends")[0]["n"] == 1


def test_nothing_is_sent_that_was_not_screened_and_cleared(scene):
    scene.screening("h2", "review")
    for content_hash in ("h2", "unseen"):
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            scene.send("c1", NOW, content_hash=content_hash)
    scene.send("c1", NOW)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        scene.rows("UPDATE sends SET content_hash = 'h2' RETURNING 1")


def test_what_is_foreseen_is_what_is_decided_and_nothing_of_it_is_kept(scene):
    crowd(scene)
    before = counts(scene)
    told = {"channel": "email", "unit_kind": "segment", "snapshot_id": "s1"}
    foreseen = step.foresee(scene.gatehouse, scene.tenant, units=["everybody"], **told)
    assert counts(scene) == before
    decided = scene.decide().to_json()
    names = ("audience", "included", "excluded", "review")
    assert [foreseen[name] for name in names] == [decided[name] for name in names]
    assert foreseen["reasons"] == [one for one in decided["reasons"] if one["customers"]]
    assert step.foresee(scene.gatehouse, scene.tenant, units=["nobody"], **told)["audience"] == 0


@pytest.mark.parametrize("kind", ["segment", "persona", "account", "person"])
def test_where_no_unit_is_named_everybody_is_foreseen(scene, kind):
    scene.write("segments", [{"snapshot_id": "s1", "segment": "everybody", "description": "", "customers": 2}])
    scene.person("c1", account_id="a1")
    scene.person("c2", account_id="a2", consented=False)
    told = {"channel": "email", "unit_kind": kind, "snapshot_id": "s1"}
    foreseen = step.foresee(scene.gatehouse, scene.tenant, units=[], **told)
    assert (foreseen["audience"], foreseen["included"]) == (2, 1)


def test_a_snapshot_that_is_not_there_foresees_nobody(scene):
    told = {"channel": "email", "unit_kind": "segment"}
    with pytest.raises(Refusal, match="no segment snapshot nothing"):
        step.foresee(scene.gatehouse, scene.tenant, units=[], snapshot_id="nothing", **told)


def test_once_something_was_sent_the_audience_that_was_approved_stands(scene):
    crowd(scene)
    scene.decide()
    scene.send("c1", NOW, "queued", CAMPAIGN)
    scene.consent("c2", "granted", NOW)
    assert scene.decide().run == 2, "what only waits may be decided on anew"
    scene.rows("UPDATE sends SET state = 'claimed', claimed_at = %s RETURNING 1", NOW)
    scene.consent("c1", "denied", NOW)
    told = scene.decide()
    assert (told.run, told.new, told.included) == (2, False, 2)
    assert scene.now_codes("c1")["c1"].code == "consent_withdrawn"


def test_the_newest_decisions_are_told_in_sentences(scene):
    assert step.newest_decisions(scene.gatehouse, scene.tenant, CAMPAIGN) is None
    crowd(scene)
    scene.decide()
    told = step.newest_decisions(scene.gatehouse, scene.tenant, CAMPAIGN)
    assert {one["sentence"]: one["customers"] for one in told["reasons"]} == {
        "No address is known for the channel of the campaign.": 1,
        "The law there demands consent for this channel; none is recorded.": 1,
        "The person has spent so much that a human decides on messages to them.": 1,
    }


def test_what_was_claimed_counts_once_however_time_goes_on(scene):
    policy, remembered = scene.gatehouse.policy(scene.tenant), {}

    def facts(now, *known):
        with scene.database.transaction(scene.tenant) as connection:
            store = Store(connection, scene.tenant)
            return store.facts(store.campaign(CAMPAIGN), policy, now, (), *known)

    for at, seconds in enumerate((0, 0, 1, 2, 4, 7, 8, 20, 21, 39, 41, 42, 90)):
        now = NOW + timedelta(seconds=seconds)
        scene.send(f"p{at}", now, "accepted", CAMPAIGN, cost_usd=1)
        told, exact = facts(now, remembered), facts(now)
        assert replace(told, this_hour=0) == replace(exact, this_hour=0)
        # What was claimed an hour ago by other tests may still be counted: never fewer than were claimed.
        assert told.this_hour >= exact.this_hour >= at + 1
    assert facts(now).own.messages == 13
    # What became of an older message is known when all is counted again.
    scene.rows("UPDATE sends SET state = 'bounced' WHERE customer_id = 'p0' RETURNING 1")
    assert facts(now, remembered).own.bounces == 0
    later = now + timedelta(seconds=41)
    assert facts(later, remembered) == facts(later)
    assert facts(later).own.bounces == 1
