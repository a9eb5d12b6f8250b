"""SendGrid by its real package over real HTTP: what every kind of answer means, and what a request holds."""

import json
import socket

import polars as pl
import pytest

from pipelines.adapters.email.sendgrid import Account, SendGrid
from pipelines.delivery.mailing import Mailing, Place, messages_of
from pipelines.delivery.ports import Sender
from tests.doubles.sendgrid_server import KEY, sendgrid_server

NASTY = ('Ann "A" \\ <b>&\u2028\n{t0}', "Zoë 😀", "{{t0}}", "</script>")


@pytest.fixture
def vendor():
    with sendgrid_server() as server:
        yield server


def ask(vendor, **more):
    return SendGrid(Account(KEY, vendor.url, timeout_seconds=0.5, **more))


def made(people=3, names=None, addresses=None):
    names = list(names or [f"Ann{n}" for n in range(people)])
    frame = pl.DataFrame({
        "message_id": [f"m{n}" for n in range(len(names))],
        "address": list(addresses or [f"a{n}@example.com" for n in range(len(names))]),
        "unsubscribe": [f"https://x.example/u/m{n}" for n in range(len(names))],
        "t0": names, "h1": [name.replace("<", "&lt;") for name in names],
    })  # fmt: skip
    return Mailing(
        "email", ("Hi ", Place("t0")), ("Dear ", Place("t0"), "!"), ("<p>Dear ", Place("h1"), "</p>"), frame,
        Sender("Greta", "letters@example.com", "hello@example.com"),
        {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}, ("campaign:c1",), "offers",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("mood", "outcome", "code", "delivered"),
    [
        ("well", "accepted", "accepted", 1),
        ("lost", "unknown", "connection", 1),
        ("broken", "unknown", "http_500", 1),
        ("down", "unknown", "http_500", 0),
        ("stall", "unknown", "timeout", 1),
        ("reset", "unknown", "connection", 0),
        ("garbage", "unknown", "connection", 1),
        ("odd", "unknown", "odd_answer", 1),
        ("full", "retry", "throttled", 0),
        ("limited", "retry", "throttled", 0),
        ("locked", "retry", "not_allowed", 0),
        ("nowhere", "retry", "http_404", 0),
        ("moved", "retry", "http_302", 0),
    ],
)
def test_only_what_was_surely_not_accepted_may_be_asked_for_again(vendor, mood, outcome, code, delivered):
    for deliver in (lambda: ask(vendor).deliver_mailing(made()), lambda: ask(vendor).deliver(messages_of(made(1)))):
        vendor.moods, vendor.deliveries = [mood], vendor.deliveries.__class__()
        receipts = deliver()
        assert {(one.outcome, one.code) for one in receipts} == {(outcome, code)}
        assert set(vendor.deliveries.values()) == ({1} if delivered else set())
        assert KEY not in receipts[0].reason
        assert not vendor.strayed


def test_a_refused_connection_has_accepted_nothing():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    receipts = SendGrid(Account(KEY, f"http://127.0.0.1:{port}")).deliver_mailing(made())
    assert [(one.outcome, one.code) for one in receipts] == [("retry", "unreachable")] * 3


def test_the_wait_that_is_asked_for_is_told(vendor):
    vendor.moods, vendor.wait = ["full", "limited"], 40
    assert ask(vendor).deliver_mailing(made())[0].retry_after == 40
    assert 38 <= ask(vendor).deliver_mailing(made())[0].retry_after <= 41


def test_what_is_at_fault_is_refused_by_name_and_the_others_get_theirs_once(vendor):
    receipts = ask(vendor).deliver_mailing(made(addresses=["a@example.com", "not an address", "c@example.com"]))
    told = {one.message_id: (one.outcome, one.reason) for one in receipts}
    assert told["m1"] == ("rejected", "Does not contain a valid address.")
    assert told["m0"][0] == told["m2"][0] == "accepted"
    assert vendor.deliveries == {"m0": 1, "m2": 1}


def test_an_address_in_its_words_is_not_kept(vendor):
    receipts = ask(vendor).deliver_mailing(made(addresses=["a@example.com", "a@example.com", "c@example.com"]))
    assert [one.outcome for one in receipts] == ["rejected", "accepted", "accepted"]
    assert receipts[0].reason == "Each email address should be unique; we found [[e-mail]] twice."


def test_who_is_named_later_is_refused_later_and_nobody_with_them(vendor):
    vendor.moods = ["picky"] * 3
    addresses = ["a@example.com", "wrong", "c@example.com", "wrong too", "e@example.com"]
    receipts = ask(vendor).deliver_mailing(made(5, addresses=addresses))
    assert {one.message_id: one.outcome for one in receipts} == {
        "m0": "accepted", "m1": "rejected", "m2": "accepted", "m3": "rejected", "m4": "accepted",
    }  # fmt: skip


def test_no_personal_value_breaks_out_of_its_place(vendor):
    ask(vendor).deliver_mailing(made(names=NASTY))
    assert [mail["text/plain"] for mail in vendor.mails[1:]] == ["Dear Zoë 😀!", "Dear {{t0}}!", "Dear </script>!"]
    assert vendor.mails[0]["headers"]["List-Unsubscribe"] == "<https://x.example/u/m0>"
    assert json.dumps(vendor.requests[0]["personalizations"][0]["custom_args"]) == '{"liftline_message": "m0"}'
    assert len(vendor.requests) == 1


def test_a_request_by_columns_is_the_same_mail_as_a_message_by_itself(vendor):
    ask(vendor).deliver_mailing(made(2))
    ask(vendor).deliver(messages_of(made(2)))
    first, second = vendor.mails[:2], vendor.mails[2:]
    assert [dict(sorted(mail.items())) for mail in first] == [dict(sorted(mail.items())) for mail in second]


def test_the_sandbox_takes_it_and_sends_nothing(vendor):
    assert {one.code for one in ask(vendor, sandbox=True).deliver_mailing(made())} == {"sandbox"}
    assert not vendor.deliveries
