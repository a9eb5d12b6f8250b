"""A database of its own, for dbt builds the marts of all tenants; one build a session, of a small world of two."""

import itertools
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pipelines.adapters.report_post.folders import Outbox, Shelf
from pipelines.database import Database
from pipelines.migrations import migrate
from pipelines.reporting.ports import Newsroom
from pipelines.reporting.run import refresh
from pipelines.tenants.run import create_tenant
from tests.reporting.world import fill

PROJECT = Path(__file__).parents[2]
MINE, OTHER = "acme", "borea"
# Nothing commits late here; and dbt parses its project anew whenever it is told other variables.
TOLD = ("--vars", "{lookback_hours: 0}")


@pytest.fixture(scope="session")
def warehouse(services):
    name = f"marts_{uuid.uuid4().hex[:8]}"
    with services.database.administer() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    login = make_conninfo(services.embedded.login, dbname=name)
    database = Database(login, login, each_role_signs_in=True)
    migrate(database)
    for tenant in (MINE, OTHER):
        create_tenant(database, tenant)
        fill(database, tenant, f"{tenant}-spring")
    yield database
    with services.database.administer() as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def newsroom(warehouse, tmp_path_factory):
    """The marts of the small world, built with every test of the project."""
    folder = tmp_path_factory.mktemp("newsroom")
    alerts = []
    seconds = itertools.count()
    room = Newsroom(
        database=warehouse,
        project=PROJECT / "dbt",
        state=folder / "state",
        reports=folder / "reports",
        alert=alerts.append,
        post=Outbox(folder / "outbox", "liftline@example.com"),
        shelf=Shelf(),
        sentences={},
        explain=lambda tenant, key: None,
        clock=lambda: datetime(2026, 12, 2, 12, 0, next(seconds) % 60, next(seconds), tzinfo=UTC),
    )
    done = refresh(room, also=TOLD)
    assert done["models"] == 26
    # Thirteen of data, fifteen of rules.
    assert done["tests"] >= 28
    assert (done["failed"], done["skipped"], alerts) == (0, 0, [])
    return room
