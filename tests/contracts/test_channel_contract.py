"""What delivery may rely on whoever carries a message: offline twins, and vendors over real HTTP with faults."""

from __future__ import annotations

import base64
import csv
import errno
import functools
import hmac
import json
import os
import re
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipelines.adapters.linkedin import linkedin_channel
from pipelines.adapters.push import firebase, push_outbox
from pipelines.adapters.push.fcm import Firebase
from pipelines.adapters.push.google_sign_in import SignIn, read_service_account
from pipelines.adapters.sms import sms_channel
from pipelines.adapters.sms import twilio as twilio_adapter
from pipelines.adapters.web import web_channel
from pipelines.adapters.whatsapp import meta as meta_adapter
from pipelines.adapters.whatsapp import whatsapp_channel
from pipelines.contracts import Refusal
from pipelines.delivery.ports import Channel, OutboundMessage, Sender
from pipelines.settings import PROJECT
from tests.doubles.channel_servers import (
    GONE_TOKEN,
    KEY,
    PHONE_NUMBER_ID,
    SID,
    STOPPED_NUMBER,
    VENDOR_DOUBLES,
    ChannelServer,
    channel_server,
    service_account,
)
from tests.doubles.content_safety_moods import broken, ending, exactly, html, moved, said, throttled

# Long enough for a busy machine, and short where a time-out is what is waited for.
PATIENT, QUICK = 20.0, 0.5
OFFLINE = ("sms-offline", "whatsapp-offline", "push-offline", "web", "linkedin")
VENDORS = ("twilio", "meta", "fcm")
ADDRESSES = {"twilio": "+493012345678", "meta": "+493012345678", "fcm": "device:abc-1", "sms-offline": "+493012345678",
             "whatsapp-offline": "+493012345678", "push-offline": "device:abc-1", "web": "cust_1",
             "linkedin": "https://www.linkedin.example/in/ines"}  # fmt: skip


@dataclass
class Seat:
    """A channel under test, with an address that it reaches and, for a vendor, the server behind it."""

    channel: Channel
    address: str
    folder: Path
    server: ChannelServer | None = None
    hurried: Channel | None = None

    def message(self, number: int = 1, **instead: Any) -> OutboundMessage:
        plain = OutboundMessage(
            message_id=f"m-{number}", channel="any", address=self.address, subject="Warm evenings",
            text="A throw for two.\n\nSee it: https://www.lindhaven.example/t", html="<p>A throw for two.</p>",
            headers={"link": "https://www.lindhaven.example/t"}, sender=Sender("Greta", "greta@example.com"),
            send_at=None, categories=(), topic="offers",
        )  # fmt: skip
        return replace(plain, **instead)

    def one(self, **instead: Any) -> Any:
        (receipt,) = self.channel.deliver([self.message(**instead)])
        return receipt


def vendor(
    name: str, folder: Path, url: str, credentials: Path | None = None, key: str = KEY, seconds: float = PATIENT
) -> Channel:
    if name == "twilio":
        return sms_channel("twilio", folder=folder, account=twilio_adapter.Account(
            SID, key, "+493099999999", url, timeout_seconds=seconds))  # fmt: skip
    if name == "meta":
        return whatsapp_channel("meta", folder=folder, account=meta_adapter.Account(
            PHONE_NUMBER_ID, key, "lindhaven_news", base_url=url, timeout_seconds=seconds))  # fmt: skip
    assert credentials
    return Firebase(read_service_account(credentials), url, timeout_seconds=seconds)


def offline(name: str, folder: Path) -> Channel:
    makers: dict[str, Callable[[], Channel]] = {
        "sms-offline": lambda: sms_channel("offline", folder=folder),
        "whatsapp-offline": lambda: whatsapp_channel("offline", folder=folder),
        "push-offline": lambda: push_outbox(folder),
        "web": lambda: web_channel(folder=folder, key=b"k" * 32),
        "linkedin": lambda: linkedin_channel(folder=folder),
    }
    return makers[name]()


def taken_at(server: ChannelServer, name: str, folder: Path) -> Seat:
    """A seat with a vendor behind it."""
    credentials = service_account(folder, server) if name == "fcm" else None
    patient, hurried = (vendor(name, folder, server.url, credentials, seconds=wait) for wait in (PATIENT, QUICK))
    if name == "fcm":
        # The server knows its newest token only.
        hurried._sign_in = patient._sign_in
    return Seat(patient, ADDRESSES[name], folder / "out", server, hurried)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Seat]]:
    """One server a vendor, and one client: to make them takes longer than to ask them."""
    with ExitStack() as stack:

        @functools.cache
        def seat_of(name: str) -> Seat:
            return taken_at(stack.enter_context(channel_server(name)), name, tmp_path_factory.mktemp(name))

        yield seat_of


@pytest.fixture
def seat(request: pytest.FixtureRequest, kept: Callable[[str], Seat], tmp_path: Path) -> Seat:
    if request.param in OFFLINE:
        return Seat(offline(request.param, tmp_path / "out"), ADDRESSES[request.param], tmp_path / "out")
    found = kept(request.param)
    assert found.server
    for what in (found.server.received, found.server.taken, found.server.moods):
        what.clear()
    return found


@pytest.fixture
def unknown_at_google(tmp_path: Path) -> Iterator[Seat]:
    """One that has not signed in yet."""
    with channel_server("fcm") as server:
        yield taken_at(server, "fcm", tmp_path)


everyone = pytest.mark.parametrize("seat", OFFLINE + VENDORS, indirect=True)
vendors = pytest.mark.parametrize("seat", VENDORS, indirect=True)


@everyone
def test_a_batch_gets_a_receipt_each_in_its_order(seat):
    batch = [seat.message(number) for number in range(25)]
    receipts = seat.channel.deliver(batch)
    assert [one.message_id for one in receipts] == [one.message_id for one in batch]
    assert {one.outcome for one in receipts} == {"accepted"}
    assert all(one.provider_id for one in receipts)
    assert seat.channel.deliver([]) == []
    if seat.server:
        assert len(seat.server.taken) == 25
        assert len({one.provider_id for one in receipts}) == 25


@everyone
@pytest.mark.parametrize(
    ("instead", "code"),
    [({"text": " "}, "empty"), ({"address": ""}, "bad_address"), ({"text": "x" * 30_000}, "too_long")],
)
def test_what_the_rules_forbid_is_rejected_alone(seat, instead, code):
    good, bad = seat.message(1), seat.message(2, **instead)
    first, second, third = seat.channel.deliver([good, bad, seat.message(3)])
    assert (first.outcome, second.outcome, second.code, third.outcome) == ("accepted", "rejected", code, "accepted")
    assert second.reason.endswith(".")
    if seat.server:
        assert len(seat.server.taken) == 2


FAULTS = [
    (throttled("7"), "retry", "throttled", False),
    (throttled(), "retry", "throttled", False),
    (broken(500), "unknown", "http_500", False),
    (broken(503), "unknown", "http_503", False),
    (ending("stall"), "unknown", "no_answer", True),
    (ending("gone"), "unknown", "no_answer", True),
    (ending("half"), "unknown", "no_answer", True),
    (ending("drip"), "unknown", "no_answer", True),
    (html(), "unknown", "unreadable", False),
    (exactly(b'{"sid":'), "unknown", "unreadable", False),
    (exactly(b"[]"), "unknown", "unreadable", False),
    (exactly(b"{}"), "unknown", "unreadable", False),
    (exactly(b"[" * 100_000), "unknown", "unreadable", False),
    (exactly(b'{"code": 1e999}', status=400), "rejected", "http_400", False),
    (throttled("Fri, 20 Nov 2026 12:00:09 +99999999999999999999"), "retry", "throttled", False),
    (moved("https://elsewhere.example/"), "retry", "http_307", False),
    (exactly(b"<h1>Blocked</h1>", status=403), "retry", "http_403", False),
    (exactly(b"No such page", status=404), "retry", "http_404", False),
    (exactly(b"Bad request", status=400), "rejected", "http_400", False),
    (exactly(b"{}", status=401), "retry", "not_let_in", False),
]


@vendors
@pytest.mark.parametrize(("mood", "outcome", "code", "taken"), FAULTS)
def test_every_fault_has_its_outcome_and_nothing_is_asked_twice(seat, mood, outcome, code, taken):
    seat.server.next(mood)
    (receipt,) = (seat.hurried if code == "no_answer" else seat.channel).deliver([seat.message()])
    asked = [one for one in seat.server.received if one.operation != "/token"]
    assert (receipt.outcome, receipt.code, len(asked)) == (outcome, code, 1)
    assert len(seat.server.taken) == taken
    assert KEY not in repr(receipt)
    if mood is FAULTS[0][0]:
        assert receipt.retry_after == 7
    assert seat.one(number=2).outcome == "accepted"


@vendors
def test_one_fault_is_one_receipt(seat):
    seat.channel.deliver([seat.message(0)])
    seat.server.next(broken(500), throttled())
    outcomes = sorted(one.outcome for one in seat.channel.deliver([seat.message(n) for n in range(1, 9)]))
    assert outcomes == ["accepted"] * 6 + ["retry", "unknown"]


@pytest.mark.parametrize("name", VENDORS)
def test_a_refused_connection_was_surely_not_accepted(name, tmp_path):
    with socket.socket() as unused, channel_server("fcm") as sign_in:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        seat = Seat(vendor(name, tmp_path, url, service_account(tmp_path, sign_in)), ADDRESSES[name], tmp_path)
        assert (seat.one().outcome, seat.one().code) == ("retry", "unreachable")


@pytest.mark.parametrize(("name", "variable"), [("twilio", "TWILIO_AUTH_TOKEN"), ("meta", "WHATSAPP_TOKEN")])
def test_a_wrong_key_names_its_variable_and_loses_nobody(name, variable, tmp_path):
    with channel_server(name) as server:
        receipt = Seat(vendor(name, tmp_path, server.url, key="wrong"), ADDRESSES[name], tmp_path).one()
    assert receipt.outcome == "retry"
    assert variable in receipt.reason


@pytest.mark.parametrize(
    ("seat", "address", "code"),
    [("twilio", STOPPED_NUMBER, "unsubscribed"), ("meta", STOPPED_NUMBER, "unsubscribed"),
     ("fcm", GONE_TOKEN, "unregistered")],
    indirect=["seat"],
)  # fmt: skip
def test_who_is_gone_or_has_stopped_is_said_so(seat, address, code):
    receipt = seat.one(address=address)
    assert (receipt.outcome, receipt.code) == ("rejected", code)


@pytest.mark.parametrize("seat", ["twilio"], indirect=True)
def test_a_full_queue_or_a_wrong_sender_at_twilio_gives_nobody_up(seat):
    for code in (21611, 21606, 20404):
        seat.server.next(lambda *_, code=code: said(400, {"code": code, "message": "No.", "status": 400}))
        assert (seat.one().outcome, seat.server.taken) == ("retry", [])
    seat.server.next(lambda *_: said(400, {"code": 21211, "message": "No number.", "status": 400}))
    assert seat.one().outcome == "rejected"


@pytest.mark.parametrize("seat", ["twilio"], indirect=True)
def test_a_text_of_too_many_segments_is_not_sent_and_others_are_reported_on(seat):
    assert seat.one(text="a" * 1530).outcome == "accepted"
    assert seat.one(text="я" * 671).code == "too_long"
    assert seat.server.taken[0]["From"] == "+493099999999"
    told_back = replace(seat.channel._account, status_url="https://liftline.example/webhooks/twilio/status")
    twilio_adapter.Twilio(told_back).deliver([seat.message(7)])
    assert seat.server.taken[1]["StatusCallback"] == f"{told_back.status_url}?message=m-7"
    priced = twilio_adapter.Twilio(
        twilio_adapter.Account(SID, KEY, "MG1", a_segment_usd=twilio_adapter.Decimal("0.01"))
    )
    assert str(priced.cost_usd(seat.message(text="a" * 161))) == "0.02"


@pytest.mark.parametrize("seat", ["meta", "whatsapp-offline"], indirect=True)
def test_no_advertising_goes_to_american_whatsapp_numbers(seat):
    receipt = seat.one(address="+12025550100")
    assert (receipt.outcome, receipt.code) == ("rejected", "forbidden_number")


@pytest.mark.parametrize("seat", ["meta"], indirect=True)
def test_a_template_outside_the_window_and_the_text_itself_inside(seat):
    seat.one()
    account = meta_adapter.Account(
        PHONE_NUMBER_ID, KEY, "t", base_url=seat.server.url, answered_lately=lambda address: address == seat.address
    )
    meta_adapter.MetaCloud(account).deliver([seat.message(2)])
    outside, inside = seat.server.taken
    assert outside["template"]["components"][0]["parameters"][0]["text"].startswith("A throw for two. See it")
    assert inside["text"]["body"].startswith("A throw for two.\n\nSee")
    assert outside["biz_opaque_callback_data"] == "m-1"
    seat.server.next(lambda *_: said(400, {"error": {"code": 131056, "message": "Pair rate."}}))
    assert seat.one(number=3).outcome == "retry"


def test_one_token_serves_many_and_a_new_one_follows_a_refused_one(unknown_at_google):
    seat = unknown_at_google
    seat.channel.deliver([seat.message(n) for n in range(20)])
    assert seat.server.tokens_given == 1
    assert seat.server.taken[0]["message"]["data"] == {
        "liftline_message": seat.server.taken[0]["message"]["data"]["liftline_message"],
        "link": "https://www.lindhaven.example/t",
    }
    seat.server.next(exactly(b"{}", status=401))
    assert seat.one().outcome == "retry"
    assert seat.one().outcome == "accepted"
    assert seat.server.tokens_given == 2


def test_a_sign_in_that_fails_is_asked_once_for_a_batch_and_soon_again(unknown_at_google):
    seat, now, asked = unknown_at_google, [1_000_000.0], []

    def ask(request):
        asked.append(request)
        raise httpx.ReadTimeout("no answer")

    account = read_service_account(seat.folder.parent / "service-account.json")
    seat.channel._sign_in = SignIn(account, ask, lambda: now[0])
    receipts = seat.channel.deliver([seat.message(n) for n in range(20)])
    assert ({one.outcome for one in receipts}, len(asked)) == ({"retry"}, 1)
    now[0] += 30
    assert (seat.one().outcome, len(asked)) == ("retry", 2)


def test_a_service_account_that_is_none_is_refused_without_repeating_it(tmp_path):
    path = tmp_path / "key.json"
    names = ("project_id", "client_email", "token_uri", "private_key")
    for content in ("not json", "{}", json.dumps(dict.fromkeys(names, "canary"))):
        path.write_text(content)
        with pytest.raises(Refusal, match="PUSH_CREDENTIALS_FILE") as refusal:
            firebase(path, "http://127.0.0.1:1")
        assert "canary" not in str(refusal.value)


@pytest.mark.parametrize("seat", ["sms-offline"], indirect=True)
def test_the_outbox_holds_whole_messages_once(seat):
    seat.one()
    seat.one()
    (file,) = seat.folder.iterdir()
    assert json.loads(file.read_text())["text"] == seat.message().text


@pytest.mark.parametrize("seat", ["web"], indirect=True)
def test_a_feed_is_growthbook_s_shape_signed_and_one_person_s(seat):
    seat.channel.deliver([seat.message(1), seat.message(2, subject="Newest"), seat.message(3, address="cust_2")])
    seat.one(number=2, subject="Newest")
    feed = seat.channel.feed("cust_1")
    assert [one["id"] for one in feed["features"]["liftline_banners"]["defaultValue"]] == ["m-2", "m-1"]
    assert feed["features"]["liftline_banner"]["rules"][0]["force"]["headline"] == "Newest"
    proof = feed["proof"]
    assert json.loads(proof["signed"]) == feed["features"]
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(proof["public_key"]))
    key.verify(base64.b64decode(proof["signature"]), proof["signed"].encode())
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(proof["signature"]), proof["signed"].replace("Newest", "Forged").encode())
    assert seat.channel.feed("stranger")["features"]["liftline_banner"]["rules"] == []


@pytest.mark.parametrize("seat", ["linkedin"], indirect=True)
def test_tasks_are_safe_to_open_in_a_spreadsheet_and_never_overwritten(seat):
    batch = [seat.message(1, text="=HYPERLINK(1)"), seat.message(2, text="😀" * 151)]
    first, second = seat.channel.deliver(batch)
    assert (first.outcome, second.code) == ("accepted", "too_long")
    (file,) = seat.folder.iterdir()
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(file.open(encoding="utf-8-sig", newline=""))
    assert row["note"] == "'=HYPERLINK(1)"
    file.write_text("begun by hand")
    seat.channel.deliver(batch)
    assert file.read_text() == "begun by hand"


@pytest.mark.parametrize("seat", OFFLINE, indirect=True)
def test_a_folder_that_cannot_be_written_is_no_loss(seat):
    seat.folder.write_text("a file where the folder should be")
    receipt = seat.one()
    assert (receipt.outcome, receipt.code) == ("retry", "disk")


@pytest.mark.parametrize("seat", OFFLINE, indirect=True)
def test_what_is_accepted_has_a_name_on_the_disk_too(seat, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_ino))
    assert seat.one().outcome == "accepted"
    last = {inode: place for place, inode in enumerate(synced)}
    for path in (one for one in seat.folder.rglob("*") if one.is_file() and one.name != "lock"):
        assert last[path.stat().st_ino] < last[path.parent.stat().st_ino]
    made = [seat.folder, *(one for one in seat.folder.rglob("*") if one.is_dir())]
    assert {one.parent.stat().st_ino for one in made} <= set(synced)

    def failing(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", failing)
    receipts = seat.channel.deliver([seat.message(2), seat.message(3, text="x" * 100_000)])
    assert [(one.outcome, one.code) for one in receipts] == [("retry", "disk"), ("rejected", "too_long")]


def test_a_post_of_twilio_s_is_known_by_its_signature():
    # Reckoned by hand from Twilio's description: HMAC-SHA1 by the token over the address and the sorted form.
    form = [("From", "+4930123"), ("Body", "STOP"), ("To", "+4930999")]
    url = "https://liftline.example/webhooks/twilio"
    said_by_twilio = f"{url}BodySTOPFrom+4930123To+4930999"
    signature = base64.b64encode(hmac.digest(b"token", said_by_twilio.encode(), "sha1")).decode()
    assert twilio_adapter.signed_by_twilio("token", url, form, signature)
    for other in (
        ("other", url, form, signature),
        ("token", url + "?", form, signature),
        ("token", url, form[:2], signature),
        ("token", url, form, ""),
        ("token", url, form, "é"),
    ):
        assert not twilio_adapter.signed_by_twilio(*other)


def test_the_page_about_adding_a_channel_teaches_one_that_works(tmp_path, monkeypatch):
    page = (PROJECT / "docs" / "how-to" / "channel.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    taught: dict[str, Any] = {}
    exec(block, taught)
    monkeypatch.setitem(VENDOR_DOUBLES, "printer", lambda *_: said(201, {"card_id": "card-1"}))
    with channel_server("printer") as server:
        seat = Seat(taught["Postcards"](server.url, KEY), "Kanalufer 14, Hamburg", tmp_path, server)
        assert (seat.one().outcome, seat.one().provider_id) == ("accepted", "card-1")
        assert server.taken[0]["reference"] == "m-1"
        server.next(throttled("3"), broken(502), exactly(b'{"code": "no_such_street"}', status=422), exactly(b"{}"))
        said_of = [seat.one() for _ in range(4)]
        assert [one.outcome for one in said_of] == ["retry", "unknown", "rejected", "unknown"]
        assert (said_of[0].retry_after, said_of[2].code) == (3, "no_such_street")
        assert seat.one(address="").code == "bad_address"
