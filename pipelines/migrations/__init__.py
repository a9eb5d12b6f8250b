"""The operational schema, numbered; `migrate` brings a database to the newest number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from pipelines.contracts import Refusal
from pipelines.database import SCHEMA, Connection, Database
from pipelines.migrations.roles import EVERY_ROLE, MAKE_LEDGER_ROLE, MAKE_ROLES

FOLDER = Path(__file__).parent
LEAST_SERVER = 150000
MAKE_EXTENSION = "CREATE EXTENSION IF NOT EXISTS vector SCHEMA public;"
ALONE = 7_465_221_001  # advisory lock: two processes never migrate one database at once


def newest() -> str:
    """The number of the newest migration."""
    return max(path.name[:4] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def current(database: Database) -> str | None:
    """The number that the database stands at, or None where nothing was ever migrated."""
    with database.administer() as connection:
        try:
            row = connection.execute(f"SELECT version_num FROM {SCHEMA}.alembic_version").fetchone()
        except psycopg.errors.UndefinedTable:
            return None
    return row["version_num"] if row else None


def may_migrate(database: Database) -> bool:
    """Whether the login that we are given may change the schema, and not only use it."""
    with database.administer() as connection:
        row = connection.execute(f"SELECT has_table_privilege('{SCHEMA}.alembic_version', 'UPDATE') AS yes").fetchone()
    return bool(row and row["yes"])


def migrate(database: Database, target: str = "head") -> None:
    """Bring the schema up to `target`; costs one query when it already stands there."""
    stands, wanted = current(database), newest() if target == "head" else target
    if stands == wanted:
        return
    if stands and stands > newest():
        raise Refusal(f"The schema stands at {stands}, made by a newer Liftline; update this one: it ends at {wanted}.")
    if stands and not may_migrate(database):
        raise Refusal(
            f"The schema stands at {stands} and this Liftline wants {wanted}; run `liftline database start` with the "
            "login that migrates in DATABASE_OWNER_URL."
        )
    _check_server(database)
    _make_what_few_may(database, anew=stands is None)
    _alembic(database, "upgrade", target)


def downgrade(database: Database, target: str) -> None:
    """Take the schema back to `target` (`base`: nothing left of it)."""
    _alembic(database, "downgrade", target)


def _check_server(database: Database) -> None:
    with database.administer() as connection:
        if connection.info.server_version < LEAST_SERVER:
            raise Refusal("The server of DATABASE_URL is older than PostgreSQL 15; use a newer one.")
        if not connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'").fetchone():
            raise Refusal("The server of DATABASE_URL lacks pgvector; install the extension `vector` there.")


def _make_what_few_may(database: Database, *, anew: bool) -> None:
    """Roles, schema and extension, before anything else; all that the login may not make is told in one sentence."""
    with database.administer() as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (ALONE,))
        told = connection.info
        wanted = {MAKE_EXTENSION: MAKE_EXTENSION}
        if anew:
            make_schema = f"CREATE SCHEMA IF NOT EXISTS {SCHEMA};"
            wanted[MAKE_ROLES + MAKE_LEDGER_ROLE] = _right_to_roles(connection)
            wanted[make_schema] = f'GRANT CREATE ON DATABASE "{told.dbname}" TO "{told.user}";'
        missing = [remedy for statements, remedy in wanted.items() if not _done(connection, statements)]
        if missing:
            raise Refusal(
                f"The login {told.user} may not make all that the schema stands on; have an administrator run "
                f"`{' '.join(missing)}` in the database {told.dbname}, then try again."
            )


def _done(connection: Connection, statements: str) -> bool:
    try:
        connection.execute(statements.encode())
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported):
        # Azure says of an extension that nobody allowed that it is not supported.
        return False
    return True


def _right_to_roles(connection: Connection) -> str:
    row = connection.execute("SELECT count(*) AS n FROM pg_roles WHERE rolname = ANY(%s)", (EVERY_ROLE,)).fetchone()
    if row and row["n"] == len(EVERY_ROLE):
        return f'GRANT {", ".join(EVERY_ROLE)} TO "{connection.info.user}" WITH ADMIN OPTION;'
    return f'ALTER ROLE "{connection.info.user}" CREATEROLE;'


def _alembic(database: Database, direction: str, target: str) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    def connect() -> Any:
        return psycopg.connect(database.owner_login)

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    engine = create_engine("postgresql+psycopg://", creator=connect)
    with database.administer() as waiting:
        waiting.execute("SELECT pg_advisory_lock(%s)", (ALONE,))
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            getattr(command, direction)(config, target)
    engine.dispose()
