"""The ledger in the database: who may do what to it, and that its chain never forks."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.database import APP, DBT, OWNER, READER
from pipelines.tenants.run import create_tenant

ONE = "SELECT append_audit(audit_entry(actor => 'a', actor_kind => 'person', action => 'approve', decision => 'yes'))"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET body = body",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
        "INSERT INTO audit_entries SELECT * FROM audit_entries",
        "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
        "ALTER TABLE audit_entries ADD COLUMN more text",
        "ALTER TABLE audit_entries OWNER TO liftline_app",
        "ALTER TABLE audit_entries DISABLE ROW LEVEL SECURITY",
        "DROP TABLE audit_entries",
        "DROP TRIGGER refuse_change ON audit_entries",
        "CREATE TRIGGER mine BEFORE INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()",
        "CREATE OR REPLACE FUNCTION append_audit(entries audit_draft[]) RETURNS bigint LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION audit_line(draft audit_draft) RETURNS text LANGUAGE sql AS 'SELECT 1::text'",
        "SET ROLE liftline_ledger",
        "SET ROLE liftline_owner",
        "SET session_replication_role = replica",
        "MERGE INTO audit_entries AS a USING tenants AS t ON true WHEN MATCHED THEN DELETE",
        "COPY audit_entries FROM STDIN",
        "SELECT * FROM audit_entries FOR UPDATE",
    ],
)
def test_the_app_can_only_append(book, statement):
    book.append(2)
    before = book.rows()
    with (
        pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported)),
        book.archive.database.transaction(book.tenant) as connection,
    ):
        connection.execute(statement)
    assert book.rows() == before


@pytest.mark.parametrize("role", [OWNER, DBT, READER])
def test_no_other_role_writes_at_all(book, role):
    book.append(1)
    for statement in (
        ONE,
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
        "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
    ):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            book.archive.database.transaction(book.tenant, role=role) as connection,
        ):
            connection.execute(statement)


def test_even_a_superuser_meets_the_triggers_first(book):
    book.append(1)
    for statement in ("UPDATE audit_entries SET body = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries"):
        with book.archive.database.administer() as connection:
            connection.execute("SET search_path = liftline")
            connection.execute("SET session_replication_role = replica")
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only ever added to"):
                connection.execute(statement)


def test_nobody_owns_the_ledger_who_can_sign_in(database):
    with database.administer() as connection:
        owner = connection.execute(
            "SELECT r.rolname, r.rolcanlogin, r.rolsuper, r.rolbypassrls FROM pg_class AS c "
            "JOIN pg_roles AS r ON r.oid = c.relowner WHERE c.oid = 'liftline.audit_entries'::regclass"
        ).fetchone()
        members = connection.execute(
            "SELECT pg_has_role(m, 'liftline_ledger', 'MEMBER') AS is_member FROM unnest(%s::text[]) AS m",
            ([APP, OWNER, DBT, READER],),
        ).fetchall()
        definer = connection.execute(
            "SELECT prosecdef, proconfig FROM pg_proc "
            "WHERE oid = 'liftline.append_audit(liftline.audit_draft[])'::regprocedure"
        ).fetchone()
    assert owner == {"rolname": "liftline_ledger", "rolcanlogin": False, "rolsuper": False, "rolbypassrls": False}
    assert {row["is_member"] for row in members} == {False}
    assert definer == {"prosecdef": True, "proconfig": ["search_path=pg_catalog, liftline, pg_temp"]}


def test_number_moment_tenant_and_hashes_are_not_the_callers(book):
    other = create_tenant(book.archive.database, f"{book.tenant}-other").tenant_id
    book.append(1)
    with book.archive.database.transaction(book.tenant) as connection:
        # Whatever the caller plants in its own schema or settings, the function does not see it.
        connection.execute("CREATE TEMP TABLE audit_entries (tenant_id text, seq bigint, hash text)")
        connection.execute("CREATE TEMP TABLE tenants (tenant_id text)")
        connection.execute("INSERT INTO pg_temp.audit_entries VALUES (%s, 77, 'forged')", (book.tenant,))
        connection.execute("SET LOCAL search_path = pg_temp, liftline")
        connection.execute("SET LOCAL timezone = 'Asia/Tokyo'")
        connection.execute("SET LOCAL datestyle = 'German'")
        connection.execute("SET LOCAL standard_conforming_strings = off")
        assert connection.execute(ONE).fetchone()["append_audit"] == 2
        connection.execute("DROP TABLE pg_temp.audit_entries, pg_temp.tenants")
    for extra in ("seq => 9", "occurred_at => now()", f"tenant_id => '{other}'", "previous_hash => 'x'", "hash => 'x'"):
        with (
            pytest.raises(psycopg.errors.UndefinedFunction),
            book.archive.database.transaction(book.tenant) as connection,
        ):
            connection.execute(ONE.replace("decision =>", f"{extra}, decision =>"))
    assert [row[:2] for row in book.rows()] == [(book.tenant, 1), (book.tenant, 2)]
    assert book.verdict(book.file()).whole


def test_without_a_tenant_nothing_is_logged(database):
    refused = pytest.raises(psycopg.Error, match="bound to no tenant")
    with refused, database.connect() as connection:
        connection.execute(ONE)
    for bound in ("", "nobody"):
        with refused, database.transaction(bound) as connection:
            connection.execute(ONE)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("actor => ''", "Entry 1 of 1 names no actor."),
        ("actor_kind => 'robot'", "no person, agent or system"),
        ("action => NULL", "names no action"),
        ("decision => ''", "holds no decision"),
        ("subject_id => 'person@example.com'", "give its opaque id"),
        ("campaign_id => 'a,b'", "no campaign has"),
        ("campaign_id => E'a\\nb'", "no campaign has"),
    ],
)
def test_what_cannot_be_logged_says_why_and_stops_the_batch(book, told, sentence):
    name = told.split(" ")[0]
    values = {"actor": "'a'", "actor_kind": "'person'", "action": "'x'", "decision": "'y'"} | {
        name: told.split("=> ")[1]
    }
    named = ", ".join(f"{key} => {value}" for key, value in values.items())
    with pytest.raises(psycopg.Error, match=sentence), book.archive.database.transaction(book.tenant) as connection:
        connection.execute(f"SELECT append_audit(audit_entry({named}))")
    for empty in ("NULL::audit_draft[]", "'{}'::audit_draft[]"):
        with book.archive.database.transaction(book.tenant) as connection:
            assert connection.execute(f"SELECT append_audit({empty}) AS seq").fetchone()["seq"] is None
    with (
        pytest.raises(psycopg.Error, match="names no actor"),
        book.archive.database.transaction(book.tenant) as connection,
    ):
        connection.execute("SELECT append_audit(ARRAY[NULL::audit_draft])")
    assert book.rows() == []


def test_a_batch_is_the_same_as_its_entries_one_by_one(book):
    assert book.append(100) == 100
    assert book.append(3, campaign=None) == 103
    previous = "0" * 64
    for tenant, seq, moment, campaign, body, before, found in book.rows():
        head = f"{seq},{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ},{tenant},{campaign or ''}"
        digest = hashlib.sha256(body.encode()).hexdigest()
        previous_now, previous = previous, hashlib.sha256(f"{previous},{head},{digest}".encode()).hexdigest()
        assert (before, found) == (previous_now, previous)


def test_tenants_have_chains_of_their_own_and_see_no_other(book):
    other = create_tenant(book.archive.database, f"{book.tenant}-next").tenant_id
    book.append(3)
    with book.archive.database.transaction(other) as connection:
        assert connection.execute(ONE).fetchone()["append_audit"] == 1
        for table in ("audit_entries", "audit_log"):
            seen = connection.execute(f"SELECT DISTINCT tenant_id FROM {table}").fetchall()
            assert [row["tenant_id"] for row in seen] == [other]
    with book.archive.database.transaction(other, role=READER) as connection:
        assert connection.execute("SELECT count(*) AS n FROM audit_log").fetchone()["n"] == 1
    with book.archive.database.transaction(other, role=DBT) as connection:
        seen = connection.execute("SELECT DISTINCT tenant_id FROM audit_log").fetchall()
        assert {book.tenant, other} <= {row["tenant_id"] for row in seen}


def test_eight_writers_make_one_chain(book):
    def write(number):
        for turn in range(15):
            if turn % 5 == 4:
                with book.archive.database.transaction(book.tenant) as connection:
                    connection.execute(ONE)
                    connection.rollback()
            else:
                book.append(1 + number % 3, campaign=f"c{number}")

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(write, range(8)))
    expected = sum(12 * (1 + number % 3) for number in range(8))
    assert [row[1] for row in book.rows()] == list(range(1, expected + 1))
    assert book.verdict(book.file()).whole


def test_a_transaction_that_saw_an_older_ledger_cannot_fork_it(book):
    book.append(1)
    with book.archive.database.connect() as late:
        late.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        late.execute("SELECT set_config('liftline.tenant', %s, true)", (book.tenant,))
        late.execute("SELECT count(*) FROM audit_entries")
        book.append(1)
        with pytest.raises(psycopg.Error):
            late.execute(ONE)
    assert len(book.rows()) == 2


def test_a_writer_that_is_killed_leaves_the_chain_whole(book):
    book.append(2)
    program = (
        "import sys, time; from pipelines.database import Database; import json\n"
        "told = json.loads(sys.argv[1]); database = Database(told['login'], told['login'], each_role_signs_in=True)\n"
        "with database.transaction(told['tenant']) as connection:\n"
        f"    connection.execute({ONE!r}); print('written', flush=True); time.sleep(60)\n"
    )
    told = json.dumps({"login": book.archive.database.login, "tenant": book.tenant})
    with subprocess.Popen([sys.executable, "-c", program, told], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "written\n"
        os.kill(writer.pid, signal.SIGKILL)
    # The lock is freed with the session, and what was not committed is not there.
    assert book.append(1) == 3
    assert book.verdict(book.file()).whole


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=40)
        | st.sampled_from(
            ['",",', "\\n", "\\\\n\\", "\n\r\n", "=1+1", "(a,b)", "é\u0301\u2028\u0085", "\x1f\x7f\t", '"', "\\"]
        ),
        min_size=3,
        max_size=3,
    ),
    hits=st.lists(
        st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=8), max_size=3
    ),
)
def test_any_text_is_one_line_that_reads_back_as_it_was(book, texts, hits):
    reason, thing, why = texts
    with book.archive.database.transaction(book.tenant) as connection:
        row = connection.execute(
            "SELECT append_audit(audit_entry(actor => 'a', actor_kind => 'agent', action => 'x', decision => 'y', "
            "reason => %s, object => %s, override_reason => %s, blocklist_hits => %s)) AS seq",
            (reason, thing, why, hits),
        ).fetchone()
        body = connection.execute("SELECT body FROM audit_entries WHERE seq = %s", (row["seq"],)).fetchone()["body"]
        read = connection.execute("SELECT * FROM audit_log WHERE seq = %s", (row["seq"],)).fetchone()
    assert not set(body) & {"\n", "\r", "\x01", "\x02"}
    printable = [text.replace("\x01", "\ufffd").replace("\x02", "\ufffd") for text in texts]
    assert [read["reason"], read["object"], read["override_reason"]] == printable
    assert json.loads(read["blocklist_hits"]) == hits
    line = book.file().read_bytes().split(b"\n")[row["seq"]]
    assert line.split(b",", 4)[4][:-195] == body.encode()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.text(st.characters(exclude_categories=("Cs",)), max_size=5))
def test_a_nul_is_refused(book, before):
    with pytest.raises(psycopg.DataError), book.archive.database.transaction(book.tenant) as connection:
        connection.execute(ONE.replace("'yes'", "%s"), (before + "\x00",))
