"""A backup, restored on empty ground: the same rows, marts and files, a whole ledger, and no campaign that goes on."""

import json
import stat
import uuid

import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pipelines.audit.run import Scope, anchor, export, verify
from pipelines.backup.manifest import MANIFEST, Kept, Manifest, read_manifest, sha256_of
from pipelines.backup.run import back_up, restore
from pipelines.contracts import Refusal
from pipelines.database import APP, READER, SCHEMA
from pipelines.migrations import current, newest
from pipelines.services import Services
from pipelines.settings import Settings
from tests.reporting.conftest import MINE, OTHER
from tests.reporting.test_marts import assert_tenants_are_apart, content


@pytest.fixture
def liftline_at(services, tmp_path):
    """A Liftline with its own folders on a database of that login; made empty where none is given."""
    made = []

    def at(name, login=None):
        if login is None:
            made.append(f"restored_{uuid.uuid4().hex[:8]}")
            with services.database.administer() as connection:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(made[-1])))
            login = make_conninfo(services.embedded.login, dbname=made[-1])
        home, reports = tmp_path / name / "home", tmp_path / name / "reports"
        return Services(
            Settings(_env_file=None, liftline_home=home, liftline_reports=reports, database_url=login),
        )

    yield at
    with services.database.administer() as connection:
        for name in made:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def rows(database):
    """How many rows each of our tables holds, but for the two that pausing adds to."""
    with database.administer() as connection:
        names = [
            row["relname"]
            for row in connection.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r'", (SCHEMA,)
            )
        ]
        return {
            name: connection.execute(f"SELECT count(*) AS n FROM {SCHEMA}.{name}").fetchone()["n"]
            for name in names
            if name not in ("audit_entries", "webhook_events")
        }


def test_what_was_backed_up_is_restored_and_nothing_goes_on_by_itself(newsroom, warehouse, liftline_at, tmp_path):
    source = liftline_at("source", warehouse.owner_login)
    home, reports = source.settings.liftline_home, source.settings.liftline_reports
    export(source.archive, Scope(MINE, None), tmp_path / "before", by="vera")
    anchor(source.archive, MINE)
    for path, mode in {home / "airflow" / "keys.json": 0o600, reports / "quarantine" / MINE / "q.csv": 0o644}.items():
        path.parent.mkdir(parents=True)
        path.write_text("kept")
        path.chmod(mode)
    for left_out in (home / "postgres" / "data", home / "airflow" / "logs" / "run.log", home / "airflow" / "x.lock"):
        left_out.parent.mkdir(parents=True, exist_ok=True)
        left_out.write_text("left out")
    folder = tmp_path / "backup"
    made = back_up(source, folder)
    assert (made.schema, stat.S_IMODE(folder.stat().st_mode)) == (newest(), 0o700)
    assert {path.name for path in tmp_path.iterdir()} == {"backup", "before", "source"}
    assert set(read_manifest(folder).files) == {
        "liftline.dump", f"anchors/{MINE}.jsonl", "reports/quarantine/acme/q.csv", "state/airflow/keys.json",
    }  # fmt: skip

    target = liftline_at("target")
    done = restore(target, folder)
    with warehouse.administer() as connection:
        every = connection.execute(f"SELECT count(*) AS n FROM {SCHEMA}.campaigns").fetchone()["n"]
    assert done.paused == every >= 2
    assert current(target.database) == newest()
    assert rows(target.database) == rows(warehouse)
    assert content(target.database) == content(warehouse)
    assert_tenants_are_apart(target.database)
    assert stat.S_IMODE((target.settings.liftline_home / "airflow" / "keys.json").stat().st_mode) == 0o600
    for tenant in (MINE, OTHER):
        with target.database.transaction(tenant) as connection:
            assert connection.execute("SELECT DISTINCT status FROM campaigns").fetchall() == [{"status": "paused"}]
            why = connection.execute("SELECT action, reason FROM audit_log ORDER BY seq DESC LIMIT 1").fetchone()
        assert why["action"] == "campaign.pause"
        assert "would be sent again" in why["reason"]
    export(target.archive, Scope(MINE, None), tmp_path / "after", by="vera")
    verdict = verify(tmp_path / "after", target.anchors)
    assert verdict.whole, verdict.sentence
    assert (
        (tmp_path / "after" / "entries.csv").read_bytes().startswith((tmp_path / "before" / "entries.csv").read_bytes())
    )

    with pytest.raises(Refusal, match="is not empty; restore into a new one"):
        restore(target, folder)
    other = liftline_at("other")
    other.settings.liftline_home.joinpath("airflow").mkdir(parents=True)
    other.settings.liftline_home.joinpath("airflow", "keys.json").write_text("of another")
    with pytest.raises(Refusal, match=r"keys\.json is there already"):
        restore(other, folder)
    assert current(other.unmigrated_database) is None

    dump = folder / "liftline.dump"
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    with pytest.raises(Refusal, match=r"damaged: liftline\.dump was changed"):
        restore(liftline_at("third"), folder)
    whole = json.loads((folder / MANIFEST).read_text())
    kept = {name: Kept(**one) for name, one in whole["files"].items()}
    kept["liftline.dump"] = Kept(sha256_of(dump), dump.stat().st_size, 0o600)
    Manifest(whole["made_at"], whole["schema"], kept).write(folder)
    fourth = liftline_at("fourth")
    with pytest.raises(Refusal, match="pg_restore failed"):
        restore(fourth, folder)
    assert current(fourth.unmigrated_database) is None


def test_a_login_that_row_level_security_binds_is_refused(services, liftline_at, tmp_path):
    for role in (APP, READER):
        bound = liftline_at("bound", services.database.conninfo(role))
        with pytest.raises(Refusal, match="let DATABASE_OWNER_URL name a superuser"):
            back_up(bound, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda folder: (folder / "state" / "a").write_text("b"), "state/a was changed"),
        (lambda folder: (folder / "state" / "a").unlink(), "state/a is missing"),
        (lambda folder: (folder / MANIFEST).unlink(), "is no backup"),
        (lambda folder: (folder / MANIFEST).write_text("{"), "cannot be read"),
        (lambda folder: (folder / MANIFEST).write_text((folder / MANIFEST).read_text().replace("00", "01")), "changed"),
        (lambda folder: sealed(folder, {"state/../../a": 1}), "leads out of it"),
        (lambda folder: sealed(folder, {"/etc/passwd": 1}), "leads out of it"),
        (lambda folder: sealed(folder, {}, schema="9999"), "made by a newer Liftline"),
    ],
)
def test_a_damaged_or_foreign_backup_is_refused_before_anything_is_touched(tmp_path, spoil, sentence):
    folder = tmp_path / "backup"
    (folder / "state").mkdir(parents=True)
    (folder / "state" / "a").write_text("a")
    sealed(folder, {"state/a": 1})
    spoil(folder)
    untouched = Services(Settings(_env_file=None, liftline_home=tmp_path / "home", database_url="host=/nowhere"))
    with pytest.raises(Refusal, match=sentence):
        restore(untouched, folder)
    assert not (tmp_path / "home").exists()


def sealed(folder, files, schema="0001"):
    """A manifest that holds together, whatever it names."""
    kept = Kept(sha256_of(folder / "state" / "a"), 1, 0o600)
    Manifest("2026-11-20T00:00:00+00:00", schema, dict.fromkeys(files, kept)).write(folder)
