"""One Airflow on this machine: started, watched and ended as a whole."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO

from pipelines.contracts import Json, Refusal
from pipelines.orchestration.client import AirflowClient
from pipelines.orchestration.environment import DAGS, HOST, airflow_home, environment
from pipelines.orchestration.metadata import last_lines, migrate
from pipelines.orchestration.processes import Processes
from pipelines.orchestration.sign_in import ADMINISTRATOR, ROLES, sign_in
from pipelines.settings import Settings

COMPONENTS = {
    "api-server": ["api-server"],
    # Logs are read from the folder: two homes on one machine would fight over the log servers' ports.
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
HEALTH_NAMES = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}
WITHOUT_TRIGGERER = ("api-server", "scheduler", "dag-processor")
START_SECONDS = 240
DOWN_SECONDS = 60.0


@contextmanager
def running(
    settings: Settings,
    airflow_login: str,
    *,
    dags_folder: Path = DAGS,
    port: int | None = None,
    components: tuple[str, ...] = WITHOUT_TRIGGERER,
) -> Iterator[AirflowClient]:
    """A healthy Airflow for as long as the block lasts; whatever ends the block ends every process of it.

    `port` 0 takes a free one; without it LIFTLINE_PORT holds. The triggerer serves deferred tasks only.
    """
    with _started(settings, airflow_login, dags_folder, port, components) as (client, _):
        yield client


def serve(
    settings: Settings, airflow_login: str, *, dags_folder: Path = DAGS, show: Callable[[str], None] = print
) -> None:
    """Serve Airflow in the foreground until Ctrl-C, SIGTERM or `down`."""
    show("Airflow is starting …")
    begun = time.monotonic()
    try:
        with _started(settings, airflow_login, dags_folder, None, tuple(COMPONENTS)) as (client, processes):
            show(f"Airflow is ready after {time.monotonic() - begun:.0f} s: {client.url}")
            show(_sign_in_table(airflow_home(settings)))
            while True:
                time.sleep(0.5)
                _refuse_if_ended(processes)
    except (KeyboardInterrupt, SystemExit):
        show("Airflow has ended.")


@contextmanager
def _started(
    settings: Settings, airflow_login: str, dags_folder: Path, port: int | None, components: tuple[str, ...]
) -> Iterator[tuple[AirflowClient, Processes]]:
    home = airflow_home(settings)
    password = sign_in(home).passwords[ADMINISTRATOR]
    with _signals_raise(), _only_one(home):
        processes = Processes(home / "server.json")
        processes.end()
        port = _usable_port(settings.liftline_port if port is None else port)
        migrate(settings, airflow_login)
        told = environment(settings, airflow_login, dags_folder=dags_folder, port=port)
        since = datetime.now(UTC)
        with AirflowClient(f"http://{HOST}:{port}", ADMINISTRATOR, password) as client:
            try:
                for name in components:
                    processes.start(name, COMPONENTS[name], told, home / "logs" / f"{name}.log")
                _wait_until_healthy(client, processes, components, since)
                yield client, processes
            finally:
                processes.end()


def down(settings: Settings) -> bool:
    """End the Airflow of this state folder, wherever it was started; False if none was running."""
    home = airflow_home(settings)
    if not home.exists():
        return False
    if not _is_locked(home):
        return Processes(home / "server.json").end()
    asked, deadline = 0, time.monotonic() + DOWN_SECONDS
    while _is_locked(home):
        # Whoever has just taken the lock writes its number in the next moment.
        if (holder := _holder(home)) not in (0, asked):
            asked = holder
            with suppress(ProcessLookupError):
                os.kill(asked, signal.SIGTERM)
        if time.monotonic() > deadline:
            how = f"end its process with `kill -9 {asked}`" if asked else f"end who holds {home / 'server.lock'} open"
            raise Refusal(f"The Airflow on {home.parent} does not end; {how}.")
        time.sleep(0.1)
    return True


def _wait_until_healthy(
    client: AirflowClient, processes: Processes, components: tuple[str, ...], since: datetime
) -> None:
    deadline = time.monotonic() + START_SECONDS
    wanted = ["metadatabase", *(HEALTH_NAMES[name] for name in components if name in HEALTH_NAMES)]
    while sick := [name for name in wanted if not _healthy(client.health(), name, since)]:
        _refuse_if_ended(processes)
        if time.monotonic() > deadline:
            logs = Path(processes.components[0].log).parent
            raise Refusal(f"Airflow's {sick[0]} is not healthy after {START_SECONDS} s; its log in {logs} says why.")
        time.sleep(0.25)


def _healthy(health: Json, name: str, since: datetime) -> bool:
    """Whether a part is well now: what an earlier start left behind still looks alive for half a minute."""
    part = health.get(name) or {}
    if part.get("status") != "healthy":
        return False
    beat = part.get(f"latest_{name}_heartbeat")
    return beat is None or datetime.fromisoformat(beat) >= since


def _refuse_if_ended(processes: Processes) -> None:
    if part := processes.ended():
        raise Refusal(f"Airflow's {part.name} has ended; {last_lines(Path(part.log))}")


def _usable_port(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise Refusal(f"Port {port} is not free ({error.strerror}); set LIFTLINE_PORT to another one.") from error
        return int(probe.getsockname()[1])


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """Hold this home for one Airflow; the lock goes with the process, however that ends."""
    with (home / "server.lock").open("a+", encoding="utf-8") as lock:
        if not _lock(lock):
            raise Refusal(
                f"Airflow already runs on {home.parent}; end it with `make down`, or set LIFTLINE_HOME to another."
            )
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _holder(home: Path) -> int:
    """The process that holds this home, as it wrote itself down; 0 where it has not, and a signal would hit others."""
    said = (home / "server.lock").read_text(encoding="utf-8")
    return int(said) if said.isdecimal() else 0


def _is_locked(home: Path) -> bool:
    with (home / "server.lock").open("a+", encoding="utf-8") as lock:
        return not _lock(lock)


def _lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _signals_raise() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an exception, so that what was started is ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _sign_in_table(home: Path) -> str:
    passwords = sign_in(home).passwords
    users = (f"  {name:5} {passwords[name]}   ({role})" for name, role in ROLES.items())
    granted = "What each may do is granted: liftline access grant ada --role admin --tenant TENANT"
    return "\n".join(["Sign in as:", *users, granted, "Ctrl-C ends it."])
