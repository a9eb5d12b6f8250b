"""One seed: the real DAGs from files to sent messages, while Airflow, database and provider are killed under them."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psycopg

from pipelines.contracts import Refusal
from pipelines.customers.run import Order, import_file
from pipelines.delivery.run import standing as delivery_standing
from pipelines.delivery.run import steer
from pipelines.review.run import approve, grant
from pipelines.review.run import standing as approval_standing
from pipelines.settings import PROJECT
from pipelines.tenants.run import create_tenant
from tests.chaos.counting import broken_in_delivery, broken_promises
from tests.chaos.house import House

DATA = PROJECT / "data"
BRIEF = DATA / "briefs" / "winter_warmth.yaml"
FILES = ("customers", "consents", "suppressions")
APPROVERS = {"rita": "reviewer", "quentin": "qa"}
ONCE_PER_UNIT_AND_STRATEGY = """
    SELECT unit_id || ', ' || strategy AS what FROM variants WHERE version = 1
    GROUP BY unit_id, strategy HAVING count(*) > 1"""
PATIENCE_SECONDS = 1800
MOST_TASKS_BETWEEN, MOST_SECONDS_BETWEEN = 5, 120
T = TypeVar("T")


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


class Launching:
    """What people do meanwhile: they start the runs, say yes, clear what failed, and resume what paused."""

    def __init__(self, house: House, tenant: str, told: Launched, deadline: float) -> None:
        self.house, self.tenant, self.told, self._deadline = house, tenant, told, deadline
        self.campaign, self.launched, self.sending = "", threading.Event(), threading.Event()
        self.fault: BaseException | None = None

    def __call__(self) -> None:
        """Files to sent messages."""
        try:
            self._go()
        except (Refusal, psycopg.Error, AssertionError) as fault:
            self.fault = fault

    def _go(self) -> None:
        for user, role in APPROVERS.items():
            self._patiently(
                lambda who=user, as_=role: grant(
                    self.house.services.database, self.tenant, who, as_, by="root", at_machine=True
                )
            )
        first, *others = FILES
        self._ended("customers_ingest", self._imported(first))
        runs = [("customers_ingest", self._imported(kind)) for kind in others]
        runs.append(("knowledge_index", self._triggered("knowledge_index", {"folder": str(DATA / "knowledge")})))
        for dag, run in runs:
            self._ended(dag, run)
        launch = self._triggered("campaign_launch", {"brief": str(BRIEF)})
        self.launched.set()
        self._approved()
        self.sending.set()
        self._ended("campaign_launch", launch)
        self._sent_whole()

    def _imported(self, kind: str) -> str:
        return self._triggered("customers_ingest", {"file": str(DATA / "samples" / f"{kind}.csv"), "kind": kind})

    def _triggered(self, dag: str, conf: dict[str, Any]) -> str:
        def trigger() -> str:
            with self.house.operator as airflow:
                return airflow.trigger(dag, conf if dag == "delivery_continue" else {**conf, "tenant": self.tenant})

        return self._patiently(trigger)

    def _ended(self, dag: str, run: str) -> None:
        def state() -> str:
            with self.house.operator as airflow:
                now = airflow.run_state(dag, run)
                if now == "failed":
                    failed = [task.task_id for task in airflow.task_states(dag, run) if task.failed]
                    airflow.clear_failed(dag, run)
                    self.told.cleared.append(f"{dag} {', '.join(failed)}")
                return now

        while self._patiently(state) != "success":
            self._refuse_if_late(f"the run {run} of {dag} did not end")
            time.sleep(2)

    def _approved(self) -> None:
        """Both say yes as soon as they are asked."""
        while not self.campaign:
            self.campaign = self._patiently(self._its_campaign)
            self._refuse_if_late("no campaign was entered")
            time.sleep(1)
        board = self.house.services.board
        while self._patiently(lambda: approval_standing(board, self.tenant, self.campaign)).state != "approved":
            self._refuse_if_late("the campaign was not approved")
            for user in APPROVERS:
                try:
                    approve(board, self.tenant, self.campaign, by=user)
                except (Refusal, psycopg.OperationalError):
                    break
            time.sleep(2)

    def _sent_whole(self) -> None:
        """What the regular DAG does every five minutes is started by hand, until nothing waits."""
        while (stands := self._patiently(self.stands)).waiting or stands.in_flight:
            self._refuse_if_late(f"messages still wait: {stands}")
            if stands.status == "paused":
                self._patiently(self._resume)
            self._ended("delivery_continue", self._triggered("delivery_continue", {}))

    def stands(self) -> Any:
        """Where the sending stands."""
        return delivery_standing(self.house.services.post_room, self.tenant, self.campaign)

    def _resume(self) -> None:
        services = self.house.services
        steer(
            services.database, self.tenant, self.campaign, "resume", by="olga", reason="try again", now=services.clock()
        )

    def _its_campaign(self) -> str:
        with self.house.services.database.transaction(self.tenant) as connection:
            row = connection.execute("SELECT campaign_id FROM campaigns").fetchone()
        return str(row["campaign_id"]) if row else ""

    def _patiently(self, ask: Callable[[], T]) -> T:
        while True:
            try:
                return ask()
            except (Refusal, psycopg.OperationalError):
                if time.monotonic() > self._deadline:
                    raise
                time.sleep(1)

    def _refuse_if_late(self, sentence: str) -> None:
        if time.monotonic() > self._deadline:
            raise Refusal(f"After {PATIENCE_SECONDS} s {sentence}.")


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
    people = Launching(house, tenant, told, begun + PATIENCE_SECONDS)
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
        told.broken += _broken(house, people, expected, before)
    house.kept |= bool(told.broken)
    told.seconds = time.monotonic() - begun
    return told


def _broken(house: House, people: Launching, expected: dict[str, int], before: set[str]) -> Iterator[str]:
    stands, told, vendor = people.stands(), people.told, house.vendor
    with house.services.database.transaction(people.tenant) as connection:
        found = connection.execute("SELECT message_id, state FROM sends").fetchall()
        doubled = connection.execute(ONCE_PER_UNIT_AND_STRATEGY).fetchall()
    states = {row["message_id"]: row["state"] for row in found}
    told.people, told.accepted, told.in_doubt = stands.audience, stands.accepted, stands.unknown
    told.delivered = sum(bool(vendor.deliveries[message]) for message in states)
    if not told.delivered:
        yield "nothing was sent at all"
    if strange := vendor.deliveries.keys() - before - states.keys():
        yield f"{len(strange)} messages were delivered that are in no ledger"
    if doubled:
        yield f"written more than once: {'; '.join(row['what'] for row in doubled)}"
    if (rows := _rows(house, people.tenant)) != expected:
        yield f"the files left {rows} instead of {expected}"
    yield from broken_in_delivery(stands, states, vendor)
    yield from broken_promises(house.services, people.tenant, house.services.clock())


def _rows(house: House, tenant: str) -> dict[str, int]:
    with house.services.database.transaction(tenant) as connection:
        return {
            kind: connection.execute(f"SELECT count(*) AS rows FROM {kind}").fetchone()["rows"]  # type: ignore[index]
            for kind in FILES
        }
