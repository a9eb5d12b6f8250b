"""The application over a real database, for whichever roles a test asks for."""

import dataclasses
import itertools
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from pipelines.customers.reporter import QUALITY, NoReport
from pipelines.services import Services

# As Airflow and `liftline serve` do it: the plugins folder is on the path.
sys.path.insert(0, str(Path(__file__).parents[2] / "plugins"))

_people = itertools.count(1)
PASSWORD = "a long enough password"
OURS = {"X-Liftline": "1", "Sec-Fetch-Site": "same-origin"}


class OnePageReport(NoReport):
    """Great Expectations takes seconds, and is tested where it is used."""

    def write(self, folder, tenant, inspected, *, limit, held, now):
        done = super().write(folder, tenant, inspected, limit=limit, held=held, now=now)
        (folder / QUALITY / "index.html").write_text(f"{inspected.rows} lines", encoding="utf-8")
        return done


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords():
    """A guess is made to take a tenth of a second, and each sign-in of a test would take two."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.console.passwords.COST", 2**4)
        yield


@pytest.fixture(scope="session")
def console(services):
    """The application served alone."""
    from liftline_console.alone import build

    own = Services(services.settings)
    own.__dict__["desk"] = dataclasses.replace(services.desk, reporter=OnePageReport)
    return build(own)


@pytest.fixture
def grant(database):
    """Give a person a role in a tenant."""

    def give(user, tenant, *roles):
        with database.transaction(tenant) as connection:
            for role in roles:
                connection.execute(
                    "INSERT INTO access_grants (tenant_id, user_name, role, granted_by, granted_at) "
                    "VALUES (%s, %s, %s, 'test', %s)",
                    (tenant, user, role, datetime.now(UTC)),
                )

    return give


@pytest.fixture
def browser(console, grant, tenant, services):
    """A signed-in browser of a new person with these roles in the test's tenant."""
    from pipelines.console.passwords import Passwords

    def sign_in(*roles, also=()):
        user = f"person{next(_people)}"
        Passwords(services.console_folder).set(user, PASSWORD)
        grant(user, tenant, *roles)
        for other in also:
            grant(user, other, *roles)
        client = TestClient(console, headers=OURS, follow_redirects=False)
        answer = client.post("/sign-in", json={"user": user, "password": PASSWORD})
        assert answer.status_code == 204, answer.text
        client.user = user
        return client

    return sign_in


@pytest.fixture
def machine(console, services):
    """A client with an API key of a tenant."""

    def with_key(tenant, *roles):
        made = console.state.console.people.make_key(tenant, name="test", roles=roles, days=1, by="test")
        return TestClient(console, headers={"Authorization": f"Bearer {made['key']}"}, follow_redirects=False)

    return with_key
