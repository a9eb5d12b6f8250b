"""The whole flow: queued, claimed, handed over, settled, and the numbers add up to the approved audience."""

from dataclasses import replace
from datetime import timedelta

import pytest
from psycopg import ClientCursor
from psycopg.rows import dict_row

from pipelines.contracts import Refusal
from pipelines.database import OWNER
from pipelines.delivery import run as step
from pipelines.delivery.ports import Receipt
from pipelines.delivery.sending import send_what_is_due
from pipelines.delivery.store import QUERIES, Store
from tests.delivery.sending.conftest import CAMPAIGN, LINK, NOW, Launch


def numbers(told):
    return {name: getattr(told, name) for name in ("claimed", "accepted", "rejected", "unknown", "skipped", "waiting")}


def test_everybody_gets_one_message_and_a_second_run_says_the_same(scene):
    scene.launch(people=5)
    first = scene.go()
    assert numbers(first) == {
        "claimed": 5, "accepted": 5, "rejected": 0, "unknown": 0, "skipped": 0, "waiting": 0,
    }  # fmt: skip
    assert first.audience == 5
    again = scene.go()
    assert numbers(again) == numbers(first)
    assert scene.channel.requests == 2
    assert set(scene.channel.deliveries.values()) == {1}
    assert len(scene.channel.deliveries) == 5


def test_a_person_is_found_by_an_id_of_any_letters(scene):
    for number, customer in enumerate(('o"hara', "back\\slash", "a,{b}", "NULL", "%s", "'")):
        scene.person(customer, email=f"p{number}@example.com")
    scene.launch(people=0)
    scene.suppress("p0@example.com", "unsubscribe")
    told = scene.go()
    assert (told.accepted, told.skipped) == (5, 1)


def test_who_takes_another_id_while_their_message_waits_gets_it_and_what_they_said_since_counts(scene):
    scene.deliver_by(domains_an_hour={"example.com": 4})
    scene.launch(people=4)
    scene.queue()
    for number in range(3):
        scene.renamed(f"c00{number}", f"n{number}")
    scene.consent("n1", "denied", NOW)
    told = scene.go()
    assert (told.accepted, told.skipped, told.audience) == (3, 1, 4)
    assert {one.address for one in scene.channel.messages} == {f"c00{number}@example.com" for number in (0, 2, 3)}
    (left,) = scene.rows("SELECT reason_code FROM sends WHERE state = 'skipped'")
    assert left["reason_code"] == "consent_withdrawn"


def test_a_message_says_who_how_to_stop_and_where_its_links_lead(launch):
    launch.go()
    message = next(one for one in launch.channel.messages if one.address == "c000@example.com")
    assert message.subject == "Ann0, it gets cold"
    assert "Dear Ann0 O'Neil & Co," in message.text
    assert "Dear Ann0 O&#x27;Neil &amp; Co," in message.html
    assert "20457 Hamburg" in message.html
    assert "20457 Hamburg" in message.text
    assert message.sender.address == "letters@news.lindhaven.example"
    stop = f"https://mail.lindhaven.example/u/{message.message_id}"
    assert message.headers["List-Unsubscribe"] == f"<{stop}>"
    assert message.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    wishes = f"https://mail.lindhaven.example/p/{message.message_id}"
    for way in (stop, wishes):
        assert way in message.text
        assert f'href="{way}"' in message.html
    links = launch.rows("SELECT * FROM message_links WHERE variant_id = 'v-direct' ORDER BY kind")
    assert [(link["kind"], link["url"]) for link in links] == [
        ("action", LINK), ("body", "https://www.lindhaven.example/care"), ("hidden", LINK),
    ]  # fmt: skip
    for link in links:
        told = f"utm_source=liftline&amp;utm_medium=email&amp;utm_campaign={CAMPAIGN}&amp;utm_content={link['link_id']}"
        assert told in message.html
    hidden = next(link["link_id"] for link in links if link["kind"] == "hidden")
    assert hidden not in message.text
    assert "@" not in "".join(message.categories)


def test_who_is_left_out_is_told_with_the_reason(scene):
    scene.launch(people=6)
    scene.rows("UPDATE assignments SET arm = 'control' WHERE customer_id = 'c000' RETURNING 1")
    scene.rows("UPDATE assignments SET arm = NULL, code = 'global_holdout' WHERE customer_id = 'c001' RETURNING 1")
    told = scene.go()
    assert numbers(told) == {
        "claimed": 4, "accepted": 4, "rejected": 0, "unknown": 0, "skipped": 2, "waiting": 0,
    }  # fmt: skip
    assert told.audience == 6
    assert {(one.code, one.messages) for one in told.reasons if one.state == "skipped"} == {
        ("control", 1), ("global_holdout", 1),
    }  # fmt: skip


@pytest.mark.parametrize("outcome", ["accepted", "rejected", "unknown"])
def test_what_a_provider_says_is_kept_with_its_reason(launch, outcome):
    launch.channel.answer = lambda message: Receipt(message.message_id, outcome, "p", "code", "why")
    told = launch.go()
    assert getattr(told, outcome) == told.claimed == 3
    assert ("code", 3) in {(one.code, one.messages) for one in told.reasons}
    assert launch.go().claimed == 3
    assert set(launch.channel.deliveries.values()) == {1}


def test_what_was_surely_not_accepted_waits_as_long_as_the_provider_says_and_goes_out_then(launch):
    launch.deliver_by(senders_at_once=1)
    answers = iter(["retry", "retry"])

    def answer(message):
        said = next(answers, "accepted")
        return Receipt(message.message_id, said, None, "throttled", "too fast", 7.0 if said == "retry" else None)

    launch.channel.answer = answer
    told = launch.go()
    assert told.accepted == told.claimed == 3
    assert launch.slept == [7.0]


def test_a_long_wait_ends_the_run_and_a_later_one_goes_on(launch):
    launch.channel.answer = lambda message: Receipt(message.message_id, "retry", None, "throttled", "slowly", 3600.0)
    told = launch.go()
    assert (told.claimed, told.waiting, told.stopped) == (0, 3, "throttled")
    launch.channel.answer = lambda message: Receipt(message.message_id, "accepted", "p", "ok", "ok")
    assert launch.go_on() == {CAMPAIGN: "slowly"}
    launch.now += timedelta(hours=1, seconds=1)
    launch.go_on()
    assert launch.standing().accepted == 3


def test_a_refusal_of_a_part_of_a_request_holds_up_all_that_follow(scene):
    scene.launch(people=4)
    said = iter(["accepted", "retry"])

    def answer(message):
        return Receipt(message.message_id, next(said), None, "throttled", "slowly", 3600.0)

    scene.channel.answer = answer
    told = scene.go()
    assert (told.accepted, told.waiting, told.stopped, scene.channel.requests) == (1, 3, "throttled", 1)


def test_campaigns_of_one_provider_wait_together_and_those_of_another_do_not(launch):
    other = Launch(launch.database, launch.tenant, "spring-2")
    other.launch(people=0, arms=("brief",))
    other.queue()
    launch.channel.answer = lambda message: Receipt(message.message_id, "retry", None, "throttled", "slowly", 3600.0)
    assert launch.go().stopped == "throttled"
    told = other.go()
    assert (told.accepted, told.waiting, told.stopped, other.channel.requests) == (0, 3, "throttled", 0)
    # To let a campaign go on is no leave of the provider.
    for turn in ("pause", "resume"):
        step.steer(other.database, other.tenant, "spring-2", turn, by="mo", reason="r", now=other.now)
    assert other.go().accepted == 0
    other.channel.name = "elsewhere"
    assert other.go().accepted == 3


def test_a_campaign_that_cannot_be_sent_holds_up_no_other(scene):
    scene.launch(channel="sms")
    other = Launch(scene.database, scene.tenant, "spring-2")
    other.launch(people=0, arms=("brief",))
    scene.queue()
    other.queue()

    def channels(name, tenant):
        if name == "sms":
            raise Refusal("There is no key for texts; add it.")
        return other.channel

    with pytest.raises(Refusal, match=f"^{scene.tenant}, campaign {CAMPAIGN}: There is no key for texts; add it.$"):
        step.send_due(replace(scene.post, channels=channels), [scene.tenant])
    assert other.standing().accepted == 3


def test_what_fails_before_anything_was_asked_costs_nobody_their_message(launch):
    def half_saved(tenant):
        raise Refusal("The brand file is no YAML; mend it.")

    launch.queue()
    with pytest.raises(Refusal, match="The brand file is no YAML"):
        step.send_due(replace(launch.post, sender_name=half_saved), [launch.tenant])
    assert set(launch.states().values()) == {"queued"}
    assert launch.rows("SELECT batch_id FROM open_claims") == []
    assert launch.go().accepted == 3


def test_a_channel_of_the_customer_s_own_is_never_queued(scene):
    scene.launch(channel="custom")
    with pytest.raises(Refusal, match=f"Campaign {CAMPAIGN} goes over a channel of your own"):
        scene.queue()
    assert scene.states() == {}


def test_failures_in_a_row_pause_the_campaign(launch):
    launch.deliver_by(one_per_request=True, failures_in_a_row=2)
    launch.channel.answer = lambda message: Receipt(message.message_id, "unknown", None, "http_500", "broken")
    told = launch.go()
    assert (told.status, told.unknown, told.waiting) == ("paused", 2, 1)
    with pytest.raises(Refusal, match="is paused; resume it"):
        launch.go()
    step.steer(launch.database, launch.tenant, CAMPAIGN, "resume", by="mo", reason="mended", now=launch.now)
    launch.channel.answer = lambda message: Receipt(message.message_id, "accepted", "p", "ok", "ok")
    assert launch.go().accepted == 1
    assert set(launch.channel.deliveries.values()) == {1}


def test_a_pause_between_two_requests_lets_no_further_one_out(launch):
    launch.deliver_by(one_per_request=True)

    def answer(message):
        told = {"by": "mo", "reason": "stop", "now": launch.now}
        step.steer(launch.database, launch.tenant, CAMPAIGN, "pause", **told)
        return Receipt(message.message_id, "accepted", "p", "ok", "ok")

    launch.channel.answer = answer
    told = launch.go()
    assert (told.accepted, told.waiting, told.stopped) == (1, 2, "campaign_stopped")


def test_a_cancelled_campaign_sends_nothing_more(launch):
    launch.queue()
    step.steer(launch.database, launch.tenant, CAMPAIGN, "cancel", by="mo", reason="wrong", now=launch.now)
    with pytest.raises(Refusal, match="is cancelled; nothing more"):
        launch.go()
    assert set(launch.states().values()) == {"cancelled"}
    assert launch.standing().skipped == 3


def test_the_ledger_of_decisions_gets_counts_and_a_digest_and_no_address(launch):
    launch.go()
    entries = launch.rows(
        "SELECT action, thresholds, reason FROM audit_log WHERE action LIKE 'delivery.%%' ORDER BY seq"
    )
    assert [entry["action"] for entry in entries] == [
        "delivery.queue", "delivery.claim", "delivery.settle", "delivery.settle",
    ]  # fmt: skip
    assert all("@" not in (entry["thresholds"] or "") + entry["reason"] for entry in entries)
    assert '"digest"' in entries[1]["thresholds"]


def test_a_person_says_of_what_is_in_doubt_whether_it_left(launch):
    launch.channel.answer = lambda message: Receipt(message.message_id, "unknown", None, "timeout", "no answer")
    launch.go()
    doubtful = step.doubtful(launch.post, launch.tenant, CAMPAIGN)
    named = [doubtful[0]["message_id"]]
    told = {"by": "mo", "reason": "seen in the provider's log"}
    assert step.resolve(launch.post, launch.tenant, CAMPAIGN, "sent", messages=named, **told) == 1
    assert step.resolve(launch.post, launch.tenant, CAMPAIGN, "not-sent", **told) == 2
    after = launch.go()
    assert (after.accepted, after.rejected, after.unknown) == (1, 2, 0)
    assert set(launch.channel.deliveries.values()) == {1}
    with pytest.raises(Refusal, match="is no message of campaign"):
        step.resolve(launch.post, launch.tenant, CAMPAIGN, "sent", messages=named, **told)
    # What a person says was sent counts like anything that was.
    launch.change(spam__messages=1)
    launch.campaign(campaign_id="another")
    launch.decide("another")
    capped = launch.now_codes(*launch.states(), campaign_id="another")
    assert {who for who, told in capped.items() if "frequency_cap" in told.codes} == {doubtful[0]["customer_id"]}


def test_what_we_refuse_ourselves_is_no_answer_of_the_provider(scene):
    scene.person("nameless", first_name=None)
    scene.launch(people=2, arms=("direct",))
    scene.text("direct", version=2, subject="{{contact.first_name}}, look")
    scene.say_yes()
    scene.deliver_by(failures_in_a_row=2, one_per_request=True)
    scene.channel.answer = lambda message: Receipt(message.message_id, "unknown", None, "http_500", "broken")
    told = scene.go()
    assert (told.rejected, told.unknown, told.status) == (1, 2, "paused")
    assert "slot_empty" in {one.code for one in told.reasons}


def test_whoever_is_interrupted_claims_nothing_more_and_leaves_nothing_in_doubt(launch):
    launch.deliver_by(claim_at_once=1, senders_at_once=2)

    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        launch.go(progress=interrupt)
    assert set(launch.states().values()) <= {"accepted", "queued"}
    assert launch.rows("SELECT batch_id FROM open_claims") == []
    assert launch.go().accepted == launch.channel.requests == 3


def test_what_is_due_is_read_along_the_index_of_the_queue(launch):
    launch.queue()
    launch.rows(
        "INSERT INTO sends (tenant_id, campaign_id, customer_id, step, channel, message_id, variant_id, version, "
        "content_hash, policy_version, state, marketing, queued_at) SELECT tenant_id, campaign_id, 'many' || n, step, "
        "channel, 'many' || n, variant_id, version, content_hash, policy_version, state, marketing, queued_at "
        "FROM sends CROSS JOIN generate_series(1, 5000) AS n WHERE customer_id = 'c000' RETURNING 1"
    )
    with launch.database.connect(OWNER) as connection:
        connection.execute("ANALYZE sends")
    with launch.database.transaction(launch.tenant) as connection:
        store = Store(connection, launch.tenant, CAMPAIGN)
        told = {"approved_hash": store.row("papers")["approved_hash"], "channel": "email", "now": NOW, "closed": "{}"}
        store.rows("in_order_of_index", sorted="off")
        cursor = ClientCursor(connection, row_factory=dict_row)
        due = f"EXPLAIN {QUERIES['due'].as_string(connection)}"
        cursor.execute(due, {"tenant": launch.tenant, "campaign_id": CAMPAIGN, "cohort": None, "most": 2, **told})
        plan = " ".join(row["QUERY PLAN"] for row in cursor.fetchall())
    assert "Sort" not in plan
    assert "sends_due" in plan


def test_each_lead_is_told_what_became_of_their_message(launch):
    launch.queue()
    launch.write("outreach_campaigns", [{
        "campaign_id": CAMPAIGN, "description": "", "target_audience": "{}", "min_qualification_score": 0,
    }])  # fmt: skip
    launch.write("outreach_messages", [
        {"message_id": f"to-{lead}", "campaign_id": CAMPAIGN, "lead_id": lead, "tones": ["direct"], "created_at": NOW,
         "selected_variant": 0, "status": "pending", "reason": "", "generation_latency_ms": 0, "generation_cost_usd": 0}
        for lead in ("c000", "c001", "c002")
    ])  # fmt: skip
    launch.write("webhook_subscriptions", [{
        "subscription_id": "s", "url": "https://hooks.example.com", "events": ["*"], "secret": "x", "created_by": "ada",
        "created_at": NOW,
    }])  # fmt: skip
    launch.consent("c000", "denied", NOW)
    launch.rows("UPDATE sends SET send_at = %s WHERE customer_id = 'c002' RETURNING 1", NOW + timedelta(days=2))
    send_what_is_due(launch.post, launch.tenant, CAMPAIGN)
    step.steer(launch.database, launch.tenant, CAMPAIGN, "cancel", by="mo", reason="wrong", now=launch.now)
    told = launch.rows("SELECT status, happened, reason FROM outreach_messages ORDER BY lead_id")
    assert [(one["status"], one["happened"]) for one in told] == [("failed", 64), ("sent", 1), ("failed", 64)]
    assert [bool(one["reason"]) for one in told] == [True, False, True]
    assert "campaign was cancelled" in told[2]["reason"]
    events = launch.rows("SELECT body::jsonb -> 'data' AS said FROM webhook_events WHERE type LIKE 'message%%'")
    assert sorted(row["said"]["status"] for row in events) == ["failed", "failed", "sent"]
