"""One embedded PostgreSQL a session, a fresh tenant a test, a fixed clock, and an environment without surprises."""

import gc
import itertools
import logging
import os
import re
import shutil
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import hypothesis
import pytest
import structlog

from pipelines.customers.reporter import QUALITY, Reporter
from pipelines.customers.run import Desk
from pipelines.database import OWNER
from pipelines.services import ServingServices
from pipelines.settings import Settings
from pipelines.tenants.run import QUERIES

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_numbers = itertools.count(1)

for name in Settings.model_fields:
    os.environ.pop(name.upper(), None)
os.environ["LIFTLINE_LOG_LEVEL"] = "warning"
# Tables as wide wherever tests run: what is looked for in them must not be broken over two lines.
os.environ["COLUMNS"] = "200"
# How long an example takes says more about what else the machine does.
# Where a change is judged, the same examples each time: what it broke must not be mixed with what luck found.
hypothesis.settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("house")

# Hundreds of modules are imported while tests are collected, and nothing of that is ever freed.
gc.disable()


def pytest_collection_finish():
    """What was imported stays: it is not searched again and again for what could be freed."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    gc.enable()


# These share the marts of a small world, which take long to build.
OF_ONE_BUILD = re.compile(r"tests/reporting/test_(marts|reports|restoring|updating)\.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Files are shared out among workers whole, and those of one build together."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByBuild(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return "tests/reporting" if OF_ONE_BUILD.match(nodeid) else super()._split_scope(nodeid)

    return ByBuild(config, log)


class PlainReporter(Reporter):
    """Leaves a page without asking Great Expectations; the report itself is tested where it is made."""

    def __init__(self, file_bytes: int) -> None:
        pass

    def __enter__(self) -> "PlainReporter":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def write(self, folder: Path, tenant, inspected, *, limit, held, now) -> Future[None]:
        (folder / QUALITY).mkdir(exist_ok=True)
        (folder / QUALITY / "index.html").write_text(f"{inspected.rows} lines, held {held}")
        done: Future[None] = Future()
        done.set_result(None)
        return done


@pytest.fixture(autouse=True)
def _plain_logs():
    """What a test set up for its logs is gone with it: the stream that it wrote to is closed."""
    structlog.reset_defaults()
    yield
    root = logging.getLogger()
    root.handlers = [handler for handler in root.handlers if not type(handler).__module__.startswith("pipelines")]


@pytest.fixture(scope="session")
def services(tmp_path_factory):
    home = tmp_path_factory.mktemp("liftline")
    found = ServingServices(Settings(_env_file=None, liftline_home=home / "home", liftline_reports=home / "reports"))
    with found.unmigrated_database.administer() as connection:
        # No test takes the power away from this server, so nothing need wait for the disk.
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")
    yield found
    if "database" in found.__dict__:
        found.database.pool.close()
    found.embedded.stop()
    for folder in {found.embedded.folder, found.embedded.socket_folder}:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database(services):
    return services.database


@pytest.fixture(scope="session")
def _founder(database):
    """The owner's connection by which each test gets its tenant: connecting takes ten times as long."""
    with database.connect(OWNER) as connection:
        connection.autocommit = True
        yield connection


@pytest.fixture
def tenant(_founder):
    name = f"t{next(_numbers)}"
    _founder.execute(QUERIES["create"], {"tenant": name, "name": name})
    return name


@pytest.fixture
def plain_report(monkeypatch):
    """Imports begun from here on leave the plain page, wherever their services are opened."""
    monkeypatch.setattr("pipelines.services.records.Desk", partial(Desk, reporter=PlainReporter))


@pytest.fixture
def desk(database, tmp_path):
    return Desk(
        database=database,
        workspace=tmp_path / "imports",
        reports=tmp_path / "reports",
        quarantine_limit=0.2,
        max_bytes=10**9,
        clock=lambda: NOW,
        reporter=PlainReporter,
    )
