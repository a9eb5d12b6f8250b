"""Reports: the same facts once, nothing for clients that is not theirs, and to subscribers when it is due."""

import csv
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pypdfium2
import pytest

from pipelines.contracts import Refusal
from pipelines.reporting.document import Column, Report, Section
from pipelines.reporting.folder import write
from pipelines.reporting.run import build, campaign_report, deliver, reports, subscribe, subscriptions, unsubscribe
from tests import commanding
from tests.reporting.conftest import MINE, OTHER

KINDS = {"executive", "deliverability", "safety", "learning"}


def words_of(path):
    return " ".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(path))


def test_the_same_facts_are_written_once(newsroom):
    first = build(newsroom, MINE, "2026-11", by="ada")
    assert {one.kind for one in first} == KINDS
    assert all(one.new for one in first)
    again = build(newsroom, MINE, "2026-11", by="ada")
    assert [one.content_hash for one in again] == [one.content_hash for one in first]
    assert not any(one.new for one in again)
    folder = next(one.folder for one in first if one.kind == "executive")
    assert "revenue per marketing touch" in words_of(folder / "report.pdf")
    told = json.loads((folder / "report.json").read_text())
    assert told["content_hash"] == first[0].content_hash
    page = (folder / "index.html").read_text()
    assert page.count("<svg") >= 2
    assert "Spring &amp; warmth" in page
    assert "http" not in page.replace("http://www.w3.org/", "")
    # A file that was lost is written again.
    (folder / "report.json").unlink()
    assert [one.kind for one in build(newsroom, MINE, "2026-11", by="ada") if one.new] == ["executive"]
    assert {row["kind"] for row in reports(newsroom, MINE)} == KINDS


def test_a_client_sees_approved_content_and_no_person_and_no_cost(newsroom):
    house, client = (build(newsroom, MINE, "2026-11", by="ada", for_client=one) for one in (False, True))
    whole, shown = (
        "\n".join(path.read_text() for one in made for path in sorted(one.folder.glob("*.[hjc]*")))
        for made in (house, client)
    )
    for ours in ("cost_usd", "return on cost", "release rate", "mail.example", "Short may work better"):
        assert ours in whole
        assert ours not in shown
    assert "A friendly hello for champions" in shown
    # Blocked by the screen, or stopped before it.
    for text in ("A direct hello", "A urgent hello"):
        assert text not in whole
    assert "@" not in shown.replace("@page", "").replace("@bottom-right", "").replace("@media", "")
    assert "Friendly works better" in shown


def test_a_cell_that_a_spreadsheet_would_run_is_quoted(tmp_path):
    section = Section("list", "List", columns=[Column("name", "Name")], rows=[{"name": "=1+1"}, {"name": "plain"}])
    folder = write(tmp_path, Report("safety", "Title", MINE, "Acme", "2026-11", False, [section]))
    assert list(csv.reader((folder / "list.csv").open())) == [["name"], ["'=1+1"], ["plain"]]


def test_subscribers_get_what_is_due_once(newsroom, tmp_path):
    day = lambda: datetime(2026, 12, 2, 6, 0, tzinfo=UTC)  # noqa: E731
    room = replace(newsroom, clock=day)
    mailed = subscribe(
        room, MINE, "executive", every="month", way="email", target="mia@example.com", by="ada", for_client=True
    )
    subscribe(
        room, MINE, "safety", every="day", way="folder", target=str(tmp_path / "drop"), by="ada", for_client=False
    )
    assert deliver(room, [MINE, OTHER], by="ada") == {"delivered": 2, "waiting": 0}
    assert deliver(room, [MINE, OTHER], by="ada") == {"delivered": 0, "waiting": 0}
    (mail,) = (newsroom.state.parent / "outbox").glob("*.eml")
    message = message_from_bytes(mail.read_bytes(), policy=default)
    assert (message["To"], message["Subject"]) == ("mia@example.com", "Executive report, 2026-11")
    (attached,) = message.iter_attachments()
    assert attached.get_content().startswith(b"%PDF")
    assert [path.name for path in (tmp_path / "drop").iterdir()] == ["safety-and-compliance-2026-12.pdf"]
    next_month = replace(room, clock=lambda: datetime(2027, 1, 1, 6, 0, tzinfo=UTC))
    unsubscribe(room, MINE, mailed)
    assert deliver(next_month, [MINE], by="ada") == {"delivered": 1, "waiting": 0}
    assert [row["last_period"] for row in subscriptions(room, MINE)] == ["2026-12-31"]
    with pytest.raises(Refusal, match="no open subscription"):
        unsubscribe(room, MINE, mailed)


def test_a_subscription_ends_as_its_command_says(services, monkeypatch):
    ended, home = [], {"LIFTLINE_HOME": services.settings.liftline_home}
    monkeypatch.setattr("pipelines.reporting.run.subscribe", lambda *_, **__: "sub-1")
    monkeypatch.setattr("pipelines.reporting.run.unsubscribe", lambda _, *told: ended.append(told))
    asked = ("--kind", "executive", "--to", "mia@example.com", "--tenant", MINE)
    said = commanding.liftline("reporting", "subscribe", *asked, **home).stdout
    assert commanding.liftline(*re.search("`liftline (.+)`", said)[1].split(), **home).returncode == 0
    assert ended == [(MINE, "sub-1")]


def test_what_is_not_taken_waits_and_hinders_nobody(newsroom, tmp_path):
    room = replace(newsroom, clock=lambda: datetime(2026, 12, 2, 6, 0, tzinfo=UTC))
    (tmp_path / "file").write_text("no folder")
    wrong, right = tmp_path / "file" / "drop", tmp_path / "drop"
    made = [
        subscribe(room, OTHER, "safety", every="month", way="folder", target=str(one), by="ada", for_client=False)
        for one in (wrong, right)
    ]
    with pytest.raises(Refusal, match="1 reports were not delivered"):
        deliver(room, [OTHER], by="ada")
    assert len(list(right.iterdir())) == 1
    got = {row["target"]: row["last_period"] for row in subscriptions(room, OTHER)}
    assert got == {str(wrong): None, str(right): "2026-11"}
    for one in made:
        unsubscribe(room, OTHER, one)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda room: build(room, MINE, "November", by="x"), "November is no month"),
        (lambda room: build(room, "nobody", "2026-11", by="x"), "There is no tenant nobody"),
        (lambda room: campaign_report(room, MINE, "spring", by="x"), "no campaign spring; check the id"),
        (
            lambda room: subscribe(
                room, MINE, "safety", every="day", way="email", target="mia", by="x", for_client=False
            ),
            "mia is no e-mail address",
        ),
    ],
)
def test_a_refusal_says_what_to_mend(newsroom, ask, sentence):
    with pytest.raises(Refusal, match=sentence):
        ask(newsroom)


def test_months_before_the_first_are_empty_and_say_so(newsroom):
    made = build(newsroom, OTHER, "2025-01", by="ada", kinds=["executive"])
    assert "Nothing was sent or written in this month." in (made[0].folder / "index.html").read_text()
