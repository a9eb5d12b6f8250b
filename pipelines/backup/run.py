"""Use cases: take a backup of everything that is kept, and restore it into an empty Liftline."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from pipelines.adapters.postgres import archives
from pipelines.backup.files import check_free, copy_all, described, put_back
from pipelines.backup.manifest import Manifest, read_manifest
from pipelines.contracts import Json, Refusal
from pipelines.database import Database
from pipelines.migrations import current, newest
from pipelines.migrations.roles import MAKE_LEDGER_ROLE, MAKE_ROLES
from pipelines.services import Services

OURS, AIRFLOWS = "liftline.dump", "airflow.dump"
STATE, REPORTS, ANCHORS = "state", "reports", "anchors"

MAY_SEE_ALL = "SELECT rolsuper, rolsuper OR rolbypassrls AS sees_all FROM pg_roles WHERE rolname = current_user"
ANYTHING = """
SELECT 1 FROM pg_class AS c INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
AND NOT EXISTS (SELECT 1 FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e') LIMIT 1
"""
# In the restore's own transaction: at no moment can anybody claim from the ledger that was restored.
PAUSE = """
DO $pause$
DECLARE one record;
BEGIN
    PERFORM set_config('search_path', 'liftline, public', true);
    -- A dump switches it off, and the ledger's own function then refuses to be held to one tenant.
    PERFORM set_config('row_security', 'on', true);
    FOR one IN
        SELECT tenant_id, campaign_id FROM campaigns WHERE status IN ('draft', 'active') ORDER BY tenant_id, campaign_id
    LOOP
        PERFORM set_config('liftline.tenant', one.tenant_id, true);
        UPDATE campaigns SET status = 'paused' WHERE tenant_id = one.tenant_id AND campaign_id = one.campaign_id;
        PERFORM append_audit(audit_entry(
            'liftline', 'system', 'campaign.pause', 'paused',
            'Restored from a backup: what was sent after it is not in this ledger and would be sent again.',
            object => one.campaign_id, campaign_id => one.campaign_id));
    END LOOP;
END $pause$;
"""
PAUSED_SINCE = """
SELECT count(*) AS n FROM liftline.audit_entries
WHERE occurred_at >= %(begun)s AND starts_with(body, 'liftline,system,campaign.pause,')
"""
# Airflow's database comes first, and ours may fail after it: by this the next try knows that it is there already.
MARK_AIRFLOWS = "COMMENT ON DATABASE airflow IS '{mark}'"
UNMARK_AIRFLOWS = "COMMENT ON DATABASE airflow IS NULL"
MARK = "SELECT shobj_description(oid, 'pg_database') AS mark FROM pg_database WHERE datname = 'airflow'"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a backup holds, or what was restored of it."""

    folder: Path
    schema: str
    files: int
    bytes: int
    made_at: str
    paused: int = 0

    def to_json(self) -> Json:
        """As `--json` prints it."""
        return {
            "folder": str(self.folder), "schema": self.schema, "files": self.files, "bytes": self.bytes,
            "made_at": self.made_at, "paused": self.paused,
        }  # fmt: skip


def back_up(services: Services, folder: Path) -> Kept:
    """Copy databases and files into a new folder; until all is well, it bears another name."""
    if folder.exists():
        raise Refusal(f"{folder} is there already; name a folder for the backup that is not.")
    settings = services.settings
    if any(folder.resolve().is_relative_to(p.resolve()) for p in (settings.liftline_home, settings.liftline_reports)):
        raise Refusal(f"{folder} lies in what is backed up; choose a place outside of both folders.")
    if not folder.absolute().parent.is_dir():
        raise Refusal(f"The folder {folder.absolute().parent} does not exist; make it or choose another.")
    database = services.unmigrated_database
    _require(database, "sees_all", "a superuser, or one with BYPASSRLS")
    schema = current(database)
    if schema is None:
        raise Refusal("There is nothing to back up yet: no schema was ever made in this database.")
    with _draft_of(folder) as draft:
        # Anchors before the ledger that they speak of, and rows before the files that they name.
        copy_all(services.anchors, draft / ANCHORS)
        archives.dump(database.owner_login, draft / OURS)
        if _airflow_is_there(database):
            archives.dump(_airflows(database), draft / AIRFLOWS)
        copy_all(settings.liftline_home, draft / STATE, leave_out=(settings.liftline_reports, services.anchors))
        copy_all(settings.liftline_reports, draft / REPORTS, leave_out=(services.anchors,))
        manifest = Manifest(services.clock().isoformat(timespec="seconds"), schema, described(draft))
        manifest.write(draft)
    return _told(folder, manifest)


def restore(services: Services, folder: Path) -> Kept:
    """Put a backup into an empty Liftline and pause each campaign that could send; all is checked before."""
    manifest = read_manifest(folder)
    if manifest.schema > newest():
        raise Refusal(f"{folder} was made by a newer Liftline (schema {manifest.schema}); update this one first.")
    settings = services.settings
    places = {STATE: settings.liftline_home, REPORTS: settings.liftline_reports}
    for part, place in places.items():
        check_free(manifest.below(part), place)
    database = services.unmigrated_database
    _require(database, "rolsuper", "a superuser")
    _require_empty(database.owner_login, "another LIFTLINE_HOME, or an empty database in DATABASE_URL")
    logins, then = {OURS: database.owner_login}, {OURS: PAUSE}
    mark = f"Restored by Liftline from {manifest.seal}"
    if AIRFLOWS in manifest.files and not _is_marked(database, mark):
        logins = {AIRFLOWS: services.airflow_login(), **logins}
        then[AIRFLOWS] = MARK_AIRFLOWS.format(mark=mark)
        _require_empty(
            logins[AIRFLOWS], "another LIFTLINE_HOME or server, or `DROP DATABASE airflow` if nothing of it is wanted"
        )
    # Anchors that stand here are witnesses: none is replaced by what the backup says.
    for part, place in {**places, ANCHORS: services.anchors}.items():
        put_back(folder / part, manifest.below(part), place, folders=0o700 if part == STATE else 0o755)
    with database.administer() as connection:
        connection.execute(MAKE_ROLES)
        connection.execute(MAKE_LEDGER_ROLE)
        begun = connection.execute("SELECT clock_timestamp() AS begun").fetchone()
    for name, login in logins.items():
        archives.restore(login, folder / name, then=then[name])
    with database.administer() as connection:
        paused = connection.execute(PAUSED_SINCE, begun).fetchone()
        if AIRFLOWS in manifest.files:
            connection.execute(UNMARK_AIRFLOWS)
    return _told(folder, manifest, paused=paused["n"] if paused else 0)


def _told(folder: Path, manifest: Manifest, *, paused: int = 0) -> Kept:
    size = sum(kept.bytes for kept in manifest.files.values())
    return Kept(folder, manifest.schema, len(manifest.files), size, manifest.made_at, paused)


def _require(database: Database, power: str, who: str) -> None:
    with database.administer() as connection:
        found = connection.execute(MAY_SEE_ALL).fetchone()
    if not (found and found[power]):
        raise Refusal(
            f"Row-level security hides rows from this login; for this command let DATABASE_OWNER_URL name {who}."
        )


def _airflows(database: Database) -> str:
    return make_conninfo(database.owner_login, dbname="airflow")


def _is_marked(database: Database, mark: str) -> bool:
    with database.administer() as connection:
        found = connection.execute(MARK).fetchone()
    return bool(found and found["mark"] == mark)


def _airflow_is_there(database: Database) -> bool:
    with database.administer() as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = 'airflow'").fetchone() is not None


def _require_empty(login: str, instead: str) -> None:
    with psycopg.connect(login, connect_timeout=10) as connection:
        name = connection.info.dbname
        if connection.execute(ANYTHING).fetchone():
            raise Refusal(f"The database {name} is not empty; restore into a new one: {instead}.")


@contextmanager
def _draft_of(folder: Path) -> Iterator[Path]:
    """A folder to fill that only its maker may enter; it takes its name when all is well, and is gone otherwise."""
    draft = folder.absolute().with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        draft.mkdir(mode=0o700)
        yield draft
        draft.rename(folder)
    except OSError as error:
        raise Refusal(f"The backup to {folder} failed ({error.strerror or error}); nothing was left there.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
