"""One seed: workers send a campaign while faults strike at random, and what they left is counted afterwards."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pipelines.adapters.email.sendgrid import Account, SendGrid
from pipelines.contracts import Refusal
from pipelines.settings import PROJECT
from pipelines.tenants.run import create_tenant
from tests.chaos.counting import broken_in_delivery, broken_promises
from tests.chaos.ground import Ground
from tests.delivery.sending.conftest import CAMPAIGN, Launch
from tests.doubles.sendgrid_server import KEY, SendGridServer, sendgrid_server

POINTS = ("", "", "", "within_claim", "after_claim", "during_request", "after_acceptance", "within_settlement")
MOODS = ("lost", "broken", "down", "full", "limited", "stall", "reset", "garbage", "odd")
NOBODY_LISTENS = "http://127.0.0.1:9"
WORKERS = 3
FURTHEST_MINUTES = 30
NEVER_ENDING = 50
MOST_SECONDS_BETWEEN = 3
PACE_SECONDS = 0.1
ODDS_OF_A_GOOD_ANSWER = 30


@dataclass
class Run:
    """What happened in one seed."""

    seed: int
    people: int
    faults: Counter[str] = field(default_factory=Counter)
    accepted: int = 0
    in_doubt: int = 0
    delivered: int = 0
    broken: list[str] = field(default_factory=list)
    seconds: float = 0


def run(ground: Ground, seed: int, seconds: float) -> Run:
    """Send under faults for some seconds, heal everything, let one worker finish, and count."""
    luck = random.Random(seed)
    ground.heal()
    tenant = create_tenant(ground.services.database, f"seed-{seed}").tenant_id
    scene = Launch(ground.services.database, tenant)
    scene.now = _noon_to_come()
    told = Run(seed, luck.randint(60, 160))
    scene.launch(people=told.people)
    begun = time.monotonic()
    with sendgrid_server() as vendor:
        # Long enough a campaign that faults find it at work, and a provider that is never well for long.
        vendor.pace = PACE_SECONDS
        vendor.moods = [luck.choice(("well",) * ODDS_OF_A_GOOD_ANSWER + MOODS) for _ in range(told.people)]
        workers = [_worker(scene, vendor, luck) for _ in range(WORKERS)]
        try:
            while time.monotonic() < begun + seconds and any(worker.poll() != 0 for worker in workers):
                _let_some_requests_pass(vendor, luck)
                _strike(ground, scene, vendor, workers, luck, told.faults)
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
        ground.heal()
        vendor.moods, vendor.pace = [], 0.0
        _finish(scene, vendor)
        told.broken = list(_broken(ground, scene, vendor, told))
    told.seconds = time.monotonic() - begun
    return told


def _noon_to_come() -> datetime:
    """By day everywhere that our people live, and later than the approval, which the database dates itself."""
    return (datetime.now(UTC) + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)


def _worker(scene: Launch, vendor: SendGridServer, luck: random.Random) -> subprocess.Popen[bytes]:
    """One that may be ahead or behind of time, may find nobody listening, and may die at a named point."""
    database = scene.database
    told = {
        "point": luck.choice(POINTS), "tenant": scene.tenant, "claim_at_once": luck.choice((5, 20, 60)),
        "url": luck.choice((vendor.url,) * 6 + (NOBODY_LISTENS,)), "timeout": 0.5,
        "now": (scene.now + timedelta(minutes=luck.randint(-FURTHEST_MINUTES, FURTHEST_MINUTES))).isoformat(),
        "database": {
            "login": database.login, "owner_login": database.owner_login,
            "each_role_signs_in": database.each_role_signs_in,
        },
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.delivery.sending.worker", json.dumps(told)]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _let_some_requests_pass(vendor: SendGridServer, luck: random.Random) -> None:
    """Faults that strike while workers still start would hit nothing; so would only those that follow a request."""
    for _ in range(luck.randint(1, 6)):
        vendor.asked.clear()
        vendor.asked.wait(MOST_SECONDS_BETWEEN)
    time.sleep(luck.uniform(0, 0.1))


def _strike(
    ground: Ground,
    scene: Launch,
    vendor: SendGridServer,
    workers: list[subprocess.Popen[bytes]],
    luck: random.Random,
    faults: Counter[str],
) -> None:
    """One fault, and a new worker in the place of each that has ended."""
    kinds = {"a worker killed": 3, "provider failing": 4, "database killed": 1, "disk full": ground.small_disk * 1}
    (fault,) = luck.choices(list(kinds), weights=list(kinds.values()))
    faults[fault] += 1
    if fault == "a worker killed":
        luck.choice(workers).kill()
    elif fault == "provider failing":
        vendor.moods = [luck.choice(MOODS)] * luck.randint(1, 4)
    elif fault == "database killed":
        ground.crash()
    else:
        ground.fill_the_disk()
        time.sleep(luck.uniform(0.2, 1.5))
        ground.heal()
    for at, worker in enumerate(workers):
        if worker.poll() is not None:
            _resumed(scene)
            workers[at] = _worker(scene, vendor, luck)


def _resumed(scene: Launch) -> None:
    """As an operator does once the provider is well again."""
    from pipelines.delivery.run import steer

    try:
        steer(scene.database, scene.tenant, CAMPAIGN, "resume", by="olga", reason="try again", now=scene.now)
    except Refusal:
        return


def _finish(scene: Launch, vendor: SendGridServer) -> None:
    """Hours later, one worker on healed ground: it ends when nothing waits."""
    scene.now += timedelta(hours=2)
    scene.channel = SendGrid(Account(KEY, vendor.url, timeout_seconds=5))
    for _ in range(NEVER_ENDING):
        _resumed(scene)
        if not scene.go().waiting:
            return
        scene.now += timedelta(minutes=20)


def _broken(ground: Ground, scene: Launch, vendor: SendGridServer, told: Run) -> Iterator[str]:
    """What does not hold, by the vendor's own count, by the ledger's, and by the promises."""
    stands = scene.standing()
    told.accepted, told.in_doubt, told.delivered = stands.accepted, stands.unknown, len(vendor.deliveries)
    if stands.audience != told.people:
        yield f"{told.people} people became {stands.audience}"
    states = {row["message_id"]: row["state"] for row in scene.rows("SELECT message_id, state FROM sends")}
    if strange := vendor.deliveries.keys() - states.keys():
        yield f"{len(strange)} messages were delivered that are in no ledger"
    yield from broken_in_delivery(stands, states, vendor)
    yield from broken_promises(ground.services, scene.tenant, scene.now)
