"""Wishes of readers: kept once, proved, logged without an address, and heeded by the next claim."""

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from pipelines.contracts import Changed, Refusal
from pipelines.delivery.unsubscribing import TokenRefused, token_for
from pipelines.delivery.wishes import run as wishes
from pipelines.delivery.wishes.words import words_for
from pipelines.review.access import grant
from pipelines.services import Services
from pipelines.tenants.run import create_tenant

MINUTE = timedelta(minutes=1)


def ways(leaflet):
    return {way.channel: "stopped" if way.stopped else way.on for way in leaflet.choices.ways}


def test_who_stops_is_left_out_at_once_and_only_there(readers):
    readers.person("c1")
    readers.person("c2")
    readers.decide()
    assert readers.decide_one().verdict == "included"
    readers.now += MINUTE
    readers_leaflet = wishes.stop(readers.book, readers.token())
    assert ways(readers_leaflet) == {"email": "stopped", "sms": True, "whatsapp": True, "push": True}
    decided = readers.decide_one()
    assert (decided.verdict, decided.code) == ("excluded", "unsubscribed")
    assert "consent_withdrawn" in decided.codes
    assert readers.decide_one("c2").verdict == "included"
    readers.campaign("sms", "texts")
    readers.decide("texts")
    assert readers.may(campaign_id="texts").verdict == "included"


def test_what_was_said_is_proved_and_logged_without_an_address(readers):
    readers.person("c1", locale="de-AT")
    readers.send("c1", readers.now, message_id="m-77")
    readers.now += MINUTE
    wishes.stop(readers.book, readers.token("m-77", kind="message"))
    (stop,) = readers.rows("SELECT *, address_hash(tenant_id, 'c1@example.com') AS right FROM suppressions")
    assert (stop["address_hash"], stop["channel"], stop["reason"]) == (stop["right"], "email", "unsubscribe")
    for row in readers.rows("SELECT * FROM consents WHERE status = 'denied'"):
        assert row["evidence"] == {"how": "unsubscribe link", "message_id": "m-77", "language": "de"}
        assert row["text_version"].startswith("preferences-de-")
    (entry,) = readers.rows("SELECT * FROM audit_log WHERE action = 'unsubscribe'")
    assert (entry["subject_id"], entry["object"], entry["decision"]) == ("c1", "message m-77", "stopped")
    assert entry["campaign_id"].startswith("other-")
    assert "@" not in json.dumps(dict(entry), default=str)


def test_looking_changes_nothing_and_stopping_twice_is_stopping_once(readers):
    readers.person("c1")
    before = readers.counts()
    wishes.leaflet(readers.book, readers.token())
    assert readers.counts() == before
    wishes.stop(readers.book, readers.token())
    once = readers.counts()
    readers.now += MINUTE
    wishes.stop(readers.book, readers.token())
    assert readers.counts() == once
    assert once["audit_entries"] == before["audit_entries"] + 1


def test_a_newer_consent_does_not_undo_a_stop(readers):
    readers.person("c1")
    readers.decide()
    wishes.stop(readers.book, readers.token())
    readers.now += MINUTE
    readers.consent("c1", "granted", readers.now)
    assert readers.may().code == "unsubscribed"


def test_tokens_of_others_and_of_messages_never_sent_are_refused(readers, database):
    readers.person("c1")
    other = create_tenant(database, f"{readers.tenant}-other").tenant_id
    before = readers.counts()
    for token in (
        "x",
        token_for(b"j" * 32, readers.tenant, "c1", "email", "marketing", readers.now, kind="customer"),
        readers.token("m-1", kind="message"),
        readers.token("m-1", kind="message", tenant=other),
    ):
        for wish in (wishes.leaflet, wishes.stop, wishes.stop_everything, wishes.banners_for):
            with pytest.raises(TokenRefused):
                wish(readers.book, token)
    # A token of another tenant speaks of that tenant's customer of the same name, and of nobody else's.
    wishes.stop(readers.book, readers.token(tenant=other))
    assert readers.counts() == before
    assert readers.rows("SELECT count(*) AS n FROM suppressions")[0]["n"] == 0


def test_choices_are_kept_and_heeded(readers):
    readers.person("c1")
    readers.person("c2")
    readers.campaign("sms", "texts")
    readers.decide()
    readers.decide("texts")
    readers.now += MINUTE
    form = [("way", "email"), ("way", "push"), ("weekly", "on"), ("only_channel", "any"), ("no_sale", "on")]
    leaflet = wishes.choose(readers.book, readers.token(), form)
    assert ways(leaflet) == {"email": True, "sms": False, "whatsapp": False, "push": True}
    assert (leaflet.choices.weekly, leaflet.choices.no_sale) == (True, True)
    assert readers.may(campaign_id="texts").code == "consent_withdrawn"
    assert readers.may().verdict == "included"
    assert readers.may("c2", "texts").verdict == "included"
    kept = readers.counts()
    readers.now += MINUTE
    wishes.choose(readers.book, readers.token(), form)
    assert readers.counts() == kept, "the same choices again are no news"
    readers.now += MINUTE
    back = wishes.choose(readers.book, readers.token(), [*form, ("way", "sms"), ("weekly", "off")])
    assert ways(back)["sms"] is True
    assert not back.choices.weekly
    assert readers.may(campaign_id="texts").verdict == "included"
    granted = readers.rows("SELECT * FROM consents WHERE status = 'granted' AND source = 'reader'")
    assert {(row["channel"], row["lawful_basis"]) for row in granted} == {("sms", "consent")}


def test_the_only_channel_and_topic_are_heeded_and_nonsense_is_not_kept(readers):
    readers.person("c1")
    readers.decide()
    readers.now += MINUTE
    everything = [("way", way) for way in ("email", "sms", "whatsapp", "push")]
    before = readers.counts()
    wishes.choose(readers.book, readers.token(), [
        *everything, ("only_channel", "pigeon"), ("only_topic", "<script>"), ("weekly", "maybe"), ("x", "y"),
    ])  # fmt: skip
    assert readers.counts() == before
    leaflet = wishes.choose(readers.book, readers.token(), [*everything, ("only_channel", "sms")])
    assert leaflet.choices.only_channel == "sms"
    assert readers.may().code == "other_channel_only"


def test_a_way_that_was_stopped_stays_so_whatever_is_ticked(readers):
    readers.person("c1")
    readers.decide()
    wishes.stop(readers.book, readers.token())
    readers.now += MINUTE
    leaflet = wishes.choose(readers.book, readers.token(), [("way", "email"), ("way", "sms")])
    assert ways(leaflet)["email"] == "stopped"
    assert readers.may().code == "unsubscribed"
    assert readers.rows("SELECT 1 FROM consents WHERE status = 'granted' AND source = 'reader'") == []


def test_nothing_at_all_stops_every_way(readers):
    readers.person("c1")
    for channel in ("sms", "whatsapp", "push", "web"):
        readers.campaign(channel, channel)
        readers.decide(channel)
    readers.decide()
    readers.now += MINUTE
    leaflet = wishes.stop_everything(readers.book, readers.token())
    assert set(ways(leaflet).values()) == {"stopped"}
    for campaign in ("spring-1", "sms", "whatsapp", "push", "web"):
        assert readers.may(campaign_id=campaign).verdict == "excluded"
    kept = readers.counts()
    wishes.stop_everything(readers.book, readers.token())
    assert readers.counts() == kept


def test_wishes_under_an_old_id_are_the_same_reader_s(readers):
    readers.person("c1")
    readers.write("customer_aliases", [{"alias_id": "old", "customer_id": "c1", "source_seq": 1}])
    readers.decide()
    readers.now += MINUTE
    wishes.stop(readers.book, readers.token("old"))
    assert readers.may().code == "unsubscribed"
    assert readers.rows("SELECT DISTINCT customer_id FROM consents WHERE source = 'reader'") == [{"customer_id": "c1"}]


def test_an_id_that_is_an_address_stops_nothing_from_being_logged(readers):
    readers.person("ines@example.com")
    wishes.stop(readers.book, readers.token("ines@example.com"))
    (entry,) = readers.rows("SELECT * FROM audit_log WHERE action = 'unsubscribe'")
    assert entry["subject_id"] is None


def test_banners_are_only_for_who_did_not_stop_them(readers):
    readers.person("c1")
    token = readers.token(channel="web")
    assert wishes.banners_for(readers.book, token) == (readers.tenant, "c1")
    readers.now += MINUTE
    wishes.stop(readers.book, token)
    assert wishes.banners_for(readers.book, token) is None


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de", "de"), ("de-CH", "de"), ("de_AT", "de"), ("fr", "en"), (None, "en"), ("", "en"), ("DE", "de")],
)
def test_the_language_is_the_reader_s_where_the_sender_writes_it(readers, locale, language):
    letterhead = readers.book.letterhead_of("any")
    assert words_for(locale, letterhead).language == language


def test_every_language_says_everything():
    from pipelines.delivery.wishes import words

    first, *others = words._all().values()
    for other in others:
        assert set(other.said) == set(first.said)
        assert set(other.channels) == set(first.channels)
        for what, sentence in first.said.items():
            assert sentence.count("{") == other.said[what].count("{"), what


def text(readers, body, phone="+4930231251234", **more):
    told = {"phone": phone, "text": body, "text_id": "SM1", "handled": False, **more}
    return wishes.answer_text(readers.book, [readers.tenant], **told)


@pytest.mark.parametrize("word", ["STOP", "stop.", "Stop please!", "UNSUBSCRIBE", "opt out", "Stopp", "arrêt"])
def test_a_stop_word_stops_texts_and_is_confirmed_once(readers, word):
    readers.person("c1", locale="de")
    readers.campaign("sms", "texts")
    readers.decide("texts")
    readers.now += MINUTE
    assert text(readers, word) == "Lindhaven: Sie sind abgemeldet und bekommen hier keine Nachrichten mehr von uns."
    assert readers.may(campaign_id="texts").code == "unsubscribed"
    kept = readers.counts()
    assert text(readers, word) is None
    assert readers.counts() == kept
    (entry,) = readers.rows("SELECT * FROM audit_log WHERE action = 'unsubscribe'")
    assert "30231251234" not in json.dumps(dict(entry), default=str)


def test_what_only_speaks_of_stopping_stops_nothing(readers):
    readers.person("c1")
    before = readers.counts()
    for body in ("Where is your next stop?", "", "yes", "Please stop by on Monday"):
        assert text(readers, body) is None
    assert readers.counts() == before


def test_a_stop_from_a_number_of_nobody_is_kept_for_later(readers):
    assert "unsubscribed" in text(readers, "STOP", phone="+4930999999")
    readers.person("c1", phone="+4930999999")
    readers.campaign("sms", "texts")
    readers.decide("texts")
    assert readers.may(campaign_id="texts").code == "unsubscribed"


def test_the_vendor_s_own_confirmation_is_the_only_one(readers):
    readers.person("c1")
    assert text(readers, "STOP", handled=True) is None
    assert readers.counts()["suppressions"] == 1


def test_start_brings_texts_back_unless_they_were_stopped_for_good(readers):
    readers.person("c1")
    readers.consent("c1", "denied", readers.now - MINUTE, "sms")
    readers.campaign("sms", "texts")
    readers.decide("texts")
    assert "again" in text(readers, "START")
    assert readers.may(campaign_id="texts").verdict == "included"
    readers.now += MINUTE
    text(readers, "STOP")
    readers.now += MINUTE
    assert "stays so" in text(readers, "Start")
    assert readers.may(campaign_id="texts").code == "unsubscribed"


def test_help_says_who_writes_and_how_to_end_it(readers):
    readers.person("c1")
    assert "Reply STOP" in text(readers, "help")
    assert text(readers, "START", phone="+4930999999") is None


def test_a_stop_counts_for_every_tenant_of_the_number(readers, database):
    other = create_tenant(database, f"{readers.tenant}-shares").tenant_id
    readers.person("c1")
    told = {"phone": "+4930231251234", "text": "STOP", "text_id": "SM1", "handled": False}
    assert wishes.answer_text(readers.book, [other, readers.tenant], **told).startswith("Lindhaven")
    with database.transaction(other) as connection:
        assert len(connection.execute("SELECT 1 FROM suppressions").fetchall()) == 1


def test_who_says_stop_is_heard_though_the_guardrails_cannot_be_read(readers, services, tmp_path):
    readers.person("c1", phone="+4930231255555")
    (tmp_path / "guardrails.yaml").write_text("spam: {mesages: 3}")
    broken = Services(services.settings.model_copy(update={"liftline_policies": tmp_path}))
    broken.__dict__["database"] = readers.database
    told = {"phone": "+4930231255555", "text": "Stop!", "text_id": "SM1", "handled": False}
    assert wishes.says_a_wish(broken.wishes, [readers.tenant], "Stop!")
    assert wishes.answer_text(broken.wishes, [readers.tenant], **told)
    token = token_for(broken.link_key, readers.tenant, "c1", "email", "marketing", broken.clock(), kind="customer")
    assert ways(wishes.stop(broken.wishes, token))["email"] == "stopped"
    assert {row["channel"] for row in readers.rows("SELECT channel FROM suppressions")} == {"sms", "email"}


LONG_AGO = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.fixture
def stopped(readers):
    """Somebody who unsubscribed long ago, with two officers and a manager who might lift that."""
    readers.person("c1", phone="+4930777777")
    readers.decide()
    now, readers.now = readers.now, LONG_AGO
    wishes.stop(readers.book, readers.token())
    readers.now = now
    for name, role in (("cora", "compliance"), ("carl", "compliance"), ("mona", "manager"), ("olaf", "operator")):
        grant(readers.database, readers.tenant, name, role, by="root", at_machine=True)
    return readers


def asked(readers, said_at=LONG_AGO + timedelta(days=40), by="cora", channel="email", **more):
    told = {"evidence": "letter of 11 July, folder 7", "reason": "Wants the newsletter again.", **more}
    return wishes.ask_to_lift(readers.book, readers.tenant, "c1", channel, said_at=said_at, by=by, **told)


def answered(readers, lift, by="mona", decision="approve", **more):
    return wishes.answer_lift(readers.book, readers.tenant, lift["lift_id"], decision, by=by, **more)


def test_a_stop_is_lifted_by_two_officers_on_a_newer_word_and_a_new_stop_holds_again(stopped):
    before = stopped.counts()
    lift = asked(stopped)
    assert stopped.may().code == "unsubscribed", "asking lifts nothing"
    with pytest.raises(Refusal, match="asks for that already"):
        asked(stopped, by="carl")
    for by, why in (("Cora ", "who asked does not answer"), ("olaf", "takes compliance, manager or director")):
        with pytest.raises(Refusal, match=why):
            answered(stopped, lift, by=by)
    answered(stopped, lift)
    assert stopped.may().verdict == "included"
    assert ways(wishes.leaflet(stopped.book, stopped.token()))["email"] is True
    with pytest.raises(Changed, match="answered by mona"):
        answered(stopped, lift, by="carl")
    assert stopped.counts()["suppressions"] == before["suppressions"], "the stop stays in its ledger"
    (said,) = stopped.rows("SELECT * FROM consents WHERE status = 'granted' AND source = 'reader'")
    assert said["evidence"] == {"how": "letter of 11 July, folder 7", "lift": lift["lift_id"]}
    log = stopped.rows(
        "SELECT actor, decision, subject_id FROM audit_log WHERE action = 'suppression.lift' ORDER BY seq"
    )
    assert [tuple(row.values()) for row in log] == [("cora", "asked", "c1"), ("mona", "lifted", "c1")]
    stopped.now += MINUTE
    assert ways(wishes.stop(stopped.book, stopped.token()))["email"] == "stopped"
    assert stopped.may().code == "unsubscribed"
    assert stopped.counts()["audit_entries"] == before["audit_entries"] + 3
    with pytest.raises(Refusal, match="said stop at that moment or later"):
        asked(stopped)


def test_all_ways_were_stopped_and_one_is_lifted(stopped):
    stopped.campaign("sms", "texts")
    stopped.decide("texts")
    now, stopped.now = stopped.now, LONG_AGO + MINUTE
    wishes.stop_everything(stopped.book, stopped.token())
    stopped.now = now
    answered(stopped, asked(stopped))
    assert stopped.may().verdict == "included"
    assert stopped.may(campaign_id="texts").code == "unsubscribed"
    kept = stopped.counts()
    stopped.now += MINUTE
    wishes.stop_everything(stopped.book, stopped.token())
    assert stopped.may().code == "unsubscribed"
    assert stopped.counts()["audit_entries"] == kept["audit_entries"] + 1


@pytest.mark.parametrize(
    ("reason", "why"),
    [("complaint", "complained"), ("manual", "blocked by hand"), ("hard_bounce", "came back"), ("erasure", "erased")],
)
def test_what_is_no_unsubscribing_is_never_lifted(stopped, reason, why):
    lift = asked(stopped)
    stopped.suppress("c1@example.com", reason)
    with pytest.raises(Refusal, match=why):
        answered(stopped, lift)
    answered(stopped, lift, decision="reject", comment="They complained meanwhile.")
    with pytest.raises(Refusal, match=why):
        asked(stopped)
    assert stopped.may().verdict == "excluded"


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"said_at": LONG_AGO}, "said stop at that moment or later"),
        ({"said_at": datetime(2090, 1, 1, tzinfo=UTC)}, "still to come"),
        ({"by": "mona"}, "takes compliance"),
        ({"channel": "sms"}, "nothing to lift"),
        ({"channel": "pigeon"}, "There is no channel pigeon"),
        ({"evidence": " "}, "Give the evidence"),
        ({"reason": "ann@example.com wants it"}, "without an address"),
    ],
)
def test_what_is_no_ground_for_a_lift_is_refused(stopped, told, why):
    with pytest.raises(Refusal, match=why):
        asked(stopped, **told)


def test_a_stop_between_the_word_and_the_yes_counts_whoever_brings_it(stopped):
    lift = asked(stopped)
    stopped.rows(
        "INSERT INTO suppressions SELECT tenant_id, address_hash, channel, reason, occurred_at + interval '50 days', "
        "'a file', 1, 1 FROM suppressions ON CONFLICT DO NOTHING RETURNING 1"
    )
    with pytest.raises(Refusal, match="said stop at that moment or later"):
        answered(stopped, lift)
    assert stopped.may().code == "unsubscribed"


def test_the_database_lifts_nothing_that_the_rules_do_not(stopped):
    lift = asked(stopped)
    answer = "INSERT INTO lifts_answered VALUES (%s, %s, 'approve', '', %s, now()) RETURNING 1"
    ask = "INSERT INTO lifts_asked SELECT tenant_id, 'x', customer_id, channel, purpose, address_hashes, %s, evidence, "
    ask += "reason, %s, asked_at FROM lifts_asked RETURNING 1"
    for statement, *told in (
        (answer, stopped.tenant, lift["lift_id"], "cora"),
        (answer, stopped.tenant, lift["lift_id"], "olaf"),
        (answer, stopped.tenant, lift["lift_id"], "mona"),
        (ask, LONG_AGO, "cora"),
        (ask, datetime(2090, 1, 1, tzinfo=UTC), "cora"),
        (ask, LONG_AGO + timedelta(days=40), "mona"),
        ("DELETE FROM lifts_asked RETURNING 1",),
        ("UPDATE lifts_asked SET said_at = now() RETURNING 1",),
        ("DELETE FROM suppressions_again RETURNING 1",),
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            stopped.rows(statement, *told)
