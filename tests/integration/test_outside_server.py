"""Servers that are not ours: over TCP, with passwords, administrators of other names, and logins that may little."""

import re
from datetime import UTC, datetime

import psycopg
import pytest

from pipelines import doctor
from pipelines.audit.run import Scope, anchor, export, verify
from pipelines.backup.run import back_up, restore
from pipelines.contracts import Refusal
from pipelines.database import DBT, SCHEMA
from pipelines.migrations import current, newest
from pipelines.promises.run import examine
from pipelines.services import Services
from pipelines.settings import Settings
from pipelines.tenants.run import create_tenant
from tests.integration.outside import outside_server
from tests.integration.test_schema import ALL_TABLES, contents
from tests.reporting.world import fill

TENANTS = ("acme", "borea")


@pytest.fixture(scope="module")
def server():
    with outside_server("root_of_one") as made:
        yield made


@pytest.fixture
def liftline_at(tmp_path):
    """A Liftline with folders of its own, that is given these logins."""

    def at(name, url, owner_url=None):
        folders = {"liftline_home": tmp_path / name / "home", "liftline_reports": tmp_path / name / "reports"}
        return Services(Settings(_env_file=None, **folders, database_url=url, database_owner_url=owner_url))

    return at


def user_of(server, name):
    """A login that is no more than the application."""
    url = server.login(name, "liftline")
    server.run(f"GRANT liftline_app, liftline_dbt TO {name}")
    return url


def guards(database):
    with database.administer() as connection:
        return sorted(map(str, connection.execute(ALL_TABLES, (SCHEMA,)).fetchall()))


def kept(services):
    return {(one.tenant, one.promise): one.broken for one in examine(services.database, TENANTS, now=datetime.now(UTC))}


def test_a_backup_goes_to_another_server_with_its_roles_and_policies(server, liftline_at, tmp_path):
    server.run("CREATE DATABASE liftline")
    owner = server.url(server.administrator, "liftline")
    assert liftline_at("one", owner).database
    source = liftline_at("one", user_of(server, "user_of_one"), owner)
    for tenant in TENANTS:
        create_tenant(source.database, tenant)
        fill(source.database, tenant, f"{tenant}-spring")
        with source.database.transaction(tenant) as connection:
            connection.execute("SELECT append_audit(audit_entry('ada', 'person', 'campaign.launch', 'entered'))")
    anchor(source.archive, TENANTS[0])
    back_up(source, tmp_path / "backup")
    before = contents(source.database)
    with outside_server("root_of_two") as other:
        other.run("CREATE DATABASE liftline")
        owner = other.url("root_of_two", "liftline")
        restore(liftline_at("two", owner), tmp_path / "backup")
        target = liftline_at("two", user_of(other, "user_of_two"), owner)
        assert current(target.database) == newest()
        assert guards(target.database) == guards(source.database)
        after = contents(target.database)
        changed = {name for name, rows in before.items() if sorted(map(str, rows)) != sorted(map(str, after[name]))}
        assert changed == {"audit_entries", "campaigns"}
        assert {row["status"] for row in after["campaigns"]} == {"paused"}
        assert kept(target) == kept(source)
        with target.database.transaction(TENANTS[0]) as connection:
            assert {row["tenant_id"] for row in connection.execute("SELECT tenant_id FROM customers")} == {TENANTS[0]}
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("DELETE FROM audit_entries")
        with target.database.transaction(TENANTS[0], role=DBT) as connection:
            assert len(connection.execute("SELECT DISTINCT tenant_id FROM customers").fetchall()) == len(TENANTS)
        export(target.archive, Scope(TENANTS[0], None), tmp_path / "export", by="vera")
        assert verify(tmp_path / "export", target.anchors).whole


@pytest.mark.parametrize("rights", ["", "CREATEROLE"], ids=["a plain login", "who administers a managed server"])
def test_a_login_that_may_not_make_everything_is_told_what_to_have_run_and_then_it_works(server, liftline_at, rights):
    name, database = f"dba {rights}".strip(), f"managed {rights}".strip()
    services = liftline_at(name, server.login(name, database, *([rights] if rights else [])))
    server.run(f'CREATE DATABASE "{database}"')
    with pytest.raises(Refusal, match=f"The login {name} may not make all that the schema stands on") as refused:
        assert services.database
    assert current(services.unmigrated_database) is None
    asked = re.search("`(.+)`", str(refused.value))
    server.run(*asked[1].split("; "), dbname=database)
    create_tenant(services.database, TENANTS[0])
    assert doctor._database(services).healthy
    with services.database.transaction(TENANTS[0]) as connection:
        assert connection.execute("SELECT tenant_id FROM tenants").fetchall() == [{"tenant_id": TENANTS[0]}]
    with pytest.raises(
        Refusal, match=r"may not make the database airflow; .*`(CREATE DATABASE airflow OWNER .+;)`"
    ) as no:
        services.airflow_login()
    server.run(re.search("`(.+)`", str(no.value))[1])
    assert services.airflow_login()
    server.run("DROP DATABASE airflow")
