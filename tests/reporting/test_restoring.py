"""A backup, restored on empty ground: the same rows, marts and files, a whole ledger, and no campaign that goes on."""

import json
import os
import shutil
import stat
import uuid
from dataclasses import dataclass

import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pipelines.adapters.postgres import archives
from pipelines.audit.run import Scope, anchor, export, verify
from pipelines.backup.manifest import MANIFEST, Kept, Manifest, read_manifest, sha256_of
from pipelines.backup.run import back_up, restore
from pipelines.contracts import Refusal
from pipelines.database import APP, READER, SCHEMA, Database
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


@dataclass
class Airflow:
    """The database of Airflow beside ours, as if it had been used."""

    services: Services

    def connect(self):
        return Database("", self.services.airflow_login()).administer()

    def dag_ids(self):
        with self.connect() as connection:
            return [row["dag_id"] for row in connection.execute("SELECT dag_id FROM dag")]

    def drop(self):
        with self.services.database.administer() as connection:
            connection.execute("DROP DATABASE IF EXISTS airflow WITH (FORCE)")


@pytest.fixture
def airflow(services):
    made = Airflow(services)
    made.drop()
    yield made
    made.drop()


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


def test_what_was_backed_up_is_restored_and_nothing_goes_on_by_itself(
    newsroom, warehouse, airflow, liftline_at, tmp_path, monkeypatch
):
    source = liftline_at("source", warehouse.owner_login)
    home, reports = source.settings.liftline_home, source.settings.liftline_reports
    export(source.archive, Scope(MINE, None), tmp_path / "before", by="vera")
    anchor(source.archive, MINE)
    for path, mode in {
        home / "airflow" / "keys.json": 0o600, home / "open.txt": 0o777, reports / "quarantine" / MINE / "q.csv": 0o644,
    }.items():  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("kept")
        path.chmod(mode)
    with warehouse.transaction(OTHER) as connection:
        # By somebody, long before.
        connection.execute("UPDATE campaigns SET status = 'paused'")
    with airflow.connect() as connection:
        connection.execute("CREATE TABLE dag AS SELECT 'kept' AS dag_id")
    for left_out in (home / "postgres" / "data", home / "airflow" / "logs" / "run.log", home / "airflow" / "x.lock"):
        left_out.parent.mkdir(parents=True, exist_ok=True)
        left_out.write_text("left out")
    folder = tmp_path / "backup"
    made = back_up(source, folder)
    assert (made.schema, stat.S_IMODE(folder.stat().st_mode)) == (newest(), 0o700)
    assert {path.name for path in tmp_path.iterdir()} == {"backup", "before", "source"}
    assert set(read_manifest(folder).files) == {
        "liftline.dump", "airflow.dump", f"anchors/{MINE}.jsonl", "reports/quarantine/acme/q.csv",
        "state/airflow/keys.json", "state/open.txt",
    }  # fmt: skip

    with warehouse.transaction(OTHER) as connection:
        connection.execute("UPDATE campaigns SET status = 'active'")
    airflow.drop()
    target, copied, while_copied = liftline_at("target"), shutil.copyfileobj, set()

    def watched(source, copy, *most):
        while_copied.add(stat.S_IMODE(os.fstat(copy.fileno()).st_mode))
        copied(source, copy, *most)

    monkeypatch.setattr(shutil, "copyfileobj", watched)
    done = restore(target, folder)
    monkeypatch.setattr(shutil, "copyfileobj", copied)
    assert while_copied == {0o600}
    with warehouse.administer() as connection:
        every = connection.execute(f"SELECT count(*) AS n FROM {SCHEMA}.campaigns").fetchone()["n"]
    assert (done.paused, every) == (1, 2)
    assert current(target.database) == newest()
    assert rows(target.database) == rows(warehouse)
    assert airflow.dag_ids() == ["kept"]
    assert content(target.database) == content(warehouse)
    assert_tenants_are_apart(target.database)
    restored = target.settings.liftline_home
    assert {str(path.relative_to(restored)): stat.S_IMODE(path.stat().st_mode) for path in restored.rglob("*")} == {
        "airflow": 0o700, "airflow/keys.json": 0o600, "open.txt": 0o755,
    }  # fmt: skip
    assert stat.S_IMODE(restored.stat().st_mode) == 0o700
    for tenant, times in ((MINE, 1), (OTHER, 0)):
        with target.database.transaction(tenant) as connection:
            assert connection.execute("SELECT DISTINCT status FROM campaigns").fetchall() == [{"status": "paused"}]
            why = connection.execute("SELECT reason FROM audit_log WHERE action = 'campaign.pause'").fetchall()
        assert [one["reason"].endswith("would be sent again.") for one in why] == [True] * times
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

    whole_folder = shutil.copytree(folder, tmp_path / "whole")
    dump = folder / "liftline.dump"
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    with pytest.raises(Refusal, match=r"damaged: liftline\.dump was changed"):
        restore(liftline_at("third"), folder)
    whole = json.loads((folder / MANIFEST).read_text())
    kept = {name: Kept(**one) for name, one in whole["files"].items()}
    kept["liftline.dump"] = Kept(sha256_of(dump), dump.stat().st_size, 0o600)
    Manifest(whole["made_at"], whole["schema"], kept).write(folder)
    fourth = liftline_at("fourth")
    airflow.drop()
    with pytest.raises(Refusal, match="pg_restore failed"):
        restore(fourth, folder)
    assert current(fourth.unmigrated_database) is None

    # Airflow's half is there, and of a backup with another seal: which of the two is wanted is not ours to say.
    with pytest.raises(Refusal, match=r"airflow is not empty; .* `DROP DATABASE airflow` if nothing of it is wanted"):
        restore(fourth, whole_folder)
    airflow.drop()
    real = archives.restore

    def interrupted(login, file, *, then=""):
        if file.name == "liftline.dump":
            raise Refusal("pg_restore failed: the server went away.")
        real(login, file, then=then)

    monkeypatch.setattr(archives, "restore", interrupted)
    with pytest.raises(Refusal, match="went away"):
        restore(fourth, whole_folder)
    monkeypatch.setattr(archives, "restore", real)
    assert restore(fourth, whole_folder).paused == 1
    assert airflow.dag_ids() == ["kept"]


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
