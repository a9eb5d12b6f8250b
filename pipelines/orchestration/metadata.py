"""Airflow's own tables: made and brought up to date by Airflow itself, and asked after by us."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import psycopg

from pipelines.contracts import Refusal
from pipelines.orchestration.environment import DAGS, airflow_home, environment
from pipelines.settings import Settings

POOLS = DAGS / "pools.json"
MIGRATION_SECONDS = 600


def migrate(settings: Settings, airflow_login: str) -> bool:
    """Bring Airflow's tables to this version and make our pools; False if nothing was to do, for one query."""
    told = environment(settings, airflow_login)
    stamp = airflow_home(settings) / "migrated"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == _standing(airflow_login):
        return False
    _airflow(told, airflow_home(settings) / "logs" / "migrate.log", "db", "migrate")
    # A task whose pool nobody made waits for ever.
    _airflow(told, airflow_home(settings) / "logs" / "pools.log", "pools", "import", str(POOLS))
    stamp.write_text(_standing(airflow_login), encoding="utf-8")
    return True


def revision(airflow_login: str) -> str | None:
    """Where Airflow's tables stand, or None where there are none."""
    with psycopg.connect(airflow_login, connect_timeout=10) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except psycopg.errors.UndefinedTable:
            return None
    return str(row[0]) if row else None


def _standing(airflow_login: str) -> str:
    pools = hashlib.sha256(POOLS.read_bytes()).hexdigest()[:12]
    try:
        return f"{version('apache-airflow-core')} {revision(airflow_login)} pools {pools}"
    except psycopg.OperationalError as error:
        raise Refusal(
            f"Airflow's database does not let us in ({str(error).strip().splitlines()[0]}); check DATABASE_URL."
        ) from error


def _airflow(told: dict[str, str], log: Path, *arguments: str) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *arguments],
            env=told, cwd=log.parent, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            timeout=MIGRATION_SECONDS, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        raise Refusal(f"`airflow {' '.join(arguments)}` failed; {last_lines(log)}")


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log, for a person who must see why something died."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return f"the end of {log} says:\n" + "\n".join(text.splitlines()[-count:])
