"""What people do while Airflow is killed: they start the runs, say yes, clear what failed, and resume what paused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import psycopg

from pipelines.contracts import Refusal
from pipelines.delivery.run import Delivery, standing, steer
from pipelines.review.run import approve, grant
from pipelines.review.run import standing as approval_standing
from pipelines.services import Services
from pipelines.settings import PROJECT
from tests.chaos.house import Operator

DATA = PROJECT / "data"
BRIEF = DATA / "briefs" / "winter_warmth.yaml"
FILES = ("customers", "consents", "suppressions")
APPROVERS = {"rita": "reviewer", "quentin": "qa"}
PATIENCE_SECONDS = 1800
T = TypeVar("T")


class House(Protocol):
    """Where they work."""

    services: Services

    @property
    def operator(self) -> Operator:
        """Signed in to its Airflow."""
        ...


class People:
    """One campaign of one tenant, from its files to its last message; `cleared` is what failed for good meanwhile."""

    def __init__(self, house: House, tenant: str, cleared: list[str]) -> None:
        self.house, self.tenant, self.cleared = house, tenant, cleared
        self._deadline = time.monotonic() + PATIENCE_SECONDS
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
                    self.cleared.append(f"{dag} {', '.join(failed)}")
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

    def stands(self) -> Delivery:
        """Where the sending stands."""
        return standing(self.house.services.post_room, self.tenant, self.campaign)

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
