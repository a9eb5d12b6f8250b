"""One seed: the real DAGs from files to sent messages, while Airflow, database and provider are killed under them."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipelines.customers.run import Order, import_file
from pipelines.tenants.run import create_tenant
from tests.chaos.counting import broken_in_copy, broken_in_delivery, broken_promises
from tests.chaos.house import House
from tests.chaos.people import DATA, FILES, People

MOST_TASKS_BETWEEN, MOST_SECONDS_BETWEEN = 5, 120


@dataclass
class Launched:
    """What happened in one seed; `cleared` is how often an operator had to clear what failed for good."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    cleared: list[str] = field(default_factory=list)
    people: int = 0
    accepted: int = 0
    in_doubt: int = 0
    delivered: int = 0
    broken: list[str] = field(default_factory=list)
    seconds: float = 0


def calm(house: House) -> dict[str, int]:
    """What the same files leave where nothing fails."""
    tenant = create_tenant(house.services.database, "calm").tenant_id
    for kind in FILES:
        import_file(house.services.desk, Order(tenant, DATA / "samples" / f"{kind}.csv", kind))
    return _rows(house, tenant)


def run(house: House, seed: int, faults: int, expected: dict[str, int]) -> Launched:
    """Launch under so many faults, let it come to its end, and count."""
    luck, told = random.Random(seed), Launched(seed)
    begun, starts, before = time.monotonic(), house.starts, set(house.vendor.deliveries)
    tenant = create_tenant(house.services.database, f"launch-{seed}").tenant_id
    people = People(house, tenant, told.cleared)
    script = threading.Thread(target=people, daemon=True)
    script.start()
    known = house.faults()
    # A third while files are taken in, one from the brief to the approval, and one from there to the last message.
    stages = {faults // 3: people.launched, 2 * faults // 3: people.sending}
    house.vendor.pace = 0.1
    while (struck := sum(told.faults.values())) < faults and script.is_alive():
        if struck in stages:
            while script.is_alive() and not stages[struck].wait(1):
                pass
        tasks = 1 if people.sending.is_set() else luck.randint(1, MOST_TASKS_BETWEEN)
        house.let_tasks_begin(tasks, MOST_SECONDS_BETWEEN, script.is_alive)
        script.join(luck.uniform(0, 4))
        name = luck.choice(list(known))
        if script.is_alive() and known[name](luck):
            house.note(name)
            told.faults[name] += 1
    house.vendor.moods = []
    script.join()
    told.starts = house.starts - starts
    if people.fault:
        told.broken.append(f"it did not end: {people.fault}")
    else:
        told.broken += _broken(house, people, told, expected, before)
    house.kept |= bool(told.broken)
    told.seconds = time.monotonic() - begun
    return told


def _broken(house: House, people: People, told: Launched, expected: dict[str, int], before: set[str]) -> Iterator[str]:
    stands, vendor = people.stands(), house.vendor
    with house.services.database.transaction(people.tenant) as connection:
        found = connection.execute("SELECT message_id, state FROM sends").fetchall()
    states = {row["message_id"]: row["state"] for row in found}
    told.people, told.accepted, told.in_doubt = stands.audience, stands.accepted, stands.unknown
    told.delivered = sum(bool(vendor.deliveries[message]) for message in states)
    if not told.delivered:
        yield "nothing was sent at all"
    if strange := vendor.deliveries.keys() - before - states.keys():
        yield f"{len(strange)} messages were delivered that are in no ledger"
    if (rows := _rows(house, people.tenant)) != expected:
        yield f"the files left {rows} instead of {expected}"
    yield from broken_in_copy(house.services, people.tenant)
    yield from broken_in_delivery(stands, states, vendor)
    yield from broken_promises(house.services, people.tenant, house.services.clock())


def _rows(house: House, tenant: str) -> dict[str, int]:
    with house.services.database.transaction(tenant) as connection:
        return {
            kind: connection.execute(f"SELECT count(*) AS rows FROM {kind}").fetchone()["rows"]  # type: ignore[index]
            for kind in FILES
        }
