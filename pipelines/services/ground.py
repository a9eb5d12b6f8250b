"""What everything stands on: settings, the database, the clock, the brand, and what seals links."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.errors import InsufficientPrivilege

from pipelines.adapters.postgres.embedded import EmbeddedServer, embedded_server, make_private
from pipelines.contracts import Refusal
from pipelines.database import Database
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.generation.brand import Brand

DATABASE_NAME = "liftline"
CREATING = 7_465_221_002  # advisory lock: two processes never create one database at once


@dataclass(frozen=True)
class Ground:
    """The ground floor: what any room may ask for."""

    settings: Settings

    @cached_property
    def embedded(self) -> EmbeddedServer | None:
        """The embedded server, or None when DATABASE_URL names another."""
        return None if self.settings.database_url else embedded_server(self.settings.liftline_home)

    @cached_property
    def database(self) -> Database:
        """The operational database, running and migrated to this version of the code."""
        from pipelines.migrations import migrate

        database = self.unmigrated_database
        migrate(database)
        return database

    @cached_property
    def unmigrated_database(self) -> Database:
        """The operational database as it is."""
        if self.embedded is not None:
            self.embedded.start()
            self._create_database(self.embedded.login, DATABASE_NAME)
            login = make_conninfo(self.embedded.login, dbname=DATABASE_NAME)
            return Database(login, login, each_role_signs_in=True)
        if self.settings.database_url is None:
            raise Refusal("DATABASE_URL is empty; set it or leave it out to use the embedded server.")
        # Where it cannot be made, whoever writes there says so.
        with suppress(OSError):
            make_private(self.settings.liftline_home)
        login = self.settings.database_url.get_secret_value()
        owner = self.settings.database_owner_url
        return Database(login, owner.get_secret_value() if owner else login)

    @staticmethod
    def clock() -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)

    def tenant_ids(self) -> list[str]:
        """Every tenant."""
        from pipelines.tenants.run import list_tenants

        return [row["tenant_id"] for row in list_tenants(self.database)]

    def airflow_login(self) -> str:
        """A connection string for Airflow's own database beside ours, created when missing."""
        login = self.unmigrated_database.owner_login
        self._create_database(login, "airflow")
        return make_conninfo(login, dbname="airflow")

    @staticmethod
    def _create_database(login: str, name: str) -> None:
        with Database(login, login).administer() as connection:
            # Two first commands may start at once; the lock ends with the connection.
            connection.execute("SELECT pg_advisory_lock(%s)", (CREATING,))
            exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if exists:
                return
            try:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            except InsufficientPrivilege as error:
                user = connection.info.user
                raise Refusal(
                    f"The login {user} may not make the database {name}; have an administrator run "
                    f'`CREATE DATABASE {name} OWNER "{user}";`, then try again.'
                ) from error

    @cached_property
    def link_key(self) -> bytes:
        """What seals the links in messages."""
        from pipelines.delivery.link_key import kept_key

        given = self.settings.liftline_link_key
        return given.get_secret_value().encode() if given else kept_key(self.settings.liftline_home / "link.key")

    def _brand_of(self, tenant: str) -> Brand:
        own = self.settings.liftline_brands / f"{tenant}.yaml"
        path = own if own.exists() else own.with_name("default.yaml")
        return _brand_in(path, path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=64)
def _brand_in(path: Path, _changed_at: int) -> Brand:
    """The brand in a file, read and checked again only when the file was changed."""
    from pipelines.generation.brand import read_brand

    return read_brand(path)
