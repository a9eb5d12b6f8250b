"""Notices by file, Slack and e-mail: delivered whole, or not delivered with a sentence that repeats no secret."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_string

import pytest
from pydantic import ValidationError

from pipelines.adapters.notification.email import EmailNotifier, Mailbox
from pipelines.adapters.notification.offline import FileNotifier
from pipelines.adapters.notification.slack import SlackNotifier
from pipelines.safety.ports import NotDelivered, Notice
from pipelines.services import Services
from pipelines.settings import Settings
from tests.doubles.slack_server import slack_server
from tests.doubles.smtp_server import PASSWORD, USER, smtp_server

NOTICE = Notice(
    "acme", "content", "spring & <autumn>", 3, 2, datetime(2026, 11, 21, 8, tzinfo=UTC),
    "https://liftline.example/liftline/review?tenant=acme",
)  # fmt: skip
SENTENCE = "3 decisions wait for a person (content of campaign spring & <autumn>, tenant acme, priority 2), due"


@pytest.fixture
def slack():
    with slack_server() as server:
        yield server


@pytest.fixture
def mail():
    with smtp_server() as server:
        yield server


def mailbox(server, **changes):
    box = Mailbox("127.0.0.1", server.port, "liftline@example.com", ("rita@example.com", "mark@example.com"), False)
    return replace(box, **changes)


def test_a_file_gets_one_line_a_notice(tmp_path):
    told = FileNotifier(tmp_path / "notices")
    told.tell(NOTICE)
    told.tell(replace(NOTICE, waiting=1))
    lines = [json.loads(line) for line in (tmp_path / "notices" / "acme.jsonl").read_text().splitlines()]
    assert [line["waiting"] for line in lines] == [3, 1]
    assert lines[0]["sentence"].startswith(SENTENCE)
    assert lines[1]["sentence"].startswith("1 decision waits")
    assert lines[0]["link"] == NOTICE.link
    assert told.probe().healthy


def test_a_file_that_cannot_be_written_is_not_delivered(tmp_path):
    (tmp_path / "notices").write_text("in the way")
    with pytest.raises(NotDelivered, match="mend LIFTLINE_REPORTS"):
        FileNotifier(tmp_path / "notices").tell(NOTICE)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "acme.jsonl").symlink_to("/dev/full")
    with pytest.raises(NotDelivered, match="No space left"):
        FileNotifier(tmp_path / "full").tell(NOTICE)


def test_slack_gets_the_sentence_and_the_link(slack):
    told = SlackNotifier(slack.url)
    told.tell(NOTICE)
    (message,) = slack.taken
    assert "spring &amp; &lt;autumn&gt;" in message["text"]
    assert f"<{NOTICE.link}|Look at it>" in message["text"]
    assert told.probe().healthy


@pytest.mark.parametrize(
    ("mood", "sentence"),
    [
        ("stall", "did not answer within 0.2 s; it is told again later"),
        ("throttled", "answered 429; it is told again later"),
        ("broken", "answered 500; it is told again later"),
        ("half", "cannot be reached"),
        ("gone", "answered 404; check SLACK_WEBHOOK_URL"),
        ("forbidden", "answered 403; check SLACK_WEBHOOK_URL"),
        ("moved", "answered 302; check SLACK_WEBHOOK_URL"),
    ],
)
def test_what_slack_did_not_take_is_not_delivered(slack, mood, sentence):
    slack.mood = mood
    with pytest.raises(NotDelivered, match=sentence) as raised:
        SlackNotifier(slack.url, timeout_seconds=0.2).tell(NOTICE)
    assert "canary" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert slack.taken == []


def test_a_slack_that_is_away_says_which_setting():
    with slack_server() as server:
        url = server.url
    away = SlackNotifier(url)
    with pytest.raises(NotDelivered, match="cannot be reached .ConnectError.; check SLACK_WEBHOOK_URL") as raised:
        away.tell(NOTICE)
    assert "canary" not in str(raised.value)
    assert not away.probe().healthy
    assert "canary" not in repr(away.probe())
    with pytest.raises(NotDelivered, match="check SLACK_WEBHOOK_URL"):
        SlackNotifier("no address at all").tell(NOTICE)


def test_a_mail_says_what_waits_and_where(mail):
    told = EmailNotifier(mailbox(mail, user=USER, password=PASSWORD))
    told.tell(NOTICE)
    message = message_from_string(mail.taken[0])
    assert message["Subject"] == "Liftline: 3 waiting for a person (priority 2)"
    assert message["To"] == "rita@example.com, mark@example.com"
    assert message.get_payload(decode=True).decode().rstrip().endswith(NOTICE.link)
    assert told.probe().healthy
    assert len(mail.taken) == 1


@pytest.mark.parametrize(
    ("mood", "sentence"),
    [
        ("stall", "does not take mail"),
        ("busy", "does not take mail"),
        ("refusing", "does not take mail"),
        ("dies", "does not take mail"),
        ("full", "does not take mail"),
    ],
)
def test_what_the_mail_server_did_not_take_is_not_delivered(mail, mood, sentence):
    mail.mood = mood
    with pytest.raises(NotDelivered, match=sentence):
        EmailNotifier(mailbox(mail), timeout_seconds=0.3).tell(NOTICE)


def test_a_mail_server_that_does_not_know_us_or_does_not_encrypt_gets_nothing(mail):
    wrong = EmailNotifier(mailbox(mail, user=USER, password="canary-wrong"))
    with pytest.raises(NotDelivered, match="does not let us in; check NOTIFICATION_SMTP_USER") as raised:
        wrong.tell(NOTICE)
    assert "canary" not in str(raised.value)
    assert not wrong.probe().healthy
    with pytest.raises(NotDelivered, match="does not take mail"):
        EmailNotifier(mailbox(mail, starttls=True)).tell(NOTICE)
    assert mail.taken == []


def test_one_bad_address_does_not_silence_the_notice(mail, capsys):
    mail.mood = "picky"
    EmailNotifier(mailbox(mail)).tell(NOTICE)
    assert len(mail.taken) == 1
    assert "notice_refused_for_some" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("provider", "needs"),
    [
        ("offline", {}),
        ("slack", {"slack_webhook_url": "http://127.0.0.1:1/x"}),
        (
            "email",
            {
                "notification_smtp_host": "127.0.0.1",
                "notification_email_from": "liftline@example.com",
                "notification_email_to": "rita@example.com, mark@example.com,",
            },
        ),
    ],
)
def test_each_is_chosen_by_the_settings_and_refused_without_what_it_needs(provider, needs):
    settings = Settings(_env_file=None, notification_provider=provider, **needs)
    chosen = Services(settings).notifier
    assert chosen.name == provider
    if isinstance(chosen, EmailNotifier):
        assert chosen.mailbox.recipients == ("rita@example.com", "mark@example.com")
    for missing in needs:
        with pytest.raises(ValidationError, match=f"{missing.upper()} is needed"):
            Settings(_env_file=None, notification_provider=provider, **{k: v for k, v in needs.items() if k != missing})
