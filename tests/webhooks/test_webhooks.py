"""Events from the transaction of what happened to a receiver over real HTTP, on good days and bad ones."""

import json
import socket
import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta

import psycopg
import pytest

from pipelines.adapters.webhook.http import HttpCourier
from pipelines.contracts import Refusal
from pipelines.tenants.run import create_tenant
from pipelines.webhooks.addresses import checked_url, refused_address
from pipelines.webhooks.ports import Answered, Letter, PostOffice
from pipelines.webhooks.run import deliver, deliveries, replay, subscribe, subscriptions, unsubscribe
from pipelines.webhooks.signing import SIGNATURE, WAITS, signature, verified
from tests.conftest import NOW
from tests.doubles.webhook_server import webhook_server

CREATED = (
    "INSERT INTO campaigns (tenant_id, campaign_id, name, brief_hash, brief, channel, created_by, created_at) "
    "VALUES (current_setting('liftline.tenant'), %s, 'Winter', 'b', '{}', 'email', 'mo', now())"
)


@dataclass
class Post:
    """A post office with a clock of its own, and a tenant in which things happen."""

    office: PostOffice
    tenant: str
    clock: list

    def happen(self, campaign="winter-1", *, then=None):
        with self.office.database.transaction(self.tenant) as connection:
            connection.execute(CREATED, (campaign,))
            if then:
                raise then

    def states(self, subscription):
        rows = deliveries(self.office, self.tenant, subscription, state=None, before=None, most=100)
        return [(row["state"], row["attempts"], row["answered"], row["sentence"]) for row in rows]

    def later(self, span):
        self.clock[0] += span


@pytest.fixture
def post(database, tenant):
    # Ahead of the database's own clock, by which events are dated.
    clock = [max(NOW, database_now(database)) + timedelta(minutes=1)]
    courier = HttpCourier(to_private_hosts=True, timeout_seconds=0.5)
    return Post(PostOffice(database, courier, lambda: clock[0], to_private_hosts=True), tenant, clock)


def database_now(database):
    with database.connect() as connection:
        return connection.execute("SELECT now() AS now").fetchone()["now"]


@pytest.fixture
def receiver():
    with webhook_server() as server:
        yield server


def test_what_happened_is_told_once_signed_and_only_to_who_asked(post, receiver):
    made = subscribe(post.office, post.tenant, receiver.url, ["campaign.created"], by="ada")
    other = subscribe(post.office, post.tenant, receiver.url, ["approval.approved"], by="ada")
    post.happen()
    assert deliver(post.office, post.tenant) == {"delivered": 1, "later": 0, "failed": 0}
    assert deliver(post.office, post.tenant) == {"delivered": 0, "later": 0, "failed": 0}
    ((headers, body),) = receiver.taken
    assert verified(made["secret"], body, headers[SIGNATURE], post.clock[0], tolerance=timedelta(minutes=5))
    for wrong in (
        (other["secret"], body, headers[SIGNATURE], post.clock[0]),
        (made["secret"], body + b" ", headers[SIGNATURE], post.clock[0]),
        (made["secret"], body, headers[SIGNATURE], post.clock[0] + timedelta(hours=1)),
        (made["secret"], body, "v1=00", post.clock[0]),
    ):
        assert not verified(*wrong, tolerance=timedelta(minutes=5))
    told = json.loads(body)
    assert (told["type"], told["data"]) == (
        "campaign.created", {"campaign_id": "winter-1", "name": "Winter", "status": "draft"},
    )  # fmt: skip
    assert told["event_id"] == headers["X-Liftline-Event-Id"]
    assert "secret" not in subscriptions(post.office, post.tenant)[0]


def test_who_gives_no_answer_is_asked_no_more_in_a_run_and_nobody_is_told_after_the_end(post, monkeypatch):
    monkeypatch.setattr("pipelines.webhooks.run.AT_ONCE", 1)
    silent, open_, ended = (
        subscribe(post.office, post.tenant, f"http://{name}.example/hook", ["*"], by="ada")
        for name in ("silent", "open", "ended")
    )
    for number in range(3):
        post.happen(f"winter-{number}")
    with post.office.database.transaction(post.tenant) as connection:
        connection.execute(
            "UPDATE webhook_subscriptions SET ended_at = now() WHERE subscription_id = %s", (ended["subscription_id"],)
        )
    asked = []

    class Courier:
        def carry(self, letters):
            asked.extend(letter.url for letter in letters)
            return [Answered(None if "silent" in letter.url else 200, "So it was.") for letter in letters]

    told = deliver(replace(post.office, courier=Courier()), post.tenant)
    assert told == {"delivered": 3, "later": 1, "failed": 0}
    assert Counter(asked) == {silent["url"]: 1, open_["url"]: 3}


def test_what_was_rolled_back_is_not_told(post, receiver):
    made = subscribe(post.office, post.tenant, receiver.url, ["*"], by="ada")
    with pytest.raises(ZeroDivisionError):
        post.happen(then=ZeroDivisionError())
    assert post.states(made["subscription_id"]) == []


@pytest.mark.parametrize(
    ("mood", "status", "said"),
    [
        ("stall", None, "no answer within"),
        ("drip", None, "no answer within"),
        ("broken", 500, "answered 500"),
        ("gone", 410, "answered 410"),
        ("moved", 302, "redirects are not followed"),
    ],
)
def test_what_is_not_taken_is_tried_again_later_and_arrives(post, receiver, mood, status, said):
    made = subscribe(post.office, post.tenant, receiver.url, ["*"], by="ada")
    post.happen()
    receiver.mood = mood
    assert deliver(post.office, post.tenant)["later"] == 1
    ((state, attempts, answered, sentence),) = post.states(made["subscription_id"])
    assert (state, attempts, answered) == ("pending", 1, status)
    assert said in sentence
    assert receiver.asked == ["/hook"]
    receiver.mood = "well"
    assert deliver(post.office, post.tenant)["delivered"] == 0
    post.later(WAITS[0])
    assert deliver(post.office, post.tenant)["delivered"] == 1


def test_an_answer_without_end_holds_nobody_up(post, receiver):
    subscribe(post.office, post.tenant, receiver.url, ["*"], by="ada")
    post.happen()
    receiver.mood, began = "endless", time.monotonic()
    assert deliver(post.office, post.tenant)["delivered"] == 1
    assert time.monotonic() - began < 5


def test_after_the_last_try_it_has_failed_and_can_be_replayed_as_it_was(post, receiver):
    made = subscribe(post.office, post.tenant, receiver.url, ["*"], by="ada")
    post.happen()
    receiver.mood = "broken"
    for wait in (*WAITS, timedelta(0)):
        deliver(post.office, post.tenant)
        post.later(wait)
    ((state, attempts, *_),) = post.states(made["subscription_id"])
    assert (state, attempts) == ("failed", len(WAITS) + 1)
    receiver.mood = "well"
    assert deliver(post.office, post.tenant)["delivered"] == 0
    (row,) = deliveries(post.office, post.tenant, made["subscription_id"], state="failed", before=None, most=9)
    again = replay(post.office, post.tenant, row["delivery_id"], by="ada")
    assert again["replay_of"] == row["delivery_id"]
    assert replay(post.office, post.tenant, again["delivery_id"], by="ada") is None
    assert deliver(post.office, post.tenant)["delivered"] == 1
    assert json.loads(receiver.taken[0][1])["event_id"] == row["event_id"]


def test_a_death_between_sending_and_noting_sends_the_same_event_again(post, receiver):
    subscribe(post.office, post.tenant, receiver.url, ["*"], by="ada")
    post.happen()

    class Dying(HttpCourier):
        def carry(self, letters):
            super().carry(letters)
            raise KeyboardInterrupt

    dying = PostOffice(post.office.database, Dying(to_private_hosts=True), post.office.clock, to_private_hosts=True)
    with pytest.raises(KeyboardInterrupt):
        deliver(dying, post.tenant)
    assert deliver(post.office, post.tenant)["delivered"] == 0
    post.later(timedelta(minutes=6))
    assert deliver(post.office, post.tenant)["delivered"] == 1
    assert len({headers["X-Liftline-Event-Id"] for headers, _ in receiver.taken}) == 1
    assert len(receiver.taken) == 2


def test_an_ended_subscription_is_told_nothing_more(post, receiver):
    made = subscribe(post.office, post.tenant, receiver.url, ["*"], by="ada")
    post.happen()
    assert unsubscribe(post.office, post.tenant, made["subscription_id"], by="ada")
    assert not unsubscribe(post.office, post.tenant, made["subscription_id"], by="ada")
    post.happen("winter-2")
    deliver(post.office, post.tenant)
    assert receiver.taken == []


def test_another_tenant_is_told_nothing(post, receiver, database):
    other = create_tenant(database, f"w{time.time_ns() % 10**9}").tenant_id
    subscribe(post.office, other, receiver.url, ["*"], by="ada")
    post.happen()
    assert deliver(post.office, other)["delivered"] == 0
    assert deliver(post.office, post.tenant)["delivered"] == 0


def test_a_private_address_behind_a_public_name_is_asked_nothing(post, receiver, monkeypatch):
    subscribe(post.office, post.tenant, receiver.url.replace("127.0.0.1", "localhost"), ["*"], by="ada")
    post.happen()
    strict = PostOffice(post.office.database, HttpCourier(timeout_seconds=2), post.office.clock)
    assert deliver(strict, post.tenant)["later"] == 1
    assert receiver.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/a", "ftp://hooks.example.com/", "https://", "https:///path", "https://localhost/a",
        "https://127.0.0.1/", "https://10.0.0.8/", "https://169.254.169.254/latest", "https://[::1]/",
        "https://[::ffff:10.0.0.1]/", "https://2130706433/", "https://0x7f000001/", "https://intranet/",
        "https://box.local/", "https://user:word@hooks.example.com/", "https://hooks.example.com/#there",
        "https://hooks.example.com/a b", "https://hooks.example.com:99999/", "https://[bad/", "https://metadata.internal",
        "https://hooks.example.com/" + "a" * 2000, "https://a..b.com/", f"https://{'a' * 64}.com/",
    ],
)  # fmt: skip
def test_a_webhook_may_go_to_a_public_host_by_https_only(url):
    with pytest.raises(Refusal, match="url"):
        checked_url(url, to_private_hosts=False)


def test_an_address_that_cannot_be_looked_up_holds_up_no_letter_beside_it(receiver):
    poison = [f"https://{host}/" for host in ("a..b.com", "a" * 64 + ".com", "xn--a.invalid")]
    letters = [Letter(url, b"{}", {}) for url in (*poison, receiver.url)]
    answers = HttpCourier(to_private_hosts=True, timeout_seconds=5).carry(letters)
    assert [answer.taken for answer in answers] == [False, False, False, True]
    assert {answer.sentence.partition(" (")[0] for answer in answers[:3]} == {"The host cannot be reached"}


def test_a_name_in_punycode_is_looked_up_as_it_is_written(receiver, monkeypatch):
    asked, stands_for = [], ["127.0.0.1"]

    def resolved(host, port, *_, **__):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in stands_for]

    written = "xn--strae-oqa.de"  # straße.de, which rules of old would make strasse.de
    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    letter = Letter(receiver.url.replace("127.0.0.1", written), b"{}", {})
    assert HttpCourier(to_private_hosts=True).carry([letter])[0].taken
    # Once only: whoever answers the next look-up otherwise is not asked.
    assert (asked[0], asked.count(written)) == (written, 1)
    assert receiver.taken[0][0]["Host"] == f"{written}:{receiver.server_port}"
    for stands_for[:] in (["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["64:ff9b::7f00:1"]):
        (refused,) = HttpCourier(timeout_seconds=1).carry([letter])
        assert refused.sentence.startswith(f"{written} stands for an address that is not public")


def test_public_addresses_are_told_from_private_ones():
    assert checked_url("https://hooks.example.com:8443/a?b=c", to_private_hosts=False)
    # The last three lead to 8.8.8.8: where a network knows no IPv4, its look-ups answer in such a form.
    for public in ("93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"):
        assert not refused_address(public), public
        assert checked_url(f"https://{f'[{public}]' if ':' in public else public}/", to_private_hosts=False)
    for private in (
        "10.1.2.3", "100.64.0.1", "224.0.0.1", "0.0.0.0", "fe80::1%eth0", "::", "::1", "fc00::1", "fec0::1", "ff0e::1",
        # IPv4 inside of IPv6: mapped, translated, compatible, NAT64 (and of a network's own), 6to4, Teredo, ISATAP.
        "::ffff:192.168.0.1", "::ffff:0:10.0.0.1", "::10.0.0.1", "::8.8.8.8", "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254", "64:ff9b:1::8.8.8.8", "2002:a00:1::1", "2002:7f00:1::", "2001::1",
        "2001:0:808:808:8000:63bf:f5ff:fffe", "fe80::5efe:10.0.0.1", "2001:db8::1", "3fff::1", "4000::1", "5f00::1",
    ):  # fmt: skip
        assert refused_address(private), private
        with pytest.raises(Refusal, match="no public host"):
            checked_url(f"https://{f'[{private}]' if ':' in private else private}/", to_private_hosts=False)


def test_an_unknown_event_is_refused_and_the_signature_is_what_the_description_says(post):
    with pytest.raises(Refusal, match="no event campaign.exploded"):
        subscribe(post.office, post.tenant, "https://hooks.example.com/", ["campaign.exploded"], by="ada")
    # printf '1795176000.{}' | openssl dgst -sha256 -hmac whsec_test
    digest = "71946f2340f5e5c410615b5cf53239cb36879bce47d3d27d8b15d9d626c072fd"
    assert signature("whsec_test", b"{}", NOW) == f"t=1795176000,v1={digest}"


def test_the_secret_is_no_business_of_the_reader(post, database):
    subscribe(post.office, post.tenant, "https://hooks.example.com/", ["*"], by="ada")
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        database.transaction(post.tenant, role="liftline_reader") as connection,
    ):
        connection.execute("SELECT secret FROM webhook_subscriptions")
