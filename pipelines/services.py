"""The composition root: settings in, the database and the adapters that a step is given out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import sql
from psycopg.conninfo import make_conninfo

from pipelines.adapters.postgres.embedded import EmbeddedServer, embedded_server
from pipelines.audit.archive import Archive
from pipelines.contracts import Refusal
from pipelines.customers.ports import Desk
from pipelines.database import Database
from pipelines.settings import Settings, load_settings

if TYPE_CHECKING:
    from pipelines.adapters.openai_api.endpoint import Endpoint
    from pipelines.generation.brand import Brand
    from pipelines.generation.ports import Studio
    from pipelines.knowledge.ports import Embedder, Library, PassageIndex

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

    @property
    def console_folder(self) -> Path:
        """Where the console served alone keeps its passwords and the key of its sessions."""
        return self.settings.liftline_home / "console"

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

    @property
    def anchors(self) -> Path:
        """Where heads of the audit ledger are kept, outside the database."""
        return self.settings.liftline_anchors or self.settings.liftline_reports / "anchors"

    @cached_property
    def archive(self) -> Archive:
        """What exporting and anchoring the audit ledger are given."""
        return Archive(database=self.database, anchors=self.anchors, clock=self.clock)

    @cached_property
    def library(self) -> Library:
        """What indexing and searching knowledge are given."""
        from pipelines.knowledge.ports import Library

        return Library(
            database=self.database,
            embedder=self._embedder(),
            index=self._passage_index(),
            synonyms=self.settings.liftline_synonyms,
            clock=self.clock,
        )

    def _embedder(self) -> Embedder:
        from pipelines.adapters.embedding import embedder
        from pipelines.adapters.openai_api.retrying import Patience

        settings = self.settings
        provider = settings.embedding_provider
        if provider == "offline":
            return embedder(provider)
        endpoint = self._endpoint(
            azure=settings.azure_openai_endpoint is not None,
            model=settings.openai_embedding_model,
            deployment=settings.azure_openai_embedding_deployment,
            named_in=("OPENAI_EMBEDDING_MODEL", "AZURE_OPENAI_EMBEDDING_DEPLOYMENT"),
        )
        patience = Patience(tries=settings.openai_tries)
        return embedder(provider, endpoint, settings.openai_embedding_dimensions, patience)

    def _passage_index(self) -> PassageIndex:
        from pipelines.adapters.search import passage_index
        from pipelines.adapters.search.azure_asking import Place

        settings = self.settings
        if settings.search_provider == "offline":
            return passage_index("offline")
        # Settings refuse a chosen vendor without its endpoint and key.
        assert settings.azure_search_endpoint
        assert settings.azure_search_api_key
        place = Place(
            endpoint=settings.azure_search_endpoint,
            api_key=settings.azure_search_api_key.get_secret_value(),
            index=settings.azure_search_index,
            semantic=settings.azure_search_semantic,
        )
        return passage_index("azure", place)

    @cached_property
    def studio(self) -> Studio:
        """What drafting is given."""
        from pipelines.adapters.language_model import writer
        from pipelines.adapters.openai_api.retrying import Patience
        from pipelines.generation.ports import Studio
        from pipelines.generation.prices import read_prices
        from pipelines.knowledge.run import passages_by_id, searching

        settings = self.settings
        provider = settings.language_model_provider
        endpoint = None if provider == "offline" else self._writing_endpoint()
        return Studio(
            database=self.database,
            searching=lambda tenant: searching(self.library, tenant),
            passages=lambda tenant, ids: passages_by_id(self.library, tenant, ids),
            writer=writer(provider, endpoint, Patience(tries=settings.openai_tries)),
            prices=read_prices(settings.liftline_policies),
            brand_of=self._brand_of,
            policies=settings.liftline_policies,
            monthly_budget=settings.liftline_monthly_budget_usd,
            clock=self.clock,
        )

    def _brand_of(self, tenant: str) -> Brand:
        from pipelines.generation.brand import read_brand

        own = self.settings.liftline_brands / f"{tenant}.yaml"
        return read_brand(own if own.exists() else own.with_name("default.yaml"))

    def _writing_endpoint(self) -> Endpoint:
        settings = self.settings
        return self._endpoint(
            azure=settings.azure_openai_endpoint is not None,
            model=settings.openai_model,
            deployment=settings.azure_openai_deployment,
            named_in=("OPENAI_MODEL", "AZURE_OPENAI_DEPLOYMENT"),
        )

    def _endpoint(self, *, azure: bool, model: str, deployment: str | None, named_in: tuple[str, str]) -> Endpoint:
        from pipelines.adapters.openai_api.endpoint import Endpoint

        settings = self.settings
        key = settings.azure_openai_api_key if azure else settings.openai_api_key
        return Endpoint(
            model=model,
            base_url=settings.azure_openai_endpoint if azure else settings.openai_base_url,
            api_key=key.get_secret_value() if key else None,
            deployment=deployment if azure else None,
            model_variable=named_in[azure],
            azure_api_version=settings.azure_openai_api_version if azure else None,
            concurrency=settings.openai_concurrency,
            timeout_seconds=settings.openai_timeout_seconds,
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


class ServingServices(Services):
    """The services of a process that answers requests: its connections are kept open."""

    @cached_property
    def database(self) -> Database:
        """The operational database behind a pool."""
        from pipelines.database import PooledDatabase

        return PooledDatabase.of(super().database)


def open_services(settings: Settings | None = None) -> Services:
    """The services of this process."""
    return Services(settings or load_settings())
