"""A listener with the rules of this project, and a campaign that was sent."""

import itertools
from dataclasses import replace

import pytest

from pipelines.engagement.ports import Listener
from tests.conftest import NOW
from tests.engagement.sent import send

_numbers = itertools.count(1)


@pytest.fixture
def listener(services, tmp_path) -> Listener:
    return replace(
        services.listener,
        unclaimed=tmp_path / "unclaimed",
        inbox=tmp_path / "inbox",
        simulations=tmp_path / "simulations",
        keys=tmp_path / "keys",
        clock=lambda: NOW,
    )


@pytest.fixture
def campaign(database, tenant):
    return send(database, tenant, f"camp{next(_numbers)}", 60)


@pytest.fixture
def ask(database, tenant):
    """Rows of a statement as the tenant."""

    def rows(statement, *values):
        with database.transaction(tenant) as connection:
            return connection.execute(statement, values).fetchall()

    return rows
