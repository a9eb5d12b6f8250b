"""Messages that follow the first: each once, in its days, and none to whoever has left."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.delivery import run as step
from pipelines.delivery.claiming import claim
from pipelines.delivery.ports import Receipt
from pipelines.engagement.run import hear_replies, label
from pipelines.engagement.statuses import TWILIO, Answer
from tests.delivery.sending.conftest import CAMPAIGN, NOW
from tests.safety.guardrails.conftest import phone_of

STEPS = [{"after_days": 3, "strategy": "warm"}, {"after_days": 4, "strategy": "last"}]


@pytest.fixture
def journey(scene):
    """Arm `direct` goes on with two messages, arm `short` with none; c000, c002 and c004 are in the first."""
    scene.design["arms"] = [{"name": "direct", "journey": STEPS}, {"name": "short"}, {"name": "control"}]
    scene.deliver_by(send_time=scene.delivery.send_time.model_copy(update={"at": "once"}))
    for strategy in ("warm", "last"):
        scene.later_texts.append(strategy)
    scene.launch(people=5, arms=("direct", "short"))
    assert scene.go().accepted == 5
    return scene


def days_later(scene, days):
    """As if a run of `delivery_continue` came then; who got what, by person."""
    scene.at(NOW + timedelta(days=days, minutes=1))
    scene.channel.messages.clear()
    scene.go_on()
    return sorted(message.address.removesuffix("@example.com") for message in scene.channel.messages)


def heard(scene, customer, event, *, verdict=None, campaign=CAMPAIGN):
    number = len(scene.rows("SELECT 1 FROM provider_events"))
    scene.write("provider_events", [{
        "provider": "api", "event_id": f"e{number}", "event": event, "occurred_at": scene.now, "received_at": scene.now,
        "campaign_id": campaign, "customer_id": customer, "channel": "email", "raw": "{}",
    }])  # fmt: skip
    if verdict:
        scene.write("label_rules_in_force", [{"rule_version": "r1", "in_force_since": NOW}])
        scene.write("event_labels", [{
            "provider": "api", "event_id": f"e{number}", "rule_version": "r1", "verdict": verdict, "score": 1,
            "reasons": [], "labelled_at": NOW,
        }])  # fmt: skip


def test_each_step_comes_in_its_days_once_and_only_in_the_arms_that_have_it(journey):
    journey.rows("UPDATE experiments SET state = 'concluded' RETURNING 1")
    over = lambda: step.complete_what_is_over(journey.post, [journey.tenant])  # noqa: E731
    assert days_later(journey, 2) == []
    assert over() == {}, "somebody's next step is still to come"
    assert days_later(journey, 3) == ["c000", "c002", "c004"]
    assert days_later(journey, 3) == []
    assert days_later(journey, 6) == []
    assert days_later(journey, 7) == ["c000", "c002", "c004"]
    assert over() == {journey.tenant: [CAMPAIGN]}
    assert days_later(journey, 30) == []
    told = journey.standing()
    assert (told.audience, told.claimed, told.accepted) == (5, 5, 5)
    assert [(one.step, one.accepted, one.waiting) for one in told.later] == [(2, 3, 0), (3, 3, 0)]
    rows = journey.rows("SELECT step, arm, variant_id FROM sends WHERE customer_id = 'c000' ORDER BY step")
    assert [(row["step"], row["arm"], row["variant_id"]) for row in rows] == [
        (1, "direct", "v-direct"), (2, "direct", "v-warm"), (3, "direct", "v-last"),
    ]  # fmt: skip
    assert journey.go().later == told.later


@pytest.mark.parametrize("event", ["converted", "replied", "unsubscribed", "complained"])
def test_whoever_has_bought_answered_or_said_stop_gets_nothing_more(journey, event):
    journey.at(NOW + timedelta(days=1))
    heard(journey, "c002", event)
    assert days_later(journey, 3) == ["c000", "c004"]
    assert [(one.step, one.accepted, one.skipped) for one in journey.standing().later] == [(2, 2, 1)]
    assert days_later(journey, 7) == ["c000", "c004"]


def test_a_robot_ends_no_journey_and_a_purchase_ends_it_whatever_led_there(journey):
    journey.at(NOW + timedelta(days=1))
    heard(journey, "c000", "replied", verdict="bot")
    heard(journey, "c002", "converted", campaign=None)
    heard(journey, "c004", "replied", campaign="another")
    assert days_later(journey, 3) == ["c000", "c004"]
    # Nor does it matter under which id somebody buys.
    journey.renamed("c000", "n0")
    journey.renamed("c004", "n4")
    heard(journey, "n0", "converted", campaign=None)
    assert days_later(journey, 7) == ["c004"]


@pytest.mark.parametrize("state", ["bounced", "complained", "unknown", "rejected"])
def test_only_a_message_that_arrived_is_followed(journey, state):
    journey.rows("UPDATE sends SET state = %s WHERE customer_id = 'c000' RETURNING 1", state)
    assert days_later(journey, 3) == ["c002", "c004"]


def test_a_claim_asks_everything_again_of_a_step_that_waits(journey):
    journey.at(NOW + timedelta(days=3, minutes=1))
    journey.queue()
    heard(journey, "c000", "converted")
    journey.suppress("c002@example.com", "unsubscribe")
    assert days_later(journey, 3) == ["c004"]
    skipped = {(one.code, one.messages) for one in journey.standing().reasons if one.step == 2}
    assert {("left_journey", 1)} < skipped
    assert journey.standing().later[0].skipped == 2
    assert journey.standing().skipped == 0


def test_a_campaign_that_is_approved_no_more_says_so_and_holds_up_nothing(journey):
    journey.text("warm", version=2)
    journey.at(NOW + timedelta(days=3, minutes=1))
    assert "not approved as it stands now" in journey.go_on()[CAMPAIGN]
    assert journey.standing().later == ()
    journey.say_yes()
    assert days_later(journey, 3) == ["c000", "c002", "c004"]


def test_a_step_in_doubt_is_not_followed_until_it_is_known(journey):
    journey.channel.answer = lambda message: Receipt(message.message_id, "unknown", None, "timeout", "no answer")
    assert days_later(journey, 3) == ["c000", "c002", "c004"]
    journey.channel.answer = lambda message: Receipt(message.message_id, "accepted", "p", "ok", "ok")
    assert days_later(journey, 9) == []
    step.resolve(journey.post, journey.tenant, CAMPAIGN, "sent", by="mo", reason="seen in the log")
    assert days_later(journey, 9) == ["c000", "c002", "c004"]


@pytest.fixture
def over_channels(scene):
    """Day 1 by mail, day 3 by text message, day 7 by push."""
    steps = [
        {"after_days": 2, "strategy": "warm", "channel": "sms"},
        {"after_days": 4, "strategy": "last", "channel": "push"},
    ]
    scene.design["arms"] = [{"name": "direct", "journey": steps}, {"name": "control"}]
    scene.deliver_by(send_time=scene.delivery.send_time.model_copy(update={"at": "once"}))
    scene.written_for = {"warm": "sms", "last": "push"}
    scene.later_texts += ["warm", "last"]
    scene.launch(people=4, arms=("direct",))
    assert scene.go().accepted == 4
    assert days_later(scene, 1) == []
    return scene


def sent_on(scene, days):
    """What a run of `delivery_continue` sends then: by whom, over which channel, and where to."""
    days_later(scene, days)
    addresses = {message.message_id: (message.channel, message.address) for message in scene.channel.messages}
    rows = scene.rows("SELECT customer_id, message_id FROM sends WHERE message_id = ANY(%s)", list(addresses))
    return sorted((row["customer_id"], *addresses[row["message_id"]]) for row in rows)


def test_a_journey_goes_over_channels_each_asked_for_its_own_consent_address_and_night(over_channels):
    scene = over_channels
    scene.consent("c001", "denied", NOW - timedelta(days=1), "sms")
    scene.rows("UPDATE customers SET phone = NULL WHERE customer_id = 'c002' RETURNING 1")
    for who in ("c000", "c001", "c003"):
        scene.suppress(phone_of(who), "unsubscribe", channel="whatsapp")
    scene.at(NOW)
    assert sent_on(scene, 2) == [(who, "sms", phone_of(who)) for who in ("c000", "c003")]
    skipped = {one.code for one in scene.standing().reasons if one.step == 2 and one.state == "skipped"}
    assert skipped == {"consent_withdrawn", "no_address"}
    assert sent_on(scene, 5) == []
    heard(scene, "c003", "converted")
    assert sent_on(scene, 6.5) == []
    assert scene.standing().next_at is not None
    # Who could not be texted is not given up: the next step goes over another channel.
    assert sent_on(scene, 7) == [(who, "push", "t") for who in ("c000", "c001", "c002")]
    told = scene.rows("SELECT step, channel, state FROM sends WHERE customer_id = 'c000' ORDER BY step")
    assert [tuple(row.values()) for row in told] == [
        (1, "email", "accepted"), (2, "sms", "accepted"), (3, "push", "accepted"),
    ]  # fmt: skip


def test_an_answer_to_the_text_message_ends_the_journey_before_the_push_and_says_so(over_channels, services, tmp_path):
    scene, phone = over_channels, "+4930231259999"
    folders = {name: tmp_path / name for name in ("unclaimed", "inbox", "keys")}
    listener = replace(services.listener, **folders, clock=lambda: scene.now)
    scene.rows("UPDATE customers SET phone = %s WHERE customer_id = 'c003' RETURNING 1", phone)
    assert ("c003", "sms", phone) in sent_on(scene, 2)
    scene.at(NOW + timedelta(days=3))
    asked = [Answer(phone, "Does it come in blue?", "SM1", scene.now)]
    assert hear_replies(listener, TWILIO, "sms", asked) == 1
    label(listener, scene.tenant)
    assert sent_on(scene, 5) == []
    assert sent_on(scene, 7) == [(who, "push", "t") for who in ("c000", "c001", "c002")]
    ended = scene.rows("SELECT step, channel, state, reason_code, reason FROM sends WHERE customer_id = 'c003'")
    assert [tuple(row.values()) for row in ended if row["step"] == 3] == [
        (3, "push", "skipped", "left_journey", "The journey ended for this person: replied."),
    ]  # fmt: skip
    told = scene.standing()
    assert [(one.step, one.accepted, one.skipped, one.waiting) for one in told.later] == [(2, 4, 0, 0), (3, 3, 1, 0)]
    assert ("left_journey", 1, 3) in {(one.code, one.messages, one.step) for one in told.reasons}
    assert sent_on(scene, 30) == []


def test_a_claim_takes_the_step_that_it_asked_for_and_leaves_the_others_of_a_person(over_channels):
    scene = over_channels
    scene.at(NOW + timedelta(days=2, minutes=1))
    scene.queue()
    for customer, step_, channel in (("c000", 3, "push"), ("c001", 4, "sms")):
        names = (
            "tenant_id, campaign_id, customer_id, variant_id, version, content_hash, policy_version, arm, "
            "experiment_key, unit_id, state, marketing, queued_at"
        )
        scene.rows(
            f"INSERT INTO sends (step, channel, message_id, {names}) SELECT %s, %s, 'later' || %s, {names} FROM sends "
            "WHERE step = 2 AND customer_id = %s RETURNING 1", step_, channel, customer, customer,
        )  # fmt: skip
    scene.rows("UPDATE customers SET phone = NULL WHERE customer_id = 'c000' RETURNING 1")

    def waiting():
        with scene.database.session(scene.tenant) as session:
            claim(scene.post, session, CAMPAIGN, by="ada")
        query = "SELECT customer_id, step, state FROM sends WHERE customer_id < 'c002' AND step > 1 ORDER BY 1, 2"
        return [tuple(row.values()) for row in scene.rows(query)]

    assert waiting() == [("c000", 2, "queued"), ("c000", 3, "claimed"), ("c001", 2, "queued"), ("c001", 4, "queued")]
    assert waiting() == [("c000", 2, "skipped"), ("c000", 3, "claimed"), ("c001", 2, "claimed"), ("c001", 4, "queued")]


def test_a_pause_by_one_channel_gives_up_nobody_who_waits_on_another(over_channels):
    scene = over_channels
    scene.rows("UPDATE sends SET cost_usd = 1 RETURNING 1")
    budgets = scene.policies.general.money.budgets.channels
    scene.change(money__budgets__channels={**budgets, "email": 1})
    assert sent_on(scene, 2) == []
    assert (scene.standing().status, scene.standing().later[0].waiting) == ("paused", 4)
    scene.change(money__budgets__channels=budgets)
    step.steer(scene.database, scene.tenant, CAMPAIGN, "resume", by="mo", reason="more money", now=scene.now)
    assert len(sent_on(scene, 2)) == 4


def test_a_stop_on_one_channel_ends_the_journey_on_all(over_channels):
    over_channels.consent("c001", "denied", over_channels.now, "email")
    # What says nothing of this journey ends nothing: another purpose, or a channel that it does not go over.
    over_channels.consent("c002", "denied", over_channels.now, "email", purpose="analytics")
    over_channels.consent("c003", "denied", over_channels.now, "whatsapp")
    assert [who for who, _, _ in sent_on(over_channels, 2)] == ["c000", "c002", "c003"]
    over_channels.consent("c000", "denied", over_channels.now, "post", purpose="objection")
    assert [who for who, _, _ in sent_on(over_channels, 7)] == ["c002", "c003"]
