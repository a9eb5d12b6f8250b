"""Workers that are killed, answers that are lost, two at once: no message is delivered twice, and none is forgotten.

The vendor counts what it really delivered; the worker is a process that gets SIGKILL.
"""

import json
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from pipelines.adapters.email.sendgrid import Account, SendGrid
from pipelines.settings import PROJECT
from tests.delivery.sending.conftest import NOW
from tests.doubles.sendgrid_server import KEY, sendgrid_server

PEOPLE = 8


@pytest.fixture
def vendor():
    with sendgrid_server() as server:
        yield server


@pytest.fixture
def scene(scene):
    scene.launch(people=PEOPLE)
    return scene


def start(scene, vendor, point="", **more):
    database = scene.database
    told = {
        "point": point, "tenant": scene.tenant, "url": vendor.url,
        "database": {
            "login": database.login, "owner_login": database.owner_login,
            "each_role_signs_in": database.each_role_signs_in,
        }, **more,
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.delivery.sending.worker", json.dumps(told)]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(command, cwd=PROJECT, **pipes)


def go_on(scene, vendor, after=timedelta(minutes=20)):
    """Another worker, some time later."""
    scene.now = NOW + after
    scene.channel = SendGrid(Account(KEY, vendor.url, timeout_seconds=0.5))
    return scene.go()


def whole(told):
    """Nobody is forgotten: everybody is in exactly one place."""
    assert told.claimed == told.accepted + told.rejected + told.unknown
    assert told.audience == told.claimed + told.skipped + told.waiting == PEOPLE
    return told


@pytest.mark.parametrize(
    ("point", "moods", "left_in_doubt", "delivered"),
    [
        ("within_claim", [], 0, 8),
        ("after_claim", [], 8, 0),
        ("during_request", ["stall"], 8, 2),
        ("after_acceptance", [], 8, 2),
        ("within_settlement", [], 8, 2),
    ],
)
def test_a_worker_killed_at_any_point_sends_nothing_twice(scene, vendor, point, moods, left_in_doubt, delivered):
    vendor.moods = moods
    worker = start(scene, vendor, point)
    _, said = worker.communicate(timeout=60)
    assert worker.returncode == -signal.SIGKILL, said
    told = whole(go_on(scene, vendor))
    assert set(vendor.deliveries.values()) <= {1}
    assert told.unknown == left_in_doubt
    assert told.accepted == PEOPLE - left_in_doubt
    assert len(vendor.deliveries) == delivered
    again = whole(go_on(scene, vendor, timedelta(hours=2)))
    assert (again.accepted, again.unknown) == (told.accepted, told.unknown)
    assert len(vendor.deliveries) == delivered


@pytest.mark.parametrize("mood", ["lost", "broken", "down", "stall", "reset", "garbage", "odd", "full", "limited"])
def test_whatever_the_vendor_answers_nothing_is_delivered_twice(scene, vendor, mood):
    vendor.moods = [mood]
    first = whole(go_on(scene, vendor, timedelta()))
    told = whole(go_on(scene, vendor, timedelta(hours=2)))
    assert set(vendor.deliveries.values()) == {1}
    in_doubt = 0 if mood in ("full", "limited") else 4
    assert (told.accepted, told.unknown) == (PEOPLE - in_doubt, in_doubt)
    assert first.unknown == told.unknown


def test_workers_at_once_share_the_work_and_send_each_message_once(scene, vendor):
    workers = [start(scene, vendor, claim_at_once=1, waits=True) for _ in range(3)]
    for worker in workers:
        worker.stdout.readline()
    for worker in workers:
        worker.stdin.write(b"go\n")
        worker.stdin.flush()
    ended = [worker.communicate(timeout=60) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0], ended
    delivered = [int(said) for said, _ in ended]
    assert sum(delivered) == PEOPLE
    assert sum(count > 0 for count in delivered) >= 2, delivered
    told = whole(go_on(scene, vendor))
    assert told.accepted == PEOPLE
    assert sorted(vendor.deliveries.values()) == [1] * PEOPLE


@pytest.mark.parametrize("mood", ["well", "full"])
def test_a_worker_that_was_only_slow_may_still_say_what_became_of_its_claim(scene, vendor, mood):
    vendor.moods = [mood] * 2
    other = scene.__class__(scene.database, scene.tenant)
    inner = SendGrid(Account(KEY, vendor.url))

    class Slow:
        name, most_per_request = "sendgrid", 1000

        def deliver_mailing(self, made):
            receipts = inner.deliver_mailing(made)
            if other.now == NOW:
                other.now = NOW + timedelta(minutes=20)
                other.channel = inner
                assert other.go().unknown == PEOPLE
            return receipts

    scene.channel = Slow()
    told = whole(scene.go())
    assert (told.accepted, told.unknown) == (PEOPLE, 0)
    assert set(vendor.deliveries.values()) == {1}
