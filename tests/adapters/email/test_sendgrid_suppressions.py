"""SendGrid's lists by its real package over real HTTP: whole pages, and what each fault means."""

from datetime import UTC, datetime

import pytest

from pipelines.adapters.email.sendgrid import Account
from pipelines.adapters.email.sendgrid_suppressions import PAGE, SendGridSuppressions
from pipelines.adapters.patience import Patience
from pipelines.contracts import Refusal
from tests.doubles.sendgrid_server import KEY, LISTS, sendgrid_server


@pytest.fixture
def vendor():
    with sendgrid_server() as server:
        yield server


def ask(vendor, slept=None, key=KEY):
    slept = [] if slept is None else slept
    patience = Patience(sleep=slept.append, tries=3, first_seconds=0, chance=lambda: 0)
    return SendGridSuppressions(Account(key, vendor.url, timeout_seconds=0.3), patience)


def held(*addresses):
    return [{"email": address, "created": 1_795_000_000} for address in addresses]


def test_every_list_is_read_to_its_end(vendor):
    vendor.lists["bounces"] = held(*(f"b{number}@example.com" for number in range(PAGE + 1)))
    vendor.lists["invalid_emails"] = held("bad@example.com")
    vendor.lists["spam_reports"] = held("Cross@Example.com")
    vendor.lists["unsubscribes"] = held(*(f"u{number}@example.com" for number in range(PAGE)))
    found = list(ask(vendor).listed())
    assert len(found) == len({one.address for one in found}) == 2 * PAGE + 3
    reasons = {one.address: one.reason for one in found}
    assert reasons["b500@example.com"] == reasons["bad@example.com"] == "hard_bounce"
    assert (reasons["cross@example.com"], reasons["u499@example.com"]) == ("complaint", "unsubscribe")
    assert found[0].since == datetime.fromtimestamp(1_795_000_000, UTC)
    assert vendor.pages == [
        ("bounces", 0), ("bounces", PAGE), ("invalid_emails", 0), ("spam_reports", 0), ("unsubscribes", 0),
        ("unsubscribes", PAGE),
    ]  # fmt: skip


@pytest.mark.parametrize("mood", ["down", "full", "limited", "stall", "garbage", "half", "cut", "strange"])
def test_a_page_that_fails_is_asked_for_again_and_then_refused(vendor, mood):
    vendor.lists["bounces"] = held("a@example.com", "b@example.com")
    vendor.moods, slept = [mood, mood, "well"], []
    assert [one.address for one in ask(vendor, slept).listed()] == ["a@example.com", "b@example.com"]
    assert len(slept) == 2
    if mood == "full":
        assert slept == [1, 1]
    vendor.moods = [mood] * 3
    with pytest.raises(Refusal, match=r"SendGrid .* when asked for its bounces, 3 times; nothing was kept"):
        list(ask(vendor).listed())


def test_a_key_without_the_right_is_told_at_once(vendor):
    with pytest.raises(Refusal, match="the right to suppressions"):
        list(ask(vendor, key="SG.other").listed())
    assert len(vendor.pages) == 1


def test_a_redirect_is_refused_and_takes_the_key_nowhere(vendor):
    vendor.moods = ["moved"]
    with pytest.raises(Refusal, match="302"):
        list(ask(vendor).listed())
    assert not vendor.strayed


@pytest.mark.parametrize("mood", ["down", "full", "stall"])
def test_whoever_is_added_stands_on_the_global_list_once(vendor, mood):
    addresses = [f"u{number}@example.com" for number in range(1001)]
    vendor.moods = [mood, "well", mood]
    ask(vendor).add(addresses)
    ask(vendor).add(addresses[:2])
    assert [one["email"] for one in vendor.lists["unsubscribes"]] == addresses
    vendor.moods = [mood] * 3
    with pytest.raises(Refusal, match="global suppressions, 3 times"):
        ask(vendor).add(["more@example.com"])
    assert set(vendor.lists) == set(LISTS)
