"""How fast, and at what hour: limits of mailboxes, a new sender's first days, and the reader's own clock."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.contracts import Refusal
from pipelines.delivery.pacing import room_of_sender, wait_until, within_domains
from pipelines.delivery.policy import SenderPolicy, read_delivery_policy
from pipelines.tenants.run import create_tenant
from tests.delivery.sending.conftest import NOW, POLICIES, Launch

POLICY = read_delivery_policy(POLICIES)


def test_a_new_sender_sends_more_each_day_and_then_as_much_as_others():
    sender = SenderPolicy(address="a@example.com", since=NOW.date())
    assert room_of_sender(POLICY, sender, NOW, 0) == POLICY.warm_up_a_day[0]
    assert room_of_sender(POLICY, sender, NOW, 10**6) == 0
    assert room_of_sender(POLICY, sender, NOW + timedelta(days=1), 100) == POLICY.warm_up_a_day[1] - 100
    assert room_of_sender(POLICY, sender, NOW + timedelta(days=len(POLICY.warm_up_a_day)), 10**6) is None
    assert room_of_sender(POLICY, sender, NOW - timedelta(days=1), 0) == 0
    assert room_of_sender(POLICY, SenderPolicy(address="a@example.com"), NOW, 10**6) is None


def test_a_mailbox_provider_gets_no_more_than_it_takes():
    due = [{"customer_id": str(n), "domain": "big.example" if n % 2 else "other.example"} for n in range(6)]
    kept = within_domains(due, {"big.example": 5}, {"big.example": 4})
    assert [row["customer_id"] for row in kept] == ["0", "1", "2", "4"]


@pytest.mark.parametrize(
    ("failures", "asked", "seconds"),
    [
        (1, None, 1), (4, None, 8), (30, None, 300), (10**6, None, 300), (1, 42.0, 42), (9, -5.0, 0),
        (1, 1767225600.0, 3600), (4, float("inf"), 8), (4, float("nan"), 8),
    ],
)  # fmt: skip
def test_a_provider_is_asked_again_when_it_says_or_ever_later(failures, asked, seconds):
    assert wait_until(NOW, failures, asked) == NOW + timedelta(seconds=seconds)


def test_a_new_sender_stops_for_the_day_and_goes_on_the_next(scene):
    scene.launch(people=3)
    sender = SenderPolicy(address="new@example.com", since=date(2026, 11, 20))
    # Under its own name: what other tests sent counts for whoever shares a sender.
    scene.deliver_by(senders={**scene.delivery.senders, scene.tenant: sender}, warm_up_a_day=(2, 10))
    assert (scene.go().accepted, scene.go().stopped) == (2, "warming_up")
    scene.now += timedelta(days=1)
    assert scene.go().accepted == 3


def test_tenants_that_share_a_new_sender_warm_it_up_together(scene, database, tenant):
    other = Launch(database, create_tenant(database, f"{tenant}-beside").tenant_id)
    new = {
        whose: SenderPolicy(address=f"{whose}@news.example.com", since=NOW.date()) for whose in (tenant, other.tenant)
    }
    for one in (scene, other):
        one.deliver_by(senders={**scene.delivery.senders, **new}, warm_up_a_day=(4, 10))
        one.launch()
    assert scene.go().accepted == 3
    told = other.go()
    assert (told.accepted, told.waiting, told.stopped) == (1, 2, "warming_up")
    apart = {**new, other.tenant: SenderPolicy(address="b@example.org", since=NOW.date())}
    other.deliver_by(senders={**scene.delivery.senders, **apart})
    assert other.go().accepted == 3


def test_who_is_not_named_shares_the_sender_that_is_everybody_s():
    named = {"a": SenderPolicy(address="a@News.example.com"), "b": SenderPolicy(address="b@example.org")}
    policy = POLICY.model_copy(update={"senders": {"default": SenderPolicy(address="c@news.example.com"), **named}})
    assert policy.sharing("a") == policy.sharing("nobody named") == (None, ["b"])
    assert policy.sharing("b") == (["b"], [])


def test_a_limited_domain_waits_for_the_next_hour(launch):
    launch.deliver_by(domains_an_hour={"example.com": 2})
    told = launch.go()
    assert (told.accepted, told.waiting) == (2, 1)
    launch.now += timedelta(hours=1, minutes=1)
    assert launch.go().accepted == 3


def test_each_reader_gets_it_at_the_hour_of_their_own_clock(scene):
    when = POLICY.send_time.model_copy(update={"at": "preferred_hour", "unknown_hour": 9})
    scene.deliver_by(send_time=when)
    scene.person("tokyo", time_zone="Asia/Tokyo", email="t@example.com")
    scene.person("berlin", time_zone="Europe/Berlin", email="b@example.com")
    scene.person("nowhere", time_zone=None, email="n@example.com")
    scene.launch(people=0)
    scene.rows("UPDATE profiles SET preferred_hour = 20 WHERE customer_id = 'berlin' RETURNING 1")
    scene.queue()
    due = {row["customer_id"]: row["send_at"] for row in scene.rows("SELECT customer_id, send_at FROM sends")}
    assert due == {
        # NOW is noon in UTC on the 20th: 21:00 in Tokyo, 13:00 in Berlin.
        "tokyo": datetime(2026, 11, 21, 0, tzinfo=UTC),
        "berlin": datetime(2026, 11, 20, 19, tzinfo=UTC),
        "nowhere": datetime(2026, 11, 21, 8, tzinfo=UTC),
    }
    told = scene.go()
    assert (told.waiting, told.next_at) == (3, datetime(2026, 11, 20, 19, tzinfo=UTC))


def test_a_policy_that_names_nobody_who_writes_is_refused(tmp_path):
    text = (
        (POLICIES / "delivery.yaml")
        .read_text()
        .replace(
            "  default: {address: letters@news.lindhaven.example, reply_to: hello@lindhaven.example}",
            "  acme: {address: nobody}",
        )
    )
    (tmp_path / "delivery.yaml").write_text(text)
    with pytest.raises(Refusal, match="no e-mail address"):
        read_delivery_policy(tmp_path)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("{email: 0.0004,", "{emial: 0.0004,", "emial"),
        ("push: 0, web: 0,", "web: 0,", "push is missing; say what a message costs"),
        ("Europe/Berlin", "Berlin", "'Berlin' is no time zone; did you mean Europe/Berlin"),
    ],
)
def test_a_limit_that_would_hold_nothing_is_refused(tmp_path, right, wrong, said):
    text = (POLICIES / "delivery.yaml").read_text()
    assert right in text
    (tmp_path / "delivery.yaml").write_text(text.replace(right, wrong))
    with pytest.raises(Refusal, match=said):
        read_delivery_policy(tmp_path)


def test_a_domain_is_limited_however_it_is_written(tmp_path):
    text = (POLICIES / "delivery.yaml").read_text()
    (tmp_path / "delivery.yaml").write_text(text.replace("hour: {}", "hour: {Gmail.com: 200}"))
    assert read_delivery_policy(tmp_path).domains_an_hour == {"gmail.com": 200}
