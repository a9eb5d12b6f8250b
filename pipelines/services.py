"""The composition root: settings in, the database and the adapters that a step is given out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from psycopg import sql
from psycopg.conninfo import make_conninfo

from pipelines.adapters.postgres.embedded import EmbeddedServer, embedded_server
from pipelines.contracts import Refusal
from pipelines.customers.ports import Desk
from pipelines.database import Database
from pipelines.settings import Settings, load_settings

DATABASE_NAME = "liftline"


@dataclass(frozen=True)
class Services:
    """What the steps need of the outside, opened when first asked for."""

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
        login = self.settings.database_url.get_secret_value()
        owner = self.settings.database_owner_url
        return Database(login, owner.get_secret_value() if owner else login)

    @staticmethod
    def clock() -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)

    @property
    def uploads(self) -> Path:
        """Where uploaded files wait."""
        return self.settings.liftline_home / "uploads"

    @cached_property
    def desk(self) -> Desk:
        """What importing is given."""
        return Desk(
            database=self.database,
            workspace=self.settings.liftline_home / "imports",
            reports=self.settings.liftline_reports,
            quarantine_limit=self.settings.liftline_quarantine_limit,
            max_bytes=int(self.settings.liftline_max_file_gb * 1e9),
            clock=self.clock,
        )

    def airflow_login(self) -> str:
        """A connection string for Airflow's own database beside ours, created when missing."""
        login = self.unmigrated_database.owner_login
        self._create_database(login, "airflow")
        return make_conninfo(login, dbname="airflow")

    @staticmethod
    def _create_database(login: str, name: str) -> None:
        with Database(login, login).administer() as connection:
            exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if not exists:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def open_services(settings: Settings | None = None) -> Services:
    """The services of this process."""
    return Services(settings or load_settings())
