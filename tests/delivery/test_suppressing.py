"""Both lists of people who are sent nothing more hold what either held, whatever breaks in between."""

import json

import pytest
from typer.testing import CliRunner

from pipelines.adapters.email.sendgrid import Account
from pipelines.adapters.email.sendgrid_suppressions import SendGridSuppressions
from pipelines.adapters.patience import Patience
from pipelines.cli import app
from pipelines.commands import opening
from pipelines.contracts import Refusal
from pipelines.delivery.run import Synced, sync_suppressions
from tests.doubles.sendgrid_server import KEY, sendgrid_server


@pytest.fixture
def vendor():
    with sendgrid_server() as server:
        yield server


@pytest.fixture
def sync(readers, vendor):
    def run():
        account = Account(KEY, vendor.url, timeout_seconds=0.3)
        kept = SendGridSuppressions(account, Patience(sleep=lambda _: None, tries=2, first_seconds=0))
        return sync_suppressions(readers.database, kept, readers.tenant, by="mo")

    return run


def listed(vendor):
    return {one["email"] for one in vendor.lists["unsubscribes"]}


def test_what_either_knows_both_know_and_again_nothing_changes(readers, vendor, sync):
    for customer in ("c1", "c2", "c3", "c4"):
        readers.person(customer)
    readers.suppress("c1@example.com", "complaint")
    vendor.lists["bounces"] = [{"email": "C2@example.com", "created": 1_795_000_000}]
    vendor.lists["spam_reports"] = [{"email": "stranger@example.com", "created": 1_795_000_000}]
    vendor.lists["unsubscribes"] = [{"email": "c3@example.com", "created": 1_795_000_000}]
    assert sync() == Synced(listed=3, taken=2, told=1)
    assert readers.may("c2") != readers.may("c4")
    rows = readers.rows("SELECT reason, source FROM suppressions WHERE source = 'list of sendgrid' ORDER BY reason")
    assert [row["reason"] for row in rows] == ["hard_bounce", "unsubscribe"]
    assert listed(vendor) == {"c1@example.com", "c3@example.com"}
    before = readers.counts()
    assert sync() == Synced(listed=4, taken=0, told=0), "c1 complained; that it is listed there now is our own doing"
    assert readers.counts() == before
    told = json.dumps(readers.rows("SELECT reason, thresholds FROM audit_log WHERE action = 'delivery.suppress'"))
    assert "@" not in told


@pytest.mark.parametrize("moods", [["half"] * 2, ["well", "stall", "stall"]])
def test_a_list_that_cannot_be_read_whole_changes_nothing(readers, vendor, sync, moods):
    readers.person("c1")
    vendor.lists["bounces"] = [{"email": "c1@example.com", "created": 1_795_000_000}]
    vendor.moods = moods
    before = readers.counts()
    with pytest.raises(Refusal, match="nothing was kept"):
        sync()
    assert readers.counts() == before


def test_what_was_taken_stays_where_telling_fails_and_the_next_run_tells(readers, vendor, sync):
    for customer in ("c1", "c2"):
        readers.person(customer)
    readers.suppress("c1@example.com", "complaint")
    vendor.lists["bounces"] = [{"email": "c2@example.com", "created": 1_795_000_000}]
    vendor.moods = ["well"] * 4 + ["down"] * 2
    with pytest.raises(Refusal):
        sync()
    assert len(readers.rows("SELECT 1 FROM suppressions")) == 2
    assert listed(vendor) == set()
    assert sync() == Synced(listed=1, taken=0, told=1)


def test_the_outbox_has_no_list(readers, services, monkeypatch):
    monkeypatch.setattr(opening, "open_services", lambda: services)
    done = CliRunner().invoke(app, ["delivery", "sync-suppressions", "--tenant", readers.tenant])
    assert "set EMAIL_PROVIDER to sendgrid" in str(done.exception)
