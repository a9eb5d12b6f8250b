"""Running dbt: one build, its own folder a run, its profile made of the database that we are given.

What happens: dbt is a process of its own. Killed half way, every mart stands whole, as it was before or after; the next
build goes on from there. While one builds, another is refused at once.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from pipelines.contracts import Busy, Refusal
from pipelines.database import DBT, MARTS, SCHEMA, Database, held

# More than the processors: while PostgreSQL works for one model, dbt readies the next.
THREADS = 4
# What dbt parses it needs to its end, which is soon: looking for garbage would take a sixth of its time.
DBT_ALONE = "import gc; gc.disable(); from dbt.cli.main import cli; cli()"
PARSED = "partial_parse.msgpack"
# What dbt hands on to PostgreSQL is told in words of its own.
NAMES = {"host": "host", "port": "port", "user": "user", "dbname": "dbname", "sslmode": "sslmode"}


@dataclass(frozen=True, slots=True)
class Built:
    """Where a run of dbt left what it says, and how it ended."""

    target: Path
    code: int
    said: str

    def results(self) -> list[Mapping[str, Any]]:
        """What became of each model and test."""
        path = self.target / "run_results.json"
        if not path.exists():
            raise Refusal(f"dbt could not begin: {_last_words(self.said)}")
        found: list[Mapping[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["results"]
        return found

    def freshness(self) -> list[Mapping[str, Any]]:
        """How old the newest row of each watched source is."""
        path = self.target / "sources.json"
        if not path.exists():
            raise Refusal(f"dbt could not look at the sources: {_last_words(self.said)}")
        found: list[Mapping[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["results"]
        return found


def profile_of(database: Database) -> dict[str, Any]:
    """The profile by which dbt acts as its role; a password stays out of it."""
    told = conninfo_to_dict(database.conninfo(DBT))
    output: dict[str, Any] = {
        "type": "postgres", "threads": THREADS, "schema": MARTS, "search_path": f"{SCHEMA},public",
        "host": "localhost", "port": 5432, "password": "{{ env_var('DBT_ENV_SECRET_PASSWORD', '') }}",
        **{name: told[key] for key, name in NAMES.items() if told.get(key)},
    }  # fmt: skip
    output["port"] = int(output["port"])
    if not database.each_role_signs_in:
        output["role"] = DBT
    return {"liftline": {"target": "marts", "outputs": {"marts": output}}}


@contextmanager
def alone(database: Database) -> Iterator[None]:
    """One build at a time: two would rename each other's tables."""
    with database.connect(DBT) as connection:
        connection.autocommit = True
        with held(connection, "liftline.marts") as ours:
            if not ours:
                raise Busy("The marts are being built by another run; wait until it has ended.")
            yield


def run_dbt(database: Database, project: Path, state: Path, run: str, *arguments: str) -> Built:
    """One dbt command in a folder of its own under `state`; what was parsed before is used again."""
    target = state / "runs" / run
    target.mkdir(parents=True, exist_ok=True)
    profiles = state / "profiles"
    profiles.mkdir(exist_ok=True)
    # JSON is YAML.
    (profiles / "profiles.yml").write_text(json.dumps(profile_of(database)), encoding="utf-8")
    if (state / PARSED).exists():
        shutil.copyfile(state / PARSED, target / PARSED)
    password = conninfo_to_dict(database.conninfo(DBT)).get("password") or ""
    done = subprocess.run(
        [sys.executable, "-c", DBT_ALONE, "--no-use-colors", "--log-format", "text", *arguments,
         "--project-dir", str(project), "--profiles-dir", str(profiles),
         "--target-path", str(target), "--log-path", str(target)],
        env={**os.environ, "DBT_ENV_SECRET_PASSWORD": str(password), "PGTZ": "UTC", "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if (target / PARSED).exists():
        shutil.copyfile(target / PARSED, state / f"{PARSED}.{run}")
        (state / f"{PARSED}.{run}").replace(state / PARSED)
    return Built(target, done.returncode, done.stdout)


def forget_runs(state: Path, *, keep: int) -> None:
    """Remove the folders of all runs but the newest."""
    runs = sorted((path for path in (state / "runs").iterdir() if path.is_dir()), key=lambda path: path.name)
    for old in runs[:-keep]:
        shutil.rmtree(old, ignore_errors=True)


def _last_words(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return " ".join(lines[-4:]) or "it said nothing"
