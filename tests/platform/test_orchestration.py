"""Airflow as Liftline runs it: told everything by its environment, started once, ended whole."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from pipelines import orchestration
from pipelines.contracts import Refusal
from pipelines.orchestration import TaskState, airflow_home, database_url, environment, sign_in
from pipelines.orchestration.processes import Processes
from pipelines.orchestration.sign_in import ROLES
from pipelines.services import Services
from pipelines.settings import PROJECT, Settings

TINY = """
from datetime import timedelta
from airflow.sdk import dag, get_current_context, task

@dag(schedule=None)
def tiny():
    @task(pool="sending", retries=1, retry_delay=timedelta(seconds=1))
    def greet():
        import logging
        import structlog
        from pipelines.settings import load_settings
        settings = load_settings()
        key = settings.sendgrid_api_key.get_secret_value()
        logging.getLogger("vendor").warning("vendor asked with %s for ann@canary.example", key)
        at = settings.liftline_anchors_url.get_secret_value().replace("{name}", "a.json")
        structlog.get_logger("ours").warning("we asked", used=key, at=at)
        print("printed", key)
        conf = get_current_context()["dag_run"].conf
        if conf.get("fail"):
            raise ValueError(f"told to fail by {key}")
        open(conf["file"], "w").write(str(settings.liftline_home))
    greet()

tiny()
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, liftline_home=tmp_path / "home", liftline_port=18099)


@pytest.mark.parametrize(
    "conninfo",
    [
        "host='/tmp/plat home/postgres' user=postgres dbname=airflow",
        "postgresql://liftline:p%40ss%2Fw%25r%24HOME~1@db.example.com:6543/airflow?sslmode=require&connect_timeout=5",
        make_conninfo(host="db.example.com", user="u", password="it's a \\ word?#&", dbname="air flow"),
        "host=a.example.com,b.example.com port=5432,5433 user=u dbname=airflow",
        "host=::1 user=u dbname=airflow",
    ],
)
def test_the_database_url_says_what_the_conninfo_says(conninfo: str) -> None:
    url = make_url(database_url(conninfo))
    assert url.drivername == "postgresql+psycopg"
    _, arguments = url.get_dialect()().create_connect_args(url)
    arguments = {name: str(value) for name, value in arguments.items() if name != "context"}
    assert arguments == {name: str(value) for name, value in conninfo_to_dict(conninfo).items()}
    assert "$" not in database_url(conninfo)  # Airflow expands variables in what it is told.


def test_every_option_is_one_that_this_airflow_knows(settings: Settings) -> None:
    spec = find_spec("airflow")
    assert spec is not None
    assert spec.origin is not None
    known = yaml.safe_load((Path(spec.origin).parent / "config_templates" / "config.yml").read_text(encoding="utf-8"))
    for name in environment(settings, "host=/x dbname=airflow"):
        if name.startswith("AIRFLOW__"):
            _, section, option = name.lower().split("__")
            assert option in known[section]["options"], name


def test_what_a_killed_scheduler_or_worker_was_at_goes_on_within_minutes(settings: Settings) -> None:
    told = environment(settings, "host=/x dbname=airflow")
    assert int(told["AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL"]) <= 60
    assert int(told["AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT"]) <= 120


def test_tasks_are_told_the_same_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "True")
    monkeypatch.setenv("EMAIL_PROVIDER", "sendgrid")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.com")
    chosen = settings.model_copy(update={"liftline_quarantine_limit": 0.5})
    told = environment(chosen, "host=/x dbname=airflow")
    assert told["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    code = "from pipelines.settings import load_settings as l; print(repr(l()))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=told, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == repr(chosen)
    assert "127.0.0.1" in told["NO_PROXY"]
    assert told["PYTHONPATH"].startswith(str(PROJECT))


def test_the_sign_in_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = sign_in(tmp_path / "airflow")
    assert sign_in(tmp_path / "airflow") == first
    assert set(first.passwords) == set(ROLES)
    assert len(set(first.passwords.values())) == len(ROLES)
    assert min(len(word) for word in (first.jwt_secret, first.api_secret, *first.passwords.values())) >= 16
    for name in ("keys.json", "passwords.json"):
        assert stat.S_IMODE((tmp_path / "airflow" / name).stat().st_mode) == 0o600
    assert not [word for word in first.passwords.values() if word in repr(first)]


def test_a_spoilt_sign_in_is_refused_by_its_file(tmp_path: Path) -> None:
    sign_in(tmp_path)
    (tmp_path / "keys.json").write_text("{", encoding="utf-8")
    with pytest.raises(Refusal, match=r"keys\.json"):
        sign_in(tmp_path)


def test_down_without_an_airflow(settings: Settings) -> None:
    assert orchestration.down(settings) is False


@pytest.mark.parametrize(("written", "told"), [("", []), ("0", []), ("-1", []), ("half", []), ("12", [12, 12])])
def test_down_ends_the_one_that_holds_the_lock_and_nobody_else(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, written: str, told: list[int]
) -> None:
    signalled: list[int] = []

    def ended_meanwhile(pid: int, _number: int) -> None:
        signalled.append(pid)
        raise ProcessLookupError

    monkeypatch.setattr(os, "kill", ended_meanwhile)
    monkeypatch.setattr("pipelines.orchestration.server.DOWN_SECONDS", 0.3)
    home = airflow_home(settings)
    sign_in(home)
    with (home / "server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(written)
        lock.flush()
        with pytest.raises(Refusal, match=r"`kill -9 12`" if told else r"server\.lock"):
            orchestration.down(settings)
        with ThreadPoolExecutor(1) as other:
            monkeypatch.setattr("pipelines.orchestration.server.DOWN_SECONDS", 20)
            ending = other.submit(orchestration.down, settings)
            time.sleep(0.3)
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert ending.result() is True
    assert signalled == told


def test_what_a_process_started_ends_with_it_even_in_a_group_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "__init__.py").touch()
    (tmp_path / "airflow" / "__main__.py").write_text(
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "if os.fork() == 0: os.setpgid(0, 0)\n"
        "print('up', flush=True)\n"
        "time.sleep(600)\n",
        encoding="utf-8",
    )
    record = tmp_path / "server.json"
    first = Processes(record)
    first.start("stub", [], os.environ | {"PYTHONPATH": str(tmp_path)}, tmp_path / "stub.log")
    deadline = time.monotonic() + 20
    while (tmp_path / "stub.log").read_text(encoding="utf-8").count("up") < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    session = first.components[0].session
    assert len(in_sessions({session})) == 2
    # A second is how exact the moment of a start is known after the clock was put right.
    kept = json.loads(record.read_text(encoding="utf-8"))
    kept["components"][0]["created"] += 0.99
    record.write_text(json.dumps(kept), encoding="utf-8")
    later = Processes(record)  # as after a kill -9 of the first command
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.orchestration.processes.GRACE_SECONDS", 0.3)
        assert later.end() is True
    assert in_sessions({session}) == []
    assert not record.exists()
    assert Processes(record).end() is False


def test_airflow_starts_runs_and_ends_whole(
    platform_services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one slow test: a real Airflow with a DAG of one task."""
    secrets = {
        "sendgrid_api_key": SecretStr("canary of sendgrid"),
        "liftline_anchors_url": SecretStr("https://store.example/{name}?sig=canary-of-the-store"),
    }
    settings, login = platform_services.settings.model_copy(update=secrets), platform_services.airflow_login()
    home = airflow_home(settings)
    (tmp_path / "tiny.py").write_text(TINY, encoding="utf-8")
    heard: list[tuple[str, list[TaskState]]] = []
    assert orchestration.migrate(settings, login) is True
    assert orchestration.migrate(settings, login) is False
    with orchestration.running(settings, login, dags_folder=tmp_path) as airflow:
        sessions = {part.session for part in Processes(home / "server.json").components}
        assert len(in_sessions(sessions)) >= 3
        with pytest.raises(Refusal, match="already runs"), orchestration.running(settings, login):
            pass
        file = tmp_path / "told"
        file.touch(mode=0o666)
        run = airflow.trigger("tiny", {"file": str(file)})
        assert airflow.wait("tiny", run, lambda state, tasks: heard.append((state, tasks)), 60) == "success"
        assert file.read_text(encoding="utf-8") == str(settings.liftline_home.resolve())
        # The worker that ended may linger: it is not the one to be killed.
        ended = workers(home)
        run = airflow.trigger("tiny", {"file": str(file)})
        kill_the_first_worker(home, ended)
        assert airflow.wait("tiny", run, timeout=60) == "success"
        assert airflow.task_states("tiny", run)[0].try_number == 2
        run = airflow.trigger("tiny", {"fail": True})
        assert airflow.wait("tiny", run, timeout=60) == "failed"
        assert "ValueError: told to fail" in airflow.failures("tiny", run)
        with pytest.raises(Refusal, match="does not know the DAG nobody"):
            airflow.trigger("nobody", {}, patience=0.1)
    assert heard[-1][1][0].task_id == "greet"
    assert [len(heard), heard[-1][0]] >= [2, "success"]
    assert in_sessions(sessions) == []
    assert not (home / "server.json").exists()
    written = "".join(path.read_text(encoding="utf-8") for path in (home / "logs").rglob("*.log"))
    for said in ("vendor asked with", "we asked", "printed", "told to fail by"):
        assert said in written
    assert "canary" not in written


def test_a_taken_port_is_told_by_its_variable(platform_services: Services) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = platform_services.settings.model_copy(update={"liftline_port": other.getsockname()[1]})
        with (
            pytest.raises(Refusal, match="LIFTLINE_PORT"),
            orchestration.running(taken, platform_services.airflow_login()),
        ):
            pass


def test_a_signal_ends_the_block(platform_services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.orchestration.server._wait_until_healthy", lambda *_: None)
    monkeypatch.setattr("pipelines.orchestration.server.migrate", lambda *_: None)
    sessions: set[int] = set()

    def interrupted(**more: Any) -> Iterator[None]:
        with orchestration.running(platform_services.settings, "host=/x dbname=airflow", **more):
            home = airflow_home(platform_services.settings)
            sessions.update(part.session for part in Processes(home / "server.json").components)
            os.kill(os.getpid(), signal.SIGTERM)
            yield

    with pytest.raises(SystemExit):
        list(interrupted(port=0, components=("triggerer",)))
    assert sessions
    assert in_sessions(sessions) == []


def workers(home: Path) -> set[psutil.Process]:
    parts = Processes(home / "server.json").components
    return set(psutil.Process(next(part.session for part in parts if part.name == "scheduler")).children())


def kill_the_first_worker(home: Path, ended: set[psutil.Process]) -> None:
    """Before it told Airflow that its task began."""
    deadline = time.monotonic() + 60
    while not (begun := workers(home) - ended):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    begun.pop().kill()


def in_sessions(sessions: set[int]) -> list[int]:
    def belongs(pid: int) -> bool:
        try:
            return os.getsid(pid) in sessions and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        except (OSError, psutil.Error):
            return False

    return [pid for pid in psutil.pids() if belongs(pid)]
