"""python -m tests.executors --redis /usr/bin/redis-server --only local-1 local-2 celery ours

Each executor gets a Liftline of its own, from files to the last message, and everything is counted as after chaos.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pipelines.commands.screen import err, print_table
from pipelines.orchestration import airflow_home, server, sign_in
from pipelines.orchestration.environment import HOST, database_url
from pipelines.orchestration.sign_in import ADMINISTRATOR
from pipelines.services import Services
from pipelines.settings import Settings
from pipelines.tenants.run import create_tenant
from tests.chaos.counting import broken_in_copy, broken_in_delivery, broken_promises
from tests.chaos.house import Operator, free_port, hasty_policies
from tests.chaos.people import People
from tests.doubles.sendgrid_server import KEY, SendGridServer, sendgrid_server

LOCAL, CELERY = "LocalExecutor", "CeleryExecutor"
# Each with a slot, as two machines would have.
WORKERS = ("first", "second")
COLUMNS = ("executor", "slots", "seconds", "tasks", "most at once", "senders at once", "accepted", "broken")


@dataclass(frozen=True, slots=True)
class Executor:
    """How tasks are carried out; without a name it is the one that `liftline up` takes."""

    name: str | None
    slots: int


EXECUTORS = {
    "local-1": Executor(LOCAL, 1), "local-2": Executor(LOCAL, 2), "celery": Executor(CELERY, len(WORKERS)),
    "ours": Executor(None, 4),
}  # fmt: skip


@dataclass
class Place:
    """A Liftline and whoever triggers its DAGs, as `People` want them."""

    services: Services
    url: str
    tasks: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def operator(self) -> Operator:
        """Signed in anew."""
        password = sign_in(airflow_home(self.services.settings)).passwords[ADMINISTRATOR]
        return Operator(self.url, ADMINISTRATOR, password)


def main() -> int:
    """One line an executor; 1 if anything was broken under any of them."""
    asked = argparse.ArgumentParser(prog="python -m tests.executors", description=__doc__)
    asked.add_argument("--redis", default=shutil.which("redis-server"), help="Redis' server, for Celery")
    asked.add_argument("--only", nargs="+", choices=EXECUTORS, default=list(EXECUTORS))
    given = asked.parse_args()
    if "celery" in given.only and not given.redis:
        asked.error("there is no redis-server on the PATH; name it with --redis, or leave celery out with --only")
    rows = []
    for name in given.only:
        err.print(f"{name} …", highlight=False)
        rows.append(_tried(EXECUTORS[name], given.redis))
    print_table("One launch from its files to its last message", COLUMNS, rows)
    return 1 if any(row[-1] != "nothing" for row in rows) else 0


def _tried(executor: Executor, redis: str | None) -> tuple[str, ...]:
    home = Path(tempfile.mkdtemp(prefix="ll-executors-"))
    home.chmod(0o755)
    try:
        with sendgrid_server() as vendor:
            # Slow enough that there is something left for a second sender.
            vendor.pace = 0.2
            return _launched(executor, _services(home, vendor), vendor, redis)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _launched(executor: Executor, services: Services, vendor: SendGridServer, redis: str | None) -> tuple[str, ...]:
    begun, cleared = time.monotonic(), list[str]()
    tenant = create_tenant(services.database, "acme").tenant_id
    try:
        with _airflow(executor, services, redis) as place:
            people = People(place, tenant, cleared)
            people()
            spans = _spans(place)
        broken = [*(f"cleared {one}" for one in cleared), *_broken(services, people, vendor)]
        accepted = str(people.stands().accepted) if not people.fault else "?"
    finally:
        services.embedded and services.embedded.stop()
    senders = [span for span in spans if span[0] == "send"]
    return (
        executor.name or "liftline up", str(executor.slots), f"{time.monotonic() - begun:.0f}", str(len(spans)),
        str(_most_at_once(spans)), str(_most_at_once(senders)), accepted, "; ".join(broken) or "nothing",
    )  # fmt: skip


def _services(home: Path, vendor: SendGridServer) -> Services:
    told = {
        "liftline_home": home / "liftline", "liftline_reports": home / "reports",
        "liftline_policies": hasty_policies(home), "email_provider": "sendgrid", "sendgrid_base_url": vendor.url,
        "sendgrid_api_key": KEY, "liftline_public_url": "https://liftline.example",
    }  # fmt: skip
    return Services(Settings(_env_file=None, **told))


@contextmanager
def _airflow(executor: Executor, services: Services, redis: str | None) -> Iterator[Place]:
    """The Airflow of `liftline up`, whose executor alone is another."""
    usual, login = server.environment, services.airflow_login()
    port = free_port()

    def environment(*args: Any, **more: Any) -> dict[str, str]:
        return usual(*args, **more) | _told(executor, login, port)

    components = {**server.COMPONENTS}
    if executor.name == CELERY:
        for name in WORKERS:
            pid = str(services.settings.liftline_home / f"{name}.pid")
            worker = ["celery", "worker", "-c", "1", "-H", f"{name}@{HOST}", "--pid", pid, "--skip-serve-logs"]
            components[name] = worker
    broker = _redis(redis, port) if executor.name == CELERY and redis else nullcontext()
    with (
        broker,
        patch.multiple(server, environment=environment, COMPONENTS=components),
        server.running(services.settings, login, port=0, components=tuple(components)) as client,
    ):
        yield Place(services, client.url)


def _told(executor: Executor, login: str, port: int) -> dict[str, str]:
    if executor.name is None:
        return {}
    told = {"AIRFLOW__CORE__EXECUTOR": executor.name, "AIRFLOW__CORE__PARALLELISM": str(executor.slots)}
    if executor.name == CELERY:
        told["AIRFLOW__CELERY__BROKER_URL"] = f"redis://{HOST}:{port}/0"
        told["AIRFLOW__CELERY__RESULT_BACKEND"] = f"db+{database_url(login)}"
    return told


@contextmanager
def _redis(path: str, port: int) -> Iterator[None]:
    command = [path, "--port", str(port), "--bind", HOST, "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _spans(place: Place) -> list[tuple[str, datetime, datetime]]:
    """Every task that ran, from when to when."""
    with place.operator as airflow:
        found = airflow.every_task()
    return [
        (one["task_id"], datetime.fromisoformat(one["start_date"]), datetime.fromisoformat(one["end_date"]))
        for one in found
        if one["start_date"] and one["end_date"]
    ]


def _most_at_once(spans: list[tuple[str, datetime, datetime]]) -> int:
    return max((sum(other[1] <= one[1] < other[2] for other in spans) for one in spans), default=0)


def _broken(services: Services, people: People, vendor: SendGridServer) -> Iterator[str]:
    if people.fault:
        yield f"it did not end: {people.fault}"
        return
    with services.database.transaction(people.tenant) as connection:
        found = connection.execute("SELECT message_id, state FROM sends").fetchall()
    yield from broken_in_copy(services, people.tenant)
    yield from broken_in_delivery(people.stands(), {row["message_id"]: row["state"] for row in found}, vendor)
    yield from broken_promises(services, people.tenant, services.clock())


if __name__ == "__main__":
    sys.exit(main())
