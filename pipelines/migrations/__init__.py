"""The operational schema, numbered; `migrate` brings a database to the newest number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from pipelines.contracts import Refusal
from pipelines.database import SCHEMA, Database

FOLDER = Path(__file__).parent
LEAST_SERVER = 150000
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
