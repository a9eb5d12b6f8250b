"""Promise 1: what was in order when it was queued is asked anew when it is claimed."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from pipelines.delivery.ports import Receipt
from pipelines.delivery.sending import send_what_is_due
from pipelines.delivery.store import QUERIES, Store
from tests.delivery.sending.conftest import CAMPAIGN, NOW, SECONDS
from tests.safety.guardrails.conftest import DAY

ANN = "c000"


def no_consent(scene):
    scene.consent(ANN, "denied", NOW)


def unsubscribed(scene):
    scene.suppress(f"{ANN}@example.com", "unsubscribe")


def objected(scene):
    scene.consent(ANN, "denied", NOW, purpose="objection")


def erased(scene):
    scene.rows("UPDATE customers SET email = NULL WHERE customer_id = %s RETURNING 1", ANN)


def capped(scene):
    for _ in range(3):
        scene.send(ANN, NOW - DAY)


def very_important(scene):
    scene.rows("UPDATE profiles SET monetary = 9000 WHERE customer_id = %s RETURNING 1", ANN)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (no_consent, "consent_withdrawn"), (unsubscribed, "unsubscribed"), (objected, "objected"),
        (erased, "no_address"), (capped, "frequency_cap"), (very_important, "vip"),
    ],
)  # fmt: skip
def test_whoever_may_not_be_written_to_any_more_is_skipped_with_the_reason(launch, change, code):
    launch.queue()
    change(launch)
    told = launch.go()
    assert launch.states()[ANN] == "skipped"
    assert (code, 1) in {(one.code, one.messages) for one in told.reasons if one.state == "skipped"}
    assert f"{ANN}@example.com" not in {one.address for one in launch.channel.messages}
    assert (told.accepted, told.skipped, told.audience) == (2, 1, 3)


def test_an_offer_ends_with_its_last_day_where_the_senders_are(scene):
    scene.brief["offer"] = {"text": "12 % off", "ends": "2026-11-20"}
    scene.deliver_by(claim_at_once=1)
    scene.launch()
    scene.channel.answer = lambda one: Receipt(one.message_id, "retry", None, "busy", "", 60 * 60)
    scene.at(NOW.replace(hour=22, minute=30))
    assert scene.go().waiting == 3
    scene.channel.answer = lambda one: Receipt(one.message_id, "accepted", "p", "accepted", "ok")
    # Half an hour after midnight in Berlin.
    scene.at(NOW.replace(hour=23, minute=30))
    scene.channel.messages.clear()
    told = scene.go()
    assert [(one.code, one.sentence, one.messages) for one in told.reasons if one.state == "skipped"] == [
        ("offer_ended", "The offer ended on 2026-11-20.", 3)
    ]
    assert (scene.channel.messages, told.waiting) == ([], 0)


def new_policy(scene):
    scene.rows("UPDATE policies_in_force SET version = 'p2' RETURNING 1")


def edited(scene):
    scene.text("direct", version=2, body="Another text for {{contact.name|you}}")


def decided_anew(scene):
    scene.person("later")
    scene.decide()


def rejected(scene):
    scene.rows(
        "INSERT INTO approvals (tenant_id, campaign_id, approved_hash, round, stage, role, decided_by, decision, "
        "comment, decided_at, via) SELECT tenant_id, campaign_id, approved_hash, round, 'quality', 'qa', 'quentin', "
        "'reject', 'a wrong price', now(), 'cli' FROM approval_requests RETURNING 1"
    )


@pytest.mark.parametrize("change", [new_policy, edited, decided_anew, rejected])
def test_without_screening_or_approval_of_exactly_what_stands_nothing_is_claimed(launch, change):
    launch.queue()
    change(launch)
    stop = send_what_is_due(launch.post, launch.tenant, CAMPAIGN)
    assert stop.code == "not_approved"
    assert set(launch.states().values()) == {"queued"}
    assert not launch.channel.requests


def test_what_is_approved_anew_is_sent_in_its_new_words(launch):
    launch.queue()
    launch.text("direct", version=2, body="New words for {{contact.name|you}}")
    launch.say_yes()
    told = launch.go()
    assert told.accepted == 3
    assert "New words for Ann0 O'Neil & Co" in {one.text for one in launch.channel.messages}


def test_who_lost_their_arm_or_left_the_audience_is_not_sent_what_waits_for_them(scene):
    scene.launch(people=6)
    scene.queue()
    scene.rows("UPDATE assignments SET arm = 'control' WHERE customer_id = 'c000' RETURNING 1")
    scene.rows("UPDATE assignments SET arm = NULL, code = 'left_out_since' WHERE customer_id = 'c001' RETURNING 1")
    scene.rows("UPDATE assignments SET arm = 'direct' WHERE customer_id = 'c003' RETURNING 1")
    scene.consent("c002", "denied", NOW - 2 * SECONDS)
    scene.decide()
    scene.say_yes()
    scene.consent("c002", "granted", NOW - SECONDS)
    told = scene.go()
    assert (told.accepted, told.skipped, told.waiting) == (3, 3, 0)
    assert {(one.code, one.messages) for one in told.reasons if one.state == "skipped"} == {
        ("lost_arm", 2), ("left_audience", 1),
    }  # fmt: skip
    sent = scene.rows("SELECT customer_id, arm FROM sends WHERE state = 'accepted' ORDER BY customer_id")
    assert [tuple(row.values()) for row in sent] == [("c003", "direct"), ("c004", "direct"), ("c005", "warm")]


def test_a_budget_that_is_spent_lets_nothing_out(launch):
    launch.change(money__budgets__campaign=0.01)
    launch.queue()
    launch.rows(
        "UPDATE sends SET state = 'accepted', claimed_at = %s, cost_usd = 1 WHERE customer_id = %s RETURNING 1",
        NOW,
        ANN,
    )
    told = launch.go()
    assert (told.status, told.stopped, told.waiting) == ("paused", "no_room", 2)
    assert not launch.channel.requests


def test_a_budget_is_not_overdrawn_by_claims_that_follow_each_other(launch):
    launch.change(money__budgets__campaign=0.08)
    launch.deliver_by(claim_at_once=1, senders_at_once=1, cost_usd={"email": 0.04})
    told = launch.go()
    assert (told.accepted, told.status) == (2, "paused")


def test_senders_at_once_do_not_overdraw_a_budget_together(launch):
    launch.change(money__budgets__campaign=0.08)
    launch.deliver_by(claim_at_once=1, senders_at_once=3, cost_usd={"email": 0.04})
    told = launch.go()
    # Nobody's pause takes back what another sender has claimed within the budget and not asked for yet.
    assert (told.status, told.accepted, told.waiting) == ("paused", 2, 1)
    assert launch.channel.requests == 2


def test_the_hourly_limit_of_the_whole_system_is_kept(launch):
    before = launch.rows("SELECT claimed_since(%s) AS n", NOW - DAY / 24)[0]["n"]
    launch.change(rates__messages_an_hour=before + 2)
    told = launch.go()
    assert (told.accepted, told.waiting, told.stopped) == (2, 1, "no_room")


def test_a_claim_that_waited_for_its_turn_counts_from_when_it_had_it(launch):
    launch.queue()
    with launch.database.connect() as another, ThreadPoolExecutor(1) as pool:
        another.execute(QUERIES["one_hour"])
        sending = pool.submit(launch.go)
        while not another.execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchall():
            sleep(0.01)
        launch.now += SECONDS
        another.rollback()
        assert sending.result().accepted == 3
    # Else whoever counted the hour meanwhile would have missed it.
    assert {row["claimed_at"] for row in launch.rows("SELECT claimed_at FROM sends")} == {NOW + SECONDS}


def cites(scene, arm, document, **papers):
    """The text of an arm with a sentence that rests on a passage of this document."""
    about = {"audience": [], "locale": "en", "indexed_at": NOW, "approved_by": "rita", "approved_at": NOW.date()}
    told = {"document_id": document, "version": 1, "title": "Care", **about, **papers}
    scene.write("documents", [{"content_hash": "h", "metadata_hash": "h", "kind": "product", "path": "p",
                               "source": "s", "owner": "o", **told}])  # fmt: skip
    scene.write("passages", [{
        "passage_id": f"{document}#1", "number": len(document), "heading": "", "text": "t", "kind": "prose",
        "source": "s", "embedding": "[1]", "embedding_model": "m", "embedded_hash": "h", **told,
    }])  # fmt: skip
    scene.write("variant_sentences", [{
        "variant_id": f"v-{arm}", "version": 1, "position": 1, "place": "body", "text": "t", "verdict": "supported",
        "passage_ids": [f"{document}#1"], "code": "ok", "reason": "",
    }])  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "mend", "code", "told"),
    [
        ("expires_at = '2026-11-19'", "expires_at = '2026-12-31'", "passage_expired", "which expired on 2026-11-19"),
        ("approved_by = NULL", "approved_by = 'rita'", "passage_unapproved", "approved no more"),
        ("approved_at = '2026-11-21'", "approved_at = '2026-11-20'", "passage_unapproved", "approved no more"),
        ("retired_at = now()", "retired_at = NULL", "passage_removed", "taken out or reworded"),
    ],
)  # fmt: skip
def test_nobody_is_sent_a_text_whose_passage_may_be_cited_no_more_until_that_is_mended(scene, spoil, mend, code, told):
    # Long ago, by the database's clock too: what was known of the passages at the screening binds nobody.
    scene.cites_until = NOW - 3000 * DAY
    scene.launch()
    launch = scene
    cites(launch, "direct", "throw-care", expires_at=NOW.date())
    cites(launch, "warm", "sound")
    launch.queue()
    launch.rows(f"UPDATE passages SET {spoil} WHERE document_id = 'throw-care' RETURNING 1")
    first = launch.go()
    assert (first.accepted, first.waiting, first.audience) == (1, 2, 3)
    (why,) = (one for one in first.reasons if one.state == "waiting")
    assert (why.code, why.messages) == (code, 2)
    assert why.sentence.startswith("The text cites throw-care (Care)")
    assert told in why.sentence
    before = launch.rows("SELECT * FROM sends ORDER BY customer_id")
    assert launch.go() == first
    assert launch.rows("SELECT * FROM sends ORDER BY customer_id") == before
    launch.rows(f"UPDATE passages SET {mend} WHERE document_id = 'throw-care' RETURNING 1")
    assert launch.go().accepted == 3
    assert set(launch.channel.deliveries.values()) == {1}


def test_who_waited_for_a_text_that_was_mended_gets_it_at_the_planned_time(launch):
    cites(launch, "direct", "throw-care", expires_at=NOW.date() - DAY)
    launch.queue()
    launch.rows("UPDATE sends SET send_at = %s WHERE customer_id = 'c002' RETURNING 1", NOW + 2 * DAY)
    assert launch.go().accepted == 1
    launch.rows("UPDATE passages SET expires_at = '2026-12-31' RETURNING 1")
    told = launch.go()
    assert (told.accepted, told.waiting, told.next_at) == (2, 1, NOW + 2 * DAY)
    launch.at(NOW + 2 * DAY)
    assert launch.go().accepted == 3


def test_at_night_a_disturbing_message_waits_for_the_day(scene):
    scene.now = NOW.replace(hour=23)
    scene.launch(channel="sms", people=1)
    told = scene.go()
    assert (told.waiting, told.stopped) == (1, "nothing_due")
    assert ("waiting", "quiet_hours") in {(one.state, one.code) for one in told.reasons}
    scene.now = NOW.replace(hour=12) + DAY
    assert scene.go().accepted == 1


def test_a_text_that_was_changed_behind_the_approval_is_not_sent(launch):
    launch.queue()
    with launch.database.transaction(launch.tenant, role="liftline_owner") as connection:
        connection.execute("UPDATE variants SET body = 'Buy now!' WHERE variant_id = 'v-direct'")
    told = launch.go()
    assert (told.accepted, told.rejected) == (1, 2)
    assert "content_changed" in {one.code for one in told.reasons}
    assert all("Buy now!" not in one.text for one in launch.channel.messages)


def test_whoever_is_erased_while_a_claim_is_made_is_not_left_in_it(launch, monkeypatch):
    read = Store.people

    def people(self, messages, batch_id):
        launch.rows("DELETE FROM customers WHERE customer_id = %s RETURNING 1", ANN)
        return read(self, messages, batch_id)

    monkeypatch.setattr(Store, "people", people)
    told = launch.go()
    assert (told.accepted, told.skipped, told.waiting) == (2, 1, 0)
    assert launch.states()[ANN] == "skipped"
    assert launch.rows("SELECT batch_id FROM open_claims") == []
