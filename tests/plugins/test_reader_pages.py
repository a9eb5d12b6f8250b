"""What readers of messages reach without a sign-in: one-click, the preference centre, texts and banners, over HTTP."""

from __future__ import annotations

import base64
import hmac
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from liftline_console.flood import Turnstile
from pydantic import SecretStr

from pipelines.delivery.ports import OutboundMessage, Sender
from pipelines.delivery.unsubscribing import LIFE, token_for
from pipelines.engagement.run import feed
from pipelines.safety.guardrails import run as guardrails
from pipelines.tenants.run import create_tenant
from tests.safety.guardrails.conftest import CAMPAIGN, NOW, Scene

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


class Reader(Scene):
    """One customer of a campaign, with a token of theirs and a browser that was never here before."""

    def __init__(self, database, tenant, console):
        super().__init__(database, tenant)
        self.services = console.state.console.services
        self.console = console
        self.client = TestClient(console, follow_redirects=False)

    def token(self, channel="email", issued_at=None, tenant=None, key=None):
        issued = issued_at or datetime.now(UTC)
        key = key or self.services.link_key
        return token_for(key, tenant or self.tenant, "c1", channel, "marketing", issued, kind="customer")

    def decided(self):
        self.now = datetime.now(UTC) + timedelta(seconds=1)
        return guardrails.decide_one(self.gatehouse, self.tenant, CAMPAIGN, "c1", by="ada")

    def counts(self):
        tables = ("consents", "suppressions", "preferences", "audit_entries")
        return [self.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in tables]


@pytest.fixture
def reader(database, tenant, console):
    console.state.turnstile = Turnstile(clock=lambda: 0.0)
    made = Reader(database, tenant, console)
    made.campaign()
    made.person("c1")
    made.decide()
    return made


def test_one_click_stops_without_cookie_or_redirect_and_the_next_claim_knows(reader):
    assert reader.decided().verdict == "included"
    answer = reader.client.post(f"/u/{reader.token()}", data=ONE_CLICK)
    assert (answer.status_code, answer.history) == (200, [])
    assert "set-cookie" not in answer.headers
    assert "location" not in answer.headers
    assert reader.decided().code == "unsubscribed"
    assert "You are unsubscribed" in reader.client.get(f"/u/{reader.token()}").text


def test_a_mail_provider_may_post_it_as_multipart(reader):
    answer = reader.client.post(f"/u/{reader.token()}", files={"List-Unsubscribe": (None, "One-Click")})
    assert answer.status_code == 200
    assert reader.decided().code == "unsubscribed"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_no_other_method_changes_anything(reader, method):
    before = reader.counts()
    for place in ("u", "p"):
        answer = reader.client.request(method, f"/{place}/{reader.token()}?List-Unsubscribe=One-Click")
        assert answer.status_code == (200 if method in ("GET", "HEAD") else 405)
    assert reader.counts() == before


@pytest.mark.parametrize(
    "body",
    [{}, {"List-Unsubscribe": "one-click"}, {"list-unsubscribe": "One-Click"}, {"One-Click": "List-Unsubscribe"}],
)
def test_a_post_that_does_not_say_one_click_stops_nothing(reader, body):
    before = reader.counts()
    answer = reader.client.post(f"/u/{reader.token()}", data=body)
    assert answer.status_code == 422
    assert reader.counts() == before


@pytest.mark.parametrize("body", [{}, ONE_CLICK, {"way": "email"}, {"wish": "everything"}])
def test_a_post_that_is_no_form_of_the_page_unticks_nothing(reader, body):
    before = reader.counts()
    assert reader.client.post(f"/p/{reader.token()}", data=body).status_code == 422
    assert reader.counts() == before


def test_forged_expired_and_foreign_tokens_get_one_answer(reader):
    token = reader.token()
    bad = (
        "forged",
        token[:-2] + ("AA" if token[-2:] != "AA" else "BB"),
        reader.token(issued_at=datetime.now(UTC) - LIFE - timedelta(days=1)),
        reader.token(key=b"j" * 32),
        token_for(reader.services.link_key, reader.tenant, "m-0", "email", "marketing", datetime.now(UTC)),
    )
    before = reader.counts()
    said = set()
    for one in bad:
        for answer in (
            reader.client.get(f"/u/{one}"),
            reader.client.post(f"/u/{one}", data=ONE_CLICK),
            reader.client.get(f"/p/{one}"),
            reader.client.post(f"/p/{one}", data={"wish": "nothing"}),
        ):
            assert answer.status_code == 404
            said.add(answer.text)
    assert len(said) == 1
    assert "This link does not work" in said.pop()
    assert reader.counts() == before


def test_the_pages_tell_nobody_who_the_reader_is_and_run_nothing(reader):
    for path in (f"/u/{reader.token()}", f"/p/{reader.token()}"):
        answer = reader.client.get(path)
        for private in ("c1", "example.com", "4930", "<script", "onclick", reader.tenant):
            assert private not in answer.text.replace(reader.token(), ""), private
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
    assert "max-age" in reader.client.get("/p/look.css").headers["Cache-Control"]


def test_choices_are_kept_by_a_plain_form(reader):
    path = f"/p/{reader.token()}"
    shown = reader.client.get(path).text
    assert len(re.findall(r'name="way"[^>]* checked', shown)) == 4
    answer = reader.client.post(
        path, data={"wish": "choices", "way": ["email", "push"], "weekly": "on", "only_channel": "any"}
    )
    assert answer.status_code == 200
    assert 'role="status"' in answer.text
    assert len(re.findall(r'name="way"[^>]* checked', answer.text)) == 2
    denied = reader.rows("SELECT DISTINCT channel FROM consents WHERE status = 'denied' ORDER BY channel")
    assert [row["channel"] for row in denied] == ["sms", "whatsapp"]
    assert reader.client.post(path, data={"wish": "nothing"}).text.count("stopped for good") == 4
    assert reader.decided().verdict == "excluded"


def test_a_stopped_channel_is_none_to_be_reached_by_alone(reader):
    path = f"/p/{reader.token()}"
    assert '<option value="email"' in reader.client.get(path).text
    assert reader.client.post(f"/u/{reader.token()}", data=ONE_CLICK).status_code == 200
    shown = reader.client.get(path).text
    assert '<option value="sms"' in shown
    assert '<option value="email"' not in shown


def test_the_language_is_the_reader_s(reader):
    reader.rows("UPDATE customers SET locale = 'de-DE' RETURNING 1")
    text = reader.client.get(f"/u/{reader.token()}").text
    assert '<html lang="de">' in text
    assert "Abmelden" in text
    refused = reader.client.get("/u/forged", headers={"Accept-Language": "de-CH,de;q=0.9"}).text
    assert "Dieser Link geht nicht" in refused


def test_floods_are_told_to_wait_and_others_are_served(reader):
    token = reader.token()
    said = [reader.client.get(f"/u/{token}").status_code for _ in range(31)]
    assert said == [200] * 30 + [429]
    assert reader.client.get(f"/u/{token}").headers["Retry-After"] == "60"
    said = [reader.client.get(f"/u/forged{n}").status_code for n in range(61)]
    assert said == [404] * 60 + [429]
    assert reader.client.post(f"/u/{reader.token('sms')}", data=ONE_CLICK).status_code == 200


def test_a_huge_or_broken_form_is_refused(reader):
    path = f"/p/{reader.token()}"
    assert reader.client.post(path, data={"way": "x" * 30_000}).status_code == 413
    broken = {"Content-Type": "multipart/form-data"}
    assert reader.client.post(path, content=b"--x\r\n", headers=broken).status_code == 422
    assert reader.client.post(path, content=b"\xff=\xfe").status_code == 422


def test_the_turnstile_counts_by_the_minute_and_forgets():
    now = [0.0]
    turnstile = Turnstile(most_keys=2, clock=lambda: now[0])
    assert [turnstile.admits("a", 2) for _ in range(3)] == [True, True, False]
    now[0] = 60
    assert turnstile.admits("a", 2)
    for key in "bcd":
        turnstile.admits(key, 1)
    assert turnstile.admits("b", 1), "forgotten meanwhile"


@pytest.fixture
def twilio(reader, monkeypatch):
    settings = reader.services.settings.model_copy(update={
        "twilio_auth_token": SecretStr("right"), "liftline_public_url": "https://liftline.example",
    })  # fmt: skip
    monkeypatch.setitem(reader.services.__dict__, "settings", settings)
    reader.services.__dict__.pop("wishes", None)
    monkeypatch.setattr(type(reader.services), "tenant_ids", lambda self: [reader.tenant])

    def post(form, token="right", path="/webhooks/twilio"):
        url = f"https://liftline.example{path}"
        said = url + "".join(name + value for name, value in sorted(form.items()))
        signature = base64.b64encode(hmac.digest(token.encode(), said.encode(), "sha1")).decode()
        return reader.client.post(path, data=form, headers={"X-Twilio-Signature": signature})

    yield post
    reader.services.__dict__.pop("wishes", None)


def test_a_text_that_says_stop_is_honoured_and_confirmed_once(reader, twilio):
    form = {"From": "+4930231251234", "To": "+4930999", "Body": "Stop", "MessageSid": "SM1"}
    answer = twilio(form)
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert answer.text.endswith("get no more messages from us here.</Message></Response>")
    assert reader.rows("SELECT channel FROM suppressions") == [{"channel": "sms"}]
    assert twilio(form).text.endswith("<Response></Response>")


def test_a_word_that_twilio_understood_counts_whatever_our_words_are(reader, twilio):
    form = {"From": "+4930231251234", "Body": "ARRETER TOUT", "MessageSid": "SM1"}
    twilio(form)
    assert reader.rows("SELECT channel FROM suppressions") == []
    # The vendor has answered by itself.
    assert twilio({**form, "OptOutType": "STOP"}).text.endswith("<Response></Response>")
    assert reader.rows("SELECT channel FROM suppressions") == [{"channel": "sms"}]


def test_opt_outs_are_heard_whatever_is_wrong_with_the_brand(reader, twilio, tmp_path, monkeypatch):
    other = create_tenant(reader.database, f"{reader.tenant}-b").tenant_id
    monkeypatch.setattr(type(reader.services), "tenant_ids", lambda self: [reader.tenant, other])
    (tmp_path / f"{reader.tenant}.yaml").write_text("name: half sav")
    settings = reader.services.settings.model_copy(update={"liftline_brands": tmp_path})
    monkeypatch.setitem(reader.services.__dict__, "settings", settings)
    answer = reader.client.post(f"/u/{reader.token()}", data=ONE_CLICK)
    assert answer.status_code == 200, answer.text
    assert str(tmp_path) not in answer.text
    assert twilio({"From": "+4930231251234", "Body": "Stop", "MessageSid": "SM1"}).status_code == 200
    for tenant, channels in ((reader.tenant, ["email", "sms"]), (other, ["sms"])):
        with reader.database.transaction(tenant) as connection:
            rows = connection.execute("SELECT channel FROM suppressions ORDER BY channel").fetchall()
        assert [row["channel"] for row in rows] == channels


def test_a_text_whose_signature_is_wrong_is_not_believed(reader, twilio):
    before = reader.counts()
    form = {"From": "+4930231251234", "Body": "STOP"}
    assert twilio(form, token="wrong").status_code == 403
    assert {reader.client.post("/webhooks/twilio", data=form).status_code for _ in range(59)} == {403}
    assert reader.client.post("/webhooks/twilio", data=form).headers["Retry-After"] == "60"
    assert reader.counts() == before
    assert twilio({"From": "MadeUp", "Body": "STOP"}).text.endswith("<Response></Response>")


FATES = [
    ("delivered", None, "delivered", "gone"), ("sent", None, "accepted", "gone"),
    ("undelivered", "30003", "bounced", "soft_bounce"), ("failed", "30007", "rejected", "dropped"),
]  # fmt: skip


def in_doubt(reader, channel):
    """A message of which nobody knows whether it left."""
    reader.send(
        "c1", NOW, state="unknown", channel=channel, message_id=f"m-{reader.tenant}", reason_code="gone", settled_at=NOW
    )


def settled(reader, provider):
    """How the message ended, once the events that came in were passed on; one event, however often it came."""
    feed(reader.services.listener, reader.tenant)
    assert reader.rows("SELECT provider, message_id FROM provider_events") == [
        {"provider": provider, "message_id": f"m-{reader.tenant}"}
    ]
    (row,) = reader.rows("SELECT state, reason_code FROM sends WHERE channel <> 'email'")
    return row["state"], row["reason_code"]


@pytest.mark.parametrize(("status", "error", "state", "code"), FATES)
def test_what_twilio_tells_of_a_text_settles_one_that_was_in_doubt(reader, twilio, status, error, state, code):
    in_doubt(reader, "sms")
    form = {"MessageSid": "SM1", "MessageStatus": status, "To": "+4930231251234"}
    form |= {"ErrorCode": error} if error else {}
    path = f"/webhooks/twilio/status?message=m-{reader.tenant}"
    assert twilio(form, "wrong", path).status_code == 403
    assert {twilio(form, path=path).status_code for _ in range(3)} == {204}
    assert twilio({"MessageSid": "SM1"}, path=path).status_code == 204
    assert settled(reader, "twilio") == (state, code)
    assert "30231251234" not in str(reader.rows("SELECT raw FROM provider_events"))


@pytest.fixture
def meta(reader, monkeypatch):
    settings = reader.services.settings.model_copy(update={
        "whatsapp_app_secret": SecretStr("right"), "whatsapp_verify_token": SecretStr("word"),
    })  # fmt: skip
    monkeypatch.setitem(reader.services.__dict__, "settings", settings)
    reader.services.__dict__.pop("wishes", None)
    monkeypatch.setattr(type(reader.services), "tenant_ids", lambda self: [reader.tenant])

    def post(key="right", **value):
        body = json.dumps({"entry": [{"changes": [{"value": value}, 7]}, None]}).encode()
        signature = "sha256=" + hmac.digest(key.encode(), body, "sha256").hex()
        return reader.client.post("/webhooks/whatsapp", content=body, headers={"X-Hub-Signature-256": signature})

    yield post
    reader.services.__dict__.pop("wishes", None)


@pytest.mark.parametrize(("status", "state"), [("read", "delivered"), ("sent", "accepted"), ("failed", "bounced")])
def test_what_meta_tells_of_a_message_settles_one_that_was_in_doubt(reader, meta, status, state):
    in_doubt(reader, "whatsapp")
    told = {
        "id": "wamid.1", "status": status, "timestamp": str(int(NOW.timestamp())), "recipient_id": "4930231251234",
        "biz_opaque_callback_data": f"m-{reader.tenant}", "errors": [{"code": 131026}] if status == "failed" else None,
    }  # fmt: skip
    assert meta("wrong", statuses=[told]).status_code == 403
    assert {meta(statuses=[told, told, {}, None]).status_code for _ in range(3)} == {204}
    assert settled(reader, "meta")[0] == state


def test_whatsapp_is_set_up_by_its_word_and_a_stop_there_is_honoured(reader, meta):
    asked = {"hub.mode": "subscribe", "hub.verify_token": "word", "hub.challenge": "17"}
    assert reader.client.get("/webhooks/whatsapp", params=asked).text == "17"
    assert reader.client.get("/webhooks/whatsapp", params=asked | {"hub.verify_token": "no"}).status_code == 403
    said = {"from": "4930231251234", "id": "wamid.2", "type": "text", "text": {"body": "Stop"}}
    assert {meta(messages=[said, {"from": 7}]).status_code for _ in range(2)} == {204}
    assert reader.rows("SELECT channel FROM suppressions") == [{"channel": "whatsapp"}]
    (confirmed,) = (reader.services.outbox / "confirmations" / "whatsapp").glob("*.json")
    told = json.loads(confirmed.read_text())
    assert (told["address"], told["message_id"]) == ("+4930231251234", "confirmation-wamid.2")
    assert told["text"].endswith("get no more messages from us here.")
    fate = {"id": "wamid.3", "status": "sent", "timestamp": "1", "biz_opaque_callback_data": "confirmation-wamid.2"}
    assert meta(statuses=[fate]).status_code == 204
    assert not list(reader.services.listener.unclaimed.glob("*"))


def test_a_plain_answer_is_a_reply_to_the_last_message_to_that_number_and_no_word_of_it_is_kept(reader, twilio, meta):
    other = Scene(reader.database, create_tenant(reader.database, f"{reader.tenant}-b").tenant_id)
    other.campaign()
    phone = f"+4930{int.from_bytes(reader.tenant.encode()) % 10**8:08}"
    other.person("c1", phone=phone)
    reader.rows("UPDATE customers SET phone = %s RETURNING 1", phone)
    reader.send("c1", NOW - timedelta(days=1), channel="sms", message_id=f"old-{reader.tenant}")
    other.send("c1", NOW, channel="sms", message_id=f"new-{reader.tenant}")
    reader.send("c1", NOW, channel="whatsapp", message_id=f"wa-{reader.tenant}")
    form = {"From": phone, "Body": "Yes, call me", "MessageSid": "SM9"}
    assert {twilio(form).text[-21:] for _ in range(2)} == {"<Response></Response>"}
    assert twilio({**form, "From": "+4930000001", "MessageSid": "SM8"}).status_code == 200
    twilio({**form, "Body": "Stop", "MessageSid": "SM7"})
    later = NOW + timedelta(hours=1)
    said = {"from": phone[1:], "id": "wamid.9", "type": "image", "timestamp": str(int(later.timestamp()))}
    assert {meta(messages=[said, {**said, "type": "system", "id": "wamid.8"}]).status_code for _ in range(2)} == {204}
    (by_text,), (by_app,) = (one.rows("SELECT * FROM provider_events") for one in (other, reader))
    assert (by_text["event"], by_text["message_id"], by_text["channel"]) == ("replied", f"new-{reader.tenant}", "sms")
    assert (by_app["event"], by_app["message_id"], by_app["occurred_at"]) == ("replied", f"wa-{reader.tenant}", later)
    assert (by_app["customer_id"], by_app["channel"], by_app["provider"]) == ("c1", "whatsapp", "meta")
    for told in (phone[1:], "call me", "SM9", "wamid"):
        assert told not in str(by_text) + str(by_app)


def test_banners_come_by_a_token_and_are_gone_when_stopped(reader):
    message = OutboundMessage(
        "m-1", "web", "c1", "Warm evenings", "A throw.", "<p>A throw.</p>", {}, Sender("G", "g@example.com"), None, (),
        "offers",
    )  # fmt: skip
    reader.services.channel("web", reader.tenant).deliver([message])
    token = reader.token("web")
    answer = reader.client.get(f"/feed/api/features/{token}")
    assert answer.json()["features"]["liftline_banner"]["rules"][0]["force"]["headline"] == "Warm evenings"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    reader.client.post(f"/u/{token}", data=ONE_CLICK)
    again = reader.client.get(f"/feed/api/features/{token}")
    assert (again.status_code, again.json()["features"]["liftline_banner"]["rules"]) == (200, [])
    assert reader.client.get("/feed/api/features/forged").status_code == 404


def test_the_console_shows_the_whole_story_of_a_reader_s_wishes(reader, browser):
    reader.client.post(f"/p/{reader.token()}", data={"wish": "choices", "way": ["email"], "weekly": "on"})
    reader.client.post(f"/u/{reader.token()}", data=ONE_CLICK)
    page = browser("operator").get("/customers/c1").text
    for told in (
        "E-mail: nothing may be sent (unsubscribe)",
        "how: preference centre",
        "how: unsubscribe link",
        "weekly digest: on",
        "preferences-en-",
    ):
        assert told in " ".join(page.split()), told
    found = browser("operator").get("/api/v1/customers/c1").json()
    assert found["preferences"][0]["in_force"] is True
    listed = browser("operator").get("/api/v1/suppressions").json()["items"]
    assert [(one["channel"], one["reason"], one["source"]) for one in listed] == [("email", "unsubscribe", "reader")]
