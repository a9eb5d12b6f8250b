"""The outbox: whole mails that any mail program reads, each once."""

import email
from email import policy

import pytest

from pipelines.adapters.email.offline import Outbox
from pipelines.delivery.ports import OutboundMessage, Sender
from tests.conftest import NOW


def message(**instead):
    told = {
        "message_id": "m1", "channel": "email", "address": "ann@example.com", "subject": "Grüße, Ann",
        "text": "Liebe Ann", "html": "<p>Liebe Ann</p>", "headers": {"List-Unsubscribe": "<https://x.example/u/m1>"},
        "sender": Sender("Greta", "letters@news.lindhaven.example", "hello@lindhaven.example"), "send_at": None,
        "categories": ("campaign:c1",), "topic": "offers",
    }  # fmt: skip
    return OutboundMessage(**{**told, **instead})


def test_a_mail_is_whole_and_the_same_message_is_one_file(tmp_path):
    outbox = Outbox(tmp_path, lambda: NOW)
    assert [one.outcome for one in outbox.deliver([message()])] == ["accepted"]
    outbox.deliver([message()])
    (path,) = (tmp_path / "new").iterdir()
    mail = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    assert (mail["Subject"], mail["To"], mail["Reply-To"]) == (
        "Grüße, Ann", "ann@example.com", "hello@lindhaven.example",
    )  # fmt: skip
    assert mail["List-Unsubscribe"] == "<https://x.example/u/m1>"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail.get_body(("plain",)).get_content().strip() == "Liebe Ann"
    assert not list((tmp_path / "tmp").iterdir())
    page = (tmp_path / "index.html").read_text()
    assert "Outbox: 1 message<" in page
    assert f"<td>ann@example.com</td><td>{NOW:%Y-%m-%d %H:%M}</td>" in page
    assert "new/m1.eml" in page
    assert "Grüße, Ann" in page
    assert mail["Date"].datetime == NOW


@pytest.mark.parametrize("address", ["no address", "ann@exa mple.com", "a@b@c", "", "a@[1.2"])
def test_what_makes_no_mail_is_rejected_and_the_others_are_not(tmp_path, address):
    bad, good = message(address=address), message(message_id="m2")
    receipts = Outbox(tmp_path, lambda: NOW).deliver([bad, good])
    assert [(one.message_id, one.outcome) for one in receipts] == [("m1", "rejected"), ("m2", "accepted")]
    assert not address or address not in receipts[0].reason


def test_a_header_cannot_be_smuggled_in_by_a_name(tmp_path):
    (receipt,) = Outbox(tmp_path, lambda: NOW).deliver([message(subject="Hi\r\nBcc: all@example.com")])
    assert receipt.outcome == "rejected"
    assert not list((tmp_path / "new").glob("*"))


def test_an_outbox_that_takes_nothing_has_surely_accepted_nothing(tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "cur").mkdir()
    (tmp_path / "tmp").write_text("in the way")
    receipts = Outbox(tmp_path, lambda: NOW).deliver([message()])
    assert [one.outcome for one in receipts] == ["retry"]


def test_a_page_that_cannot_be_written_takes_no_receipt_along(tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "moved-away.eml").symlink_to(tmp_path / "cur" / "moved-away.eml")
    outbox = Outbox(tmp_path, lambda: NOW)
    assert outbox.deliver([message()])[0].outcome == "accepted"
    assert "new/m1.eml" in (tmp_path / "index.html").read_text()
    (tmp_path / "index.html").unlink()
    (tmp_path / "index.html").mkdir()
    assert outbox.deliver([message(message_id="m2")])[0].outcome == "accepted"
