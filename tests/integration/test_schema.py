"""The schema itself: up, down and up again, every table guarded, every role no more than it must be."""

import subprocess
import sys
import tempfile
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pipelines import doctor, migrations
from pipelines.contracts import Refusal
from pipelines.customers import store as customers
from pipelines.database import APP, DBT, OWNER, READER, SCHEMA, Database, Queries, held
from pipelines.services import Services
from pipelines.settings import Settings
from pipelines.tenants.run import create_tenant, list_tenants, show_tenant
from tests.reporting.world import WORLD

ALL_TABLES = "SELECT relname, relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner) AS owner FROM pg_class "
ALL_TABLES += "WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p') AND relname <> 'alembic_version'"


@pytest.fixture
def empty_database(services):
    """A database of its own on the same server, so that taking its schema down disturbs nobody."""
    name = f"empty_{uuid.uuid4().hex[:8]}"
    with services.database.administer() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    login = make_conninfo(services.embedded.login, dbname=name)
    yield Database(login, login, each_role_signs_in=True)
    with services.database.administer() as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def shape(database):
    with database.administer() as connection:
        columns = connection.execute(
            "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
            "WHERE table_schema = %s ORDER BY 1, ordinal_position",
            (SCHEMA,),
        ).fetchall()
        policies = connection.execute("SELECT tablename, policyname, qual FROM pg_policies ORDER BY 1, 2").fetchall()
    return columns, policies


# What was known when the schema stood at 0008.
KNOWN_AT_0008 = (
    "customers", "batch", "orders", "profiles", "snapshot", "members", "consents", "suppressions", "campaign", "units",
    "generations", "variants", "policy", "screenings", "release", "feedback", "eligibility",
)  # fmt: skip


def contents(database):
    """Every row of every table of ours."""
    with database.administer() as connection:
        names = [row["relname"] for row in connection.execute(ALL_TABLES, (SCHEMA,))]
        return {
            name: [row["row"] for row in connection.execute(f"SELECT to_jsonb(t) AS row FROM {SCHEMA}.{name} AS t")]
            for name in names
        }


def test_the_schema_goes_up_with_its_rows_then_down_and_up_again(empty_database):
    assert migrations.current(empty_database) is None
    migrations.migrate(empty_database, "0008")
    create_tenant(empty_database, "acme")
    with empty_database.transaction("acme") as connection:
        for name in KNOWN_AT_0008:
            connection.execute(WORLD[name], {"campaign": "spring", "rules": "r1"})
        connection.execute(
            "INSERT INTO sends (tenant_id, campaign_id, customer_id, step, channel, message_id, variant_id, version, "
            "content_hash, policy_version, state, marketing, queued_at) SELECT 'acme', 'spring', 'c' || n, 1, 'email', "
            "'m' || n, 'v', 1, 'springchampionsprofessional', 'p1', 'accepted', true, now() "
            "FROM generate_series(1, 9) AS n"
        )
        connection.execute("SELECT append_audit(audit_entry('ada', 'person', 'campaign.pause', 'paused'))")
    before = contents(empty_database)
    assert {name for name, rows in before.items() if rows} >= {"customers", "variants", "sends", "audit_entries"}
    migrations.migrate(empty_database)
    after = contents(empty_database)
    for table, rows in before.items():
        # What was added to a row since is empty.
        kept = [{name: row[name] for name in rows[0]} for row in after[table]] if rows else after[table]
        assert sorted(kept, key=str) == sorted(rows, key=str), table
    spent = {(row["whose"], row["which"]): float(row["usd"]) for row in after["spending"]}
    assert spent == {("campaign", "spring"): 0.02, ("month", "2026-11"): 0.02}
    first = shape(empty_database)
    assert migrations.current(empty_database) == migrations.newest()
    numbers = sorted(path.name[:4] for path in (migrations.FOLDER / "versions").glob("[0-9]*.py"))
    for number in reversed(numbers[:-1]):
        migrations.downgrade(empty_database, number)
        assert migrations.current(empty_database) == number
    migrations.downgrade(empty_database, "base")
    columns, policies = shape(empty_database)
    assert {row["table_name"] for row in columns} == {"alembic_version"}
    assert policies == []
    migrations.migrate(empty_database)
    assert shape(empty_database) == first
    migrations.migrate(empty_database)


REFERRING = {
    "assignments": "INSERT INTO assignments (tenant_id, experiment_key, customer_id, unit_id, code, assigned_at) "
    "SELECT current_setting('liftline.tenant'), 'none', 'c' || n, 'u', 'no_variant', now() "
    "FROM generate_series(1, 2) AS n",
    "model_scores": "INSERT INTO model_scores (tenant_id, model, customer_id, version, score, as_of) "
    "VALUES (current_setting('liftline.tenant'), 'churn', 'c1', 7, 0.5, now())",
}


@pytest.mark.parametrize("table", REFERRING)
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_rows_that_come_by_the_million_are_held_to_what_they_refer_to(database, tenant, table, role):
    with database.administer(dbname=psycopg.conninfo.conninfo_to_dict(database.login)["dbname"]) as connection:
        connection.execute(f"SET search_path = {SCHEMA}")
        connection.execute("SELECT set_config('liftline.tenant', %s, false)", (tenant,))
        connection.execute(f"SET session_replication_role = {role}")
        with pytest.raises(psycopg.errors.ForeignKeyViolation) as refused:
            connection.execute(REFERRING[table])
    assert refused.value.diag.table_name == table


def test_first_commands_that_start_at_once_migrate_one_after_the_other(empty_database):
    with ThreadPoolExecutor(4) as several:
        list(several.map(lambda _: migrations.migrate(empty_database), range(4)))
    assert migrations.current(empty_database) == migrations.newest()


def test_a_schema_too_old_or_too_new_for_the_code_is_told(services, empty_database):
    migrations.migrate(empty_database, "0001")
    owner, user = (Services(Settings(_env_file=None, database_url=login)) for login in (
        empty_database.login, empty_database.conninfo(APP)))  # fmt: skip
    newest = migrations.newest()
    told = doctor._database(owner)
    assert (told.healthy, f"brings it to {newest}" in told.detail) == (True, True)
    told = doctor._database(user)
    assert (told.healthy, "schema 0001 is too old" in told.detail) == (False, True)
    assert "DATABASE_OWNER_URL" in told.remedy
    with pytest.raises(Refusal, match=f"stands at 0001 and this Liftline wants {newest}"):
        assert user.database
    with empty_database.administer() as connection:
        connection.execute(f"UPDATE {SCHEMA}.alembic_version SET version_num = '9999'")
    told = doctor._database(owner)
    assert (told.healthy, "schema 9999 is too new" in told.detail) == (False, True)
    with pytest.raises(Refusal, match="made by a newer Liftline"):
        assert owner.database


def test_every_business_table_is_guarded_and_keyed_by_tenant(database):
    with database.administer() as connection:
        tables = connection.execute(ALL_TABLES, (SCHEMA,)).fetchall()
        keys = connection.execute(
            "SELECT c.relname, a.attname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid "
            "JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] "
            "WHERE c.relnamespace = %s::regnamespace",
            (SCHEMA,),
        ).fetchall()
    assert len(tables) >= 10
    for table in tables:
        assert table["relrowsecurity"], table
        assert table["relforcerowsecurity"], table
        # The ledger's owner is a role that nobody acts as.
        assert table["owner"] == ("liftline_ledger" if table["relname"] == "audit_entries" else OWNER)
    first_columns = {(row["relname"], row["attname"]) for row in keys} - {("alembic_version", "version_num")}
    assert {column for _, column in first_columns} == {"tenant_id"}
    assert {table for table, _ in first_columns} == {table["relname"] for table in tables}


def test_no_role_of_ours_can_step_around_the_policies(database):
    with database.administer() as connection:
        roles = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = ANY(%s)",
            ([APP, OWNER, DBT, READER],),
        ).fetchall()
    assert len(roles) == 4
    for role in roles:
        assert {role["rolsuper"], role["rolbypassrls"], role["rolcreaterole"]} == {False}, role


def test_roles_see_what_they_are_for(database, tenant):
    other = create_tenant(database, f"{tenant}-other").tenant_id
    for owner in (tenant, other):
        with database.transaction(owner) as connection:
            connection.execute(
                "INSERT INTO accounts (tenant_id, account_id, changed_seq) VALUES (%s, 'a', 1)", (owner,)
            )
    seen = {}
    for role in (APP, READER, DBT, OWNER):
        with database.transaction(tenant, role=role) as connection:
            found = connection.execute("SELECT tenant_id FROM accounts").fetchall()
            seen[role] = {row["tenant_id"] for row in found}
    assert seen[APP] == seen[READER] == seen[OWNER] == {tenant}
    assert {tenant, other} <= seen[DBT]
    for role in (READER, DBT):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction(tenant, role=role) as connection:
            connection.execute("DELETE FROM accounts")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction(tenant) as connection:
        connection.execute("TRUNCATE accounts")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction(tenant) as connection:
        connection.execute("INSERT INTO tenants VALUES (%s, 'x')", (tenant,))
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction(tenant) as connection:
        connection.execute("UPDATE accounts SET tenant_id = %s", (other,))


def test_tenants_are_made_listed_and_shown(database, tenant):
    assert tenant in [row["tenant_id"] for row in list_tenants(database)]
    assert show_tenant(database, tenant)["customers"] == 0
    for name, sentence in ((tenant, "already"), ("Acme Ltd", "cannot name"), ("1", "cannot name")):
        with pytest.raises(Refusal, match=sentence):
            create_tenant(database, name)
    with pytest.raises(Refusal, match="no tenant nobody"):
        show_tenant(database, "nobody")


def test_an_outside_server_works_through_its_url_alone(services, tmp_path, empty_database):
    settings = Settings(_env_file=None, liftline_home=tmp_path, database_url=empty_database.login)
    outside = Services(settings)
    assert outside.embedded is None
    tenant = create_tenant(outside.database, "acme").tenant_id
    with outside.database.transaction(tenant) as connection:
        assert connection.execute("SELECT current_user AS me, tenant_id FROM tenants").fetchall() == [
            {"me": APP, "tenant_id": "acme"}
        ]
    assert not (tmp_path / "postgres").exists()


def test_first_commands_that_start_at_once_make_one_database(services):
    name = f"first_{uuid.uuid4().hex[:8]}"
    code = "from pipelines.services import Services; print('ready', flush=True); input(); Services._create_database"
    command = [sys.executable, "-c", f"{code}({services.embedded.login!r}, {name!r})"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    several = [subprocess.Popen(command, **pipes, text=True) for _ in range(3)]
    for one in several:
        one.stdout.readline()
    for one in several:
        one.stdin.write("go\n")
        one.stdin.flush()
    assert [one.communicate()[1] for one in several] == [""] * 3
    with services.database.administer() as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def test_a_lock_is_given_back_at_once_and_not_when_its_connection_closes(database):
    with database.session("acme") as one, database.session("acme") as two:
        with held(one.connection, "a test") as first, held(two.connection, "a test") as second:
            assert (first, second) == (True, False)
        with held(two.connection, "a test") as second:
            assert second
            two.connection.close()
        with pytest.raises(ZeroDivisionError), held(one.connection, "another"):
            1 / 0  # noqa: B018
        still = one.connection.execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert still.fetchone() is None


def test_a_server_that_is_away_is_a_sentence(tmp_path):
    settings = Settings(_env_file=None, liftline_home=tmp_path, database_url="host=/nowhere user=x dbname=y")
    with pytest.raises(Refusal, match="DATABASE_URL"):
        assert Services(settings).database


@pytest.mark.parametrize("value", ["'person@example.com'::integer", "1/(0)", "NULL"])
def test_what_postgresql_says_of_a_bad_row_names_no_value(database, tenant, value):
    insert = "INSERT INTO customers (tenant_id, customer_id, email, orders, source_seq, source_line, changed_seq)"
    with pytest.raises(psycopg.Error) as raised, database.transaction(tenant) as connection:
        connection.execute(f"{insert} VALUES (%s, 'c', 'person@example.com', {value}, NULL, 1, 1)", (tenant,))
    assert "refused a row" in str(raised.value)
    assert "person@example.com" not in str(raised.value)


@pytest.mark.parametrize("path", sorted(Path(customers.__file__).parents[1].glob("*/queries.sql")), ids=str)
def test_every_named_statement_is_used(path):
    names = set(Queries(path))
    assert names
    code = "\n".join(module.read_text(encoding="utf-8") for module in path.parent.rglob("*.py"))
    patterns = {"stage_customers", "stage_orders", "stage_events", "stage_consents", "stage_suppressions"}
    patterns |= {"merge_orders", "merge_events"}
    patterns |= {f"prune_{table}" for table in ("members", "segments", "snapshots", "profiles")}
    patterns |= {f"unit_members_{kind}" for kind in ("segment", "persona", "account", "person")}
    assert {name for name in names - patterns if f'"{name}"' not in code} == set()


def test_a_new_state_folder_is_for_its_owner_and_its_database_alone():
    from pipelines.adapters.postgres.embedded import embedded_server

    with tempfile.TemporaryDirectory(dir="/tmp") as given:
        parent = Path(given)
        parent.chmod(0o755)
        with ThreadPoolExecutor(4) as starters:
            servers = set(starters.map(lambda _: embedded_server(parent / "home").folder, range(4)))
        assert servers == {parent.resolve() / "home" / "postgres"}
        assert [path.name for path in parent.iterdir()] == ["home"]
        assert (parent / "home").stat().st_mode & 0o067 == 0
        outside = Services(Settings(_env_file=None, liftline_home=parent / "second" / "home", database_url="host=/no"))
        assert outside.unmigrated_database
        assert oct((parent / "second" / "home").stat().st_mode)[-3:] == "700"
        (parent / "kept").mkdir(mode=0o755)
        embedded_server(parent / "kept")
        assert oct((parent / "kept").stat().st_mode)[-3:] == "755"


def test_the_embedded_server_survives_a_crash_and_two_starters(tmp_path):
    import shutil
    import signal

    from pipelines.adapters.postgres.embedded import embedded_server

    server = embedded_server(tmp_path / "home")
    try:
        with ThreadPoolExecutor(4) as starters:
            list(starters.map(lambda _: embedded_server(tmp_path / "home").start(), range(4)))
        assert server.running()
        pid = int((server.data / "postmaster.pid").read_text().splitlines()[0])
        import os

        os.kill(pid, signal.SIGKILL)
        while server.running():
            pass
        # In a container that was restarted, the number of the killed server is soon that of another program.
        with subprocess.Popen(["sleep", "60"], user=server.system_user) as other:
            (server.data / "postmaster.pid").write_text(f"{other.pid}\n{server.data}\n")
            assert not server.running()
            server.start()
            other.kill()
        with psycopg.connect(server.login) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert oct(server.folder.stat().st_mode)[-3:] == "700"
        assert server.stop() is True
        assert server.stop() is False
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)
