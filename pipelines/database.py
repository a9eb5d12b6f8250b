"""Connections by role, transactions bound to one tenant, bulk transfer and named SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from pipelines.contracts import Refusal

SCHEMA = "liftline"
MARTS = "liftline_marts"
APP, OWNER, DBT, READER = "liftline_app", "liftline_owner", "liftline_dbt", "liftline_reader"

Connection = psycopg.Connection[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Database:
    """One PostgreSQL database; every connection acts as exactly one of its four roles."""

    login: str = field(repr=False)
    owner_login: str = field(repr=False)
    each_role_signs_in: bool = False

    def conninfo(self, role: str) -> str:
        """A connection string whose sessions act as `role`."""
        login = self.owner_login if role == OWNER else self.login
        # Days and months that SQL counts are those of UTC, wherever the server stands and whatever its clocks do.
        told = conninfo_to_dict(login).get("options") or ""
        options = f"{told} -c search_path={SCHEMA},public -c TimeZone=UTC"
        if self.each_role_signs_in:
            return make_conninfo(login, user=role, options=options.strip())
        return make_conninfo(login, options=f"{options} -c role={role}".strip())

    def connect(self, role: str = APP) -> Connection:
        """A new connection as `role`."""
        return _connect(self.conninfo(role))

    def administer(self, *, dbname: str | None = None) -> Connection:
        """A connection as the login that creates roles, schemas and databases, outside any transaction."""
        return _connect(make_conninfo(self.owner_login, **({"dbname": dbname} if dbname else {})), autocommit=True)

    @contextmanager
    def transaction(self, tenant: str, *, role: str = APP) -> Iterator[Connection]:
        """One transaction that sees and writes this tenant's rows only, committed if nothing is raised."""
        with self.connect(role) as connection, _bound(connection, tenant):
            yield connection

    @contextmanager
    def lent(self, role: str = APP) -> Iterator[Connection]:
        """A connection for one transaction of no tenant."""
        with self.connect(role) as connection:
            yield connection

    @contextmanager
    def session(self, tenant: str) -> Iterator[Session]:
        """One connection for many short transactions of one tenant."""
        with self.connect() as connection:
            connection.autocommit = True
            yield Session(connection, tenant)


@dataclass(frozen=True, slots=True)
class PooledDatabase(Database):
    """The same database for a process that answers many short requests: connecting would cost more than answering."""

    pool: ConnectionPool[Connection] | None = None

    @classmethod
    def of(cls, database: Database, *, most: int = 10) -> PooledDatabase:
        """A pool of up to `most` connections of the application; one that broke meanwhile is replaced."""
        pool: ConnectionPool[Connection] = ConnectionPool(
            database.conninfo(APP), connection_class=psycopg.Connection[dict[str, Any]],
            kwargs={"row_factory": dict_row}, check=ConnectionPool.check_connection,
            min_size=0, max_size=most, max_idle=60, timeout=10, open=True,
        )  # fmt: skip
        return cls(database.login, database.owner_login, database.each_role_signs_in, pool)

    @contextmanager
    def transaction(self, tenant: str, *, role: str = APP) -> Iterator[Connection]:
        """One transaction that sees and writes this tenant's rows only, committed if nothing is raised."""
        with self.lent(role) as connection, _bound(connection, tenant):
            yield connection

    @contextmanager
    def lent(self, role: str = APP) -> Iterator[Connection]:
        """A connection for one transaction of no tenant."""
        if role != APP or self.pool is None:
            with self.connect(role) as connection:
                yield connection
            return
        with self.pool.connection() as connection:
            yield connection


@dataclass(frozen=True, slots=True)
class Session:
    """A connection outside any transaction, and the tenant whose transactions it opens."""

    connection: Connection
    tenant: str

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction that sees and writes this tenant's rows only, committed if nothing is raised."""
        with self.connection.transaction(), _bound(self.connection, self.tenant):
            yield self.connection


@contextmanager
def held(connection: Connection, lock: str) -> Iterator[bool]:
    """Whether the lock of this name is ours; it is never waited for. The connection commits by itself."""
    row = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0)) AS ours", (lock,)).fetchone()
    ours = bool(row and row["ours"])
    try:
        yield ours
    finally:
        # The server hears of a closed connection later than whoever asks next; what broke it ended the lock as well.
        if ours:
            with suppress(psycopg.OperationalError):
                connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (lock,))


def text_array(values: Sequence[str]) -> str:
    """Texts as PostgreSQL reads an array of them; of thousands, psycopg makes one for longer than a query takes."""
    if not values:
        return "{}"
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') != 2 * (len(values) - 1):
        joined = '","'.join(value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return f'{{"{joined}"}}'


@contextmanager
def _bound(connection: Connection, tenant: str) -> Iterator[None]:
    connection.execute("SELECT set_config('liftline.tenant', %s, true)", (tenant,))
    try:
        yield
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        # What PostgreSQL says quotes the row, and logs must not hold personal data.
        error.args = (_without_values(error),)
        raise


def _without_values(error: psycopg.Error) -> str:
    said = error.diag
    where = ".".join(name for name in (said.table_name, said.column_name, said.constraint_name) if name)
    return f"PostgreSQL refused a row ({type(error).__name__}{' in ' + where if where else ''})."


def _connect(conninfo: str, *, autocommit: bool = False) -> Connection:
    try:
        return psycopg.connect(conninfo, autocommit=autocommit, row_factory=dict_row, connect_timeout=10)
    except psycopg.OperationalError as error:
        first_line = str(error).strip().splitlines()[0]
        raise Refusal(
            f"The database does not let us in ({first_line}); check DATABASE_URL, or run `liftline doctor`."
        ) from error


class Queries(Mapping[str, sql.SQL]):
    """The named statements of one `queries.sql`."""

    def __init__(self, path: Path) -> None:
        parts = re.split(r"^-- name: *(\w+) *$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        self._statements = {
            name: sql.SQL(cast(LiteralString, body.strip().rstrip(";")))
            for name, body in zip(parts[1::2], parts[2::2], strict=True)
        }

    def __getitem__(self, name: str) -> sql.SQL:
        return self._statements[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._statements)

    def __len__(self) -> int:
        return len(self._statements)
