"""Whether what Liftline stands on answers: the database, the disk, Airflow's tables and every chosen vendor."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from pipelines.contracts import Probe, Refusal
from pipelines.database import APP, DBT, OWNER, READER, Connection, Database
from pipelines.migrations import LEAST_SERVER, current, may_migrate, newest
from pipelines.orchestration import revision
from pipelines.services import Services
from pipelines.settings import Settings
from pipelines.vendor_probes import ask_all, question_for

LEAST_FREE_GB = 2.0
DOCTORS_OBJECT = "liftline-doctor.json"
SERVICES = ("language_model", "embedding", "search", "content_safety", "email", "sms", "whatsapp")


def examine(services: Services) -> list[Probe]:
    """One probe a service, in the order in which a person would mend them; vendors are asked at once."""
    settings = services.settings
    questions = [question for service in SERVICES if (question := question_for(service, settings))]
    answers = {probe.service: probe for probe in ask_all(questions)}
    return [
        _disk(settings),
        _database(services),
        *(answers.get(service) or _offline(service) for service in SERVICES),
        _push(services),
        _anchors(services),
        services.notifier.probe(),
        _airflow(services),
    ]


def _offline(service: str) -> Probe:
    return Probe(service, "offline", True, "needs no account")


def _push(services: Services) -> Probe:
    """Whether Google signs us in; nothing short of a message would show more."""
    if services.settings.push_provider == "offline":
        return _offline("push")
    try:
        detail = services.firebase.signed_in()
    except Refusal as refusal:
        return Probe("push", "fcm", False, str(refusal), "Check PUSH_CREDENTIALS_FILE and the network.")
    return Probe("push", "fcm", True, detail)


def _anchors(services: Services) -> Probe:
    """Whether the folder takes files, and the store objects: one and the same small one, no trouble a second time."""
    if refused := _unwritable(services.anchors):
        return Probe(
            "anchors", "local", False, refused, "Let us write there, or set LIFTLINE_ANCHORS to another folder."
        )
    if not services.settings.liftline_anchors_url:
        return Probe("anchors", "local", True, f"kept in {services.anchors} alone; LIFTLINE_ANCHORS_URL names a store")
    try:
        store = services.anchor_store
        if store is not None:
            store.put(DOCTORS_OBJECT, b"{}")
    except Refusal as refusal:
        return Probe(
            "anchors", "store", False, str(refusal), "Check LIFTLINE_ANCHORS_URL, its signature and the network."
        )
    return Probe("anchors", "store", True, "the store takes objects")


def _unwritable(folder: Path) -> str | None:
    """Why no file can be written in a folder, if so."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"liftline")
    except OSError as error:
        return f"nothing can be written in {folder}: {error.strerror}"
    return None


def _disk(settings: Settings) -> Probe:
    home = settings.liftline_home.resolve()
    for folder, name in ((home, "LIFTLINE_HOME"), (settings.liftline_reports.resolve(), "LIFTLINE_REPORTS")):
        if refused := _unwritable(folder):
            return Probe("disk", "local", False, refused, f"Let us write there, or set {name} to another folder.")
    free = shutil.disk_usage(home).free / 1e9
    detail = f"{free:.0f} GB free in {home}"
    if free >= LEAST_FREE_GB:
        return Probe("disk", "local", True, detail)
    return Probe("disk", "local", False, detail, "Make room there, or set LIFTLINE_HOME to a roomier folder.")


def _database(services: Services) -> Probe:
    provider = "DATABASE_URL" if services.settings.database_url else "embedded"
    try:
        return _examined_database(services.unmigrated_database, provider)
    except Refusal as refusal:
        return Probe("database", provider, False, str(refusal), "Mend what the sentence names; then ask again.")
    except psycopg.Error as error:
        return Probe("database", provider, False, f"does not answer: {_first_line(error)}", "Check DATABASE_URL.")


def _examined_database(database: Database, provider: str) -> Probe:
    with database.administer() as connection:
        number = connection.info.server_version
        mighty = _mighty_roles(connection)
        vector = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'").fetchone()
    stands, wanted = current(database), newest()
    detail = f"PostgreSQL {number // 10000}.{number % 10000}, schema {stands or 'not made yet'}"
    if number < LEAST_SERVER:
        return Probe("database", provider, False, detail, "Use PostgreSQL 15 or newer.")
    if not vector:
        return Probe("database", provider, False, f"{detail}, no pgvector", "Install the extension `vector` there.")
    if mighty:
        remedy = f"ALTER ROLE … NOSUPERUSER NOBYPASSRLS for {', '.join(mighty)}: such a role sees every tenant."
        return Probe("database", provider, False, f"{detail}, a role is too mighty", remedy)
    if stands and stands > wanted:
        detail = f"{detail} is too new, this Liftline ends at {wanted}"
        return Probe("database", provider, False, detail, "Update Liftline.")
    if stands and stands < wanted and not may_migrate(database):
        remedy = "Run `liftline database start` with the login that migrates in DATABASE_OWNER_URL."
        return Probe("database", provider, False, f"{detail} is too old, this Liftline wants {wanted}", remedy)
    if stands != wanted:
        return Probe("database", provider, True, f"{detail}; the next command brings it to {wanted}")
    return Probe("database", provider, True, f"{detail}, pgvector, roles without superuser")


def _mighty_roles(connection: Connection) -> list[str]:
    found = connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (rolsuper OR rolbypassrls) ORDER BY rolname",
        ([APP, DBT, OWNER, READER],),
    )
    return [str(row["rolname"]) for row in found]


def _airflow(services: Services) -> Probe:
    """Airflow's tables are made when it first starts: without them nothing is wrong."""
    try:
        login = make_conninfo(services.unmigrated_database.owner_login, dbname="airflow")
        stands = revision(login)
    except Refusal as refusal:
        return Probe("airflow", "local", False, str(refusal), "Mend the database first.")
    except psycopg.OperationalError as error:
        if "does not exist" in str(error):
            return Probe("airflow", "local", True, "not started yet; `make up` makes its tables")
        if "permission denied" in str(error):
            return Probe("airflow", "local", True, "has a login of its own; not for this one to see")
        return Probe("airflow", "local", False, f"does not answer: {_first_line(error)}", "Mend the database first.")
    return Probe("airflow", "local", True, f"tables at {stands}" if stands else "not started yet; no tables")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
