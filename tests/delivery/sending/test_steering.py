"""Paused, resumed and cancelled in one place, whoever asks, each time in the ledger with who and why."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest

from pipelines.contracts import Refusal
from pipelines.delivery.claiming import claim
from pipelines.delivery.ports import Receipt
from pipelines.delivery.run import complete_what_is_over, doubtful, resolve, steer
from pipelines.delivery.settling import settle_lost
from tests.delivery.sending.conftest import CAMPAIGN


def test_a_campaign_is_paused_goes_on_and_is_cancelled_for_good(launch):
    def turn(what, reason="sold out"):
        return steer(launch.database, launch.tenant, CAMPAIGN, what, by="mo", reason=reason, now=launch.now)

    with pytest.raises(Refusal, match="Say why"):
        turn("pause", " ")
    turns = ("pause", "pause", "resume", "resume", "cancel")
    assert [turn(what) for what in turns] == ["paused", "paused", "active", "active", "cancelled"]
    with pytest.raises(Refusal, match="is cancelled and cannot be resumed"):
        turn("resume")
    entries = launch.rows("SELECT action, decision, actor FROM audit_log WHERE action LIKE 'campaign.%%' ORDER BY seq")
    assert [tuple(entry.values()) for entry in entries] == [
        ("campaign.pause", "paused", "mo"), ("campaign.resume", "resumed", "mo"),
        ("campaign.cancel", "cancelled", "mo"),
    ]  # fmt: skip
    with pytest.raises(Refusal, match="There is no campaign nothing"):
        steer(launch.database, launch.tenant, "nothing", "pause", by="mo", reason="r", now=launch.now)


def test_a_pause_that_comes_with_a_cancellation_does_not_undo_it(launch):
    with ThreadPoolExecutor(1) as another:
        with launch.database.transaction(launch.tenant) as connection:
            connection.execute("UPDATE campaigns SET status = 'cancelled' WHERE campaign_id = %s", (CAMPAIGN,))
            told = {"by": "mo", "reason": "sold out", "now": launch.now}
            pause = another.submit(steer, launch.database, launch.tenant, CAMPAIGN, "pause", **told)
            assert not wait([pause], timeout=0.3).done
        with pytest.raises(Refusal, match="is cancelled and cannot be paused"):
            pause.result()


@pytest.mark.parametrize("outcome", ["accepted", "retry"])
def test_nothing_that_was_in_flight_waits_in_a_cancelled_campaign(launch, outcome):
    def cancel():
        return steer(launch.database, launch.tenant, CAMPAIGN, "cancel", by="mo", reason="wrong", now=launch.now)

    def answer(message):
        cancel()
        return Receipt(message.message_id, outcome, None, outcome, outcome)

    launch.deliver_by(one_per_request=True)
    launch.channel.answer = answer
    launch.go()
    kept = {"accepted", "cancelled"} if outcome == "accepted" else {"cancelled"}
    assert set(launch.states().values()) == kept
    told = launch.rows("SELECT DISTINCT reason_code, settled_at FROM sends WHERE state = 'cancelled'")
    assert told == [{"reason_code": "campaign_cancelled", "settled_at": launch.now}]
    # What an older cancellation left behind goes with the next.
    with launch.database.transaction(launch.tenant) as connection:
        connection.execute("UPDATE sends SET state = 'queued' WHERE state = 'cancelled'")
    assert cancel() == "cancelled"
    assert set(launch.states().values()) == kept


def test_the_experiment_of_a_cancelled_campaign_ends_with_it_and_promotes_nobody(launch):
    state = "SELECT state, concluded_at FROM experiments"
    launch.go()
    assert launch.rows(state)[0]["state"] == "running"
    steer(launch.database, launch.tenant, CAMPAIGN, "cancel", by="mo", reason="wrong", now=launch.now)
    assert launch.rows(state) == [{"state": "cancelled", "concluded_at": launch.now}]


@pytest.mark.parametrize("turn", ["pause", "cancel"])
def test_what_a_dead_worker_had_claimed_is_put_in_doubt_however_the_campaign_stands(launch, turn):
    launch.queue()
    with launch.database.session(launch.tenant) as session:
        claim(launch.post, session, CAMPAIGN, by="ada")
    steer(launch.database, launch.tenant, CAMPAIGN, turn, by="mo", reason="sold out", now=launch.now)
    launch.now += timedelta(minutes=launch.delivery.in_doubt_after_minutes)
    launch.go_on()
    assert set(launch.states().values()) == {"unknown"}
    assert launch.go_on() == {}


def learnt(scene):
    """As if the experiment had come to its end."""
    scene.rows("UPDATE experiments SET state = 'concluded' WHERE campaign_id = %s RETURNING 1", CAMPAIGN)


def test_what_is_over_is_completed_once_and_sends_nothing_again(launch):
    def ended():
        return complete_what_is_over(launch.post, [launch.tenant])

    assert ended() == {}
    launch.channel.answer = lambda one: Receipt(one.message_id, "unknown", None, "timeout", "timed out")
    launch.go()
    assert ended() == {}, "the experiment still learns"
    learnt(launch)
    assert ended() == {}, "nobody knows yet whether these left"
    resolve(launch.post, launch.tenant, CAMPAIGN, "sent", by="mo", reason="the provider's log")
    assert ended() == {launch.tenant: [CAMPAIGN]}
    assert ended() == {}
    (entry,) = launch.rows("SELECT decision, actor FROM audit_log WHERE action = 'campaign.complete'")
    assert tuple(entry.values()) == ("completed", "liftline")
    told = launch.go()
    assert (told.status, told.accepted, told.sentence) == ("completed", 3, "The campaign is completed.")
    assert set(launch.channel.deliveries.values()) == {1}
    with pytest.raises(Refusal, match="is completed and cannot be paused"):
        steer(launch.database, launch.tenant, CAMPAIGN, "pause", by="mo", reason="r", now=launch.now)


def test_a_cancellation_while_requests_fail_leaves_nothing_in_doubt_that_was_not_asked_for(launch):
    def answer(message):
        steer(launch.database, launch.tenant, CAMPAIGN, "cancel", by="mo", reason="wrong", now=launch.now)
        return Receipt(message.message_id, "unknown", None, "timeout", "no answer")

    launch.deliver_by(one_per_request=True, failures_in_a_row=1, senders_at_once=1)
    launch.channel.answer = answer
    assert launch.go().status == "cancelled"
    assert sorted(launch.states().values()) == ["cancelled", "cancelled", "unknown"]


def test_a_channel_that_breaks_costs_one_request_and_pauses_the_campaign_in_the_end(launch):
    def breaks(message):
        raise RuntimeError("a fault of the adapter")

    launch.deliver_by(one_per_request=True, failures_in_a_row=2, senders_at_once=1)
    launch.channel.answer = breaks
    for unknown in (1, 2):
        with pytest.raises(RuntimeError):
            launch.go()
        assert list(launch.states().values()).count("unknown") == unknown
        assert launch.rows("SELECT 1 FROM open_claims") == []
    assert (launch.standing().status, launch.standing().waiting) == ("paused", 1)


def test_a_worker_that_was_taken_for_dead_sends_nothing_more_of_its_claim(launch):
    def answer(message):
        if launch.channel.requests == 1:
            launch.now += timedelta(minutes=launch.delivery.in_doubt_after_minutes + 1)
            with launch.database.session(launch.tenant) as session:
                assert settle_lost(launch.post, session, CAMPAIGN) == 3
            others = [one["message_id"] for one in doubtful(launch.post, launch.tenant, CAMPAIGN)]
            others.remove(message.message_id)
            told = {"by": "mo", "reason": "the worker was gone", "messages": others}
            resolve(launch.post, launch.tenant, CAMPAIGN, "not-sent", **told)
        return Receipt(message.message_id, "accepted", "p", "accepted", "ok")

    launch.deliver_by(one_per_request=True, senders_at_once=1)
    launch.channel.answer = answer
    told = launch.go()
    assert (launch.channel.requests, told.accepted, told.rejected) == (1, 1, 2)
