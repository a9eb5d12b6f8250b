"""A whole Liftline under `liftline up`, started again whenever it ended, and the ways in which it is killed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import psutil

from pipelines.contracts import Json
from pipelines.orchestration import AirflowClient, airflow_home, sign_in
from pipelines.orchestration.processes import Processes
from pipelines.orchestration.sign_in import ADMINISTRATOR
from pipelines.services import Services
from pipelines.settings import PROJECT, Settings
from tests.doubles.sendgrid_server import KEY, SendGridServer

# Many claims, each soon in doubt when its sender died, so that faults find sending at work and the end is not far.
HASTE = {"claim_at_once: 4000": "claim_at_once: 5", "in_doubt_after_minutes: 15": "in_doubt_after_minutes: 1"}


class Operator(AirflowClient):
    """Who triggers DAGs, and clears what failed for good, as their pages say."""

    def every_task(self) -> list[Json]:
        """Every task of every run, as Airflow tells of it."""
        found: list[Json] = []
        while True:
            answer = self._send("GET", "/dags/~/dagRuns/~/taskInstances", params={"limit": 100, "offset": len(found)})
            assert answer.is_success, answer.text
            page = answer.json()
            found += page["task_instances"]
            if not page["task_instances"] or len(found) >= page["total_entries"]:
                return found

    def clear_failed(self, dag_id: str, run_id: str) -> None:
        """Every task of the run that failed, and those that waited for it, run again."""
        which = {"dag_run_id": run_id, "only_failed": True, "dry_run": False, "reset_dag_runs": True}
        answer = self._send("POST", f"/dags/{dag_id}/clearTaskInstances", json=which)
        assert answer.is_success, answer.text


class House:
    """One Liftline that nobody but `liftline up` keeps alive."""

    def __init__(self, home: Path, vendor: SendGridServer) -> None:
        told = {
            "LIFTLINE_HOME": str(home / "liftline"), "LIFTLINE_REPORTS": str(home / "reports"),
            "LIFTLINE_POLICIES": str(hasty_policies(home)), "LIFTLINE_PORT": str(free_port()),
            "EMAIL_PROVIDER": "sendgrid", "SENDGRID_BASE_URL": vendor.url, "SENDGRID_API_KEY": KEY,
            "SENDGRID_TIMEOUT_SECONDS": "2", "LIFTLINE_PUBLIC_URL": "https://liftline.example",
        }  # fmt: skip
        self.environment = os.environ | told
        self.services = Services(Settings(_env_file=None, **{name.lower(): value for name, value in told.items()}))
        assert self.services.embedded
        self.server = self.services.embedded
        self.vendor, self.starts, self.kept = vendor, 0, False
        self.log = home / "up.log"
        self._up: subprocess.Popen[bytes] | None = None
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep_up, daemon=True)

    @property
    def operator(self) -> Operator:
        """Signed in to whichever Airflow is up."""
        password = sign_in(airflow_home(self.services.settings)).passwords[ADMINISTRATOR]
        return Operator(f"http://127.0.0.1:{self.services.settings.liftline_port}", ADMINISTRATOR, password)

    def open(self) -> None:
        """Begin to keep it up, as systemd would with `Restart=always`."""
        self._keeper.start()

    def close(self) -> None:
        """End it for good, with everything that it started."""
        self._over.set()
        self._keeper.join()
        if self._up and self._up.poll() is None:
            self._up.send_signal(signal.SIGTERM)
            self._up.wait()
        Processes(airflow_home(self.services.settings) / "server.json").end()
        self.server.stop()

    def faults(self) -> dict[str, Callable[[Random], bool]]:
        """What may be done to it; each says whether it found anything to hurt."""
        return {
            "scheduler killed": lambda luck: _kill(self._leaders("scheduler")),
            "scheduler killed with its tasks": lambda luck: _kill(self._session("scheduler")),
            "task killed": lambda luck: _kill(_one(luck, self._tasks())),
            "worker killed": lambda luck: _kill(_one(luck, self._workers())),
            "API server killed": lambda luck: _kill(self._session("api-server")),
            "database killed": lambda luck: _kill(self._postmaster()),
            "`liftline up` killed": lambda luck: _kill(self._own()),
            "everything killed": lambda luck: _kill([*self._own(), *self._every_session(), *self._postmaster()]),
            "provider away": self._provider_away,
            "provider failing": self._provider_failing,
        }

    def let_tasks_begin(self, tasks: int, seconds: float, still: Callable[[], bool]) -> None:
        """Return once so many tasks have begun, or the time is up: what strikes while Airflow starts hits nothing."""
        before, seen = set(self._tasks()), set[int]()
        deadline = time.monotonic() + seconds
        while len(seen) < tasks and time.monotonic() < deadline and still():
            self._over.wait(0.1)
            seen |= set(self._tasks()) - before

    def note(self, fault: str) -> None:
        """Say in the log of `liftline up` what was done to it, for whoever looks into a seed that broke."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"--- {datetime.now(UTC):%H:%M:%S} {fault}\n")

    def _keep_up(self) -> None:
        while not self._over.is_set():
            if self._up is None or self._up.poll() is not None:
                self.starts += 1
                with self.log.open("ab") as log:
                    self._up = subprocess.Popen(
                        [str(Path(sys.executable).with_name("liftline")), "up"],
                        cwd=PROJECT, env=self.environment, stdout=log, stderr=subprocess.STDOUT,
                    )  # fmt: skip
            self._over.wait(1)

    def _provider_away(self, luck: Random) -> bool:
        with self.vendor.away():
            self._over.wait(luck.uniform(3, 10))
        return True

    def _provider_failing(self, luck: Random) -> bool:
        self.vendor.moods = luck.choices(("lost", "broken", "down", "stall", "reset", "garbage"), k=luck.randint(1, 4))
        return True

    def _own(self) -> list[int]:
        return [self._up.pid] if self._up and self._up.poll() is None else []

    def _leaders(self, name: str) -> list[int]:
        parts = Processes(airflow_home(self.services.settings) / "server.json").components
        return [part.session for part in parts if part.name == name]

    def _session(self, name: str) -> list[int]:
        leaders = set(self._leaders(name))
        return [process.pid for process in psutil.process_iter() if _session_of(process.pid) in leaders]

    def _every_session(self) -> list[int]:
        return [
            pid for name in ("scheduler", "api-server", "dag-processor", "triggerer") for pid in self._session(name)
        ]

    def _workers(self) -> list[int]:
        """Processes of the executor, each of which watches over one task from before it begins."""
        return [pid for leader in self._leaders("scheduler") for pid in _children(leader)]

    def _tasks(self) -> list[int]:
        return [task for worker in self._workers() for task in _children(worker)]

    def _postmaster(self) -> list[int]:
        pid_file = self.server.data / "postmaster.pid"
        return [int(pid_file.read_text().split()[0])] if pid_file.exists() else []


@contextmanager
def house(vendor: SendGridServer) -> Iterator[House]:
    """A Liftline in a folder of its own, gone when the block ends unless something broke in it."""
    home = Path(tempfile.mkdtemp(prefix="ll-chaos-"))
    home.chmod(0o755)
    made = House(home, vendor)
    made.open()
    try:
        yield made
    finally:
        made.close()
        if made.kept:
            print(f"Its folder is kept: {home}")
        else:
            shutil.rmtree(home, ignore_errors=True)


def _kill(pids: list[int]) -> bool:
    killed = False
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
            killed = True
        except ProcessLookupError:
            continue
    return killed


def _one(luck: Random, pids: list[int]) -> list[int]:
    return [luck.choice(pids)] if pids else []


def _children(pid: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def hasty_policies(home: Path) -> Path:
    """The sample's policies, with many small claims."""
    policies = shutil.copytree(PROJECT / "data" / "policies", home / "policies")
    text = (policies / "delivery.yaml").read_text(encoding="utf-8")
    for usual, hasty in HASTE.items():
        assert usual in text
        text = text.replace(usual, hasty)
    (policies / "delivery.yaml").write_text(text, encoding="utf-8")
    return policies


def free_port() -> int:
    """A port of this machine that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
