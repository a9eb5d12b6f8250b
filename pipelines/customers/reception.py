"""Uploads as their owners know them: handed over, looked at before anything is stored, imported, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.contracts import Busy, Refusal
from pipelines.customers.following import QUERIES, by_its_name
from pipelines.customers.kinds import KINDS
from pipelines.customers.preview import Preview, look_at
from pipelines.customers.rules.reasons import REASONS, in_words
from pipelines.customers.run import Desk, ImportSummary, import_file
from pipelines.customers.uploads import Kept, delete_upload, find_upload, read_otherwise
from pipelines.database import Connection

# An import that says nothing for so long is no more.
SILENT = timedelta(minutes=10)

SETTLED = {
    "imported": "This upload was imported, and is neither imported again nor discarded; if the file changed, upload it "
    "again, and if somebody stands in it by mistake, have that customer erased.",
    "discarded": "This upload was discarded and its file deleted; upload the file again.",
}

Row = dict[str, Any]


def kinds() -> tuple[str, ...]:
    """What the lines of a file may be."""
    return tuple(KINDS)


def whys(codes: Iterable[str]) -> dict[str, str]:
    """Why lines are refused, and what mends them."""
    return {code: in_words(code) for code in codes if code in REASONS}


def receive(desk: Desk, tenant: str, kept: Kept, *, by: str) -> None:
    """Write down who handed over what."""
    with desk.database.transaction(tenant) as connection:
        connection.execute(QUERIES["add"], {**asdict(kept), "by": by, "now": desk.clock()})


def newest(desk: Desk, tenant: str, *, after: tuple[datetime, str] | None = None, most: int = 20) -> list[Row]:
    """The uploads of a tenant, newest first."""
    uploaded_at, upload_id = after or (None, "")
    told = {"uploaded_at": uploaded_at, "upload_id": upload_id, "most": most}
    with desk.database.transaction(tenant) as connection:
        return connection.execute(QUERIES["newest"], told).fetchall()


def find(desk: Desk, tenant: str, upload_id: str) -> Row | None:
    """One upload and how it fares."""
    with desk.database.transaction(tenant) as connection:
        return connection.execute(QUERIES["find"], {"upload_id": upload_id}).fetchone()


def preview(desk: Desk, uploads: Path, upload_id: str) -> Preview:
    """What the first lines would become; nothing is stored."""
    order = find_upload(uploads, upload_id)
    try:
        return look_at(order, max_bytes=desk.max_bytes, now=desk.clock())
    except Refusal as refusal:
        raise Refusal(by_its_name(order, refusal)) from refusal


def read_as(desk: Desk, uploads: Path, tenant: str, upload_id: str, kind: str, mapping: Mapping[str, str]) -> None:
    """Have an upload read as another kind, or with other columns, while no import of it runs."""
    told = {"upload_id": upload_id, "kind": kind, **_moments(desk)}
    with desk.database.transaction(tenant) as connection:
        if not connection.execute(QUERIES["read_otherwise"], told).rowcount:
            raise _settled(connection, upload_id)
        read_otherwise(uploads, upload_id, kind, mapping)


def begin(desk: Desk, tenant: str, upload_id: str, *, by: str) -> None:
    """Mark an upload as about to be imported, once."""
    told = {"upload_id": upload_id, "by": by, **_moments(desk)}
    with desk.database.transaction(tenant) as connection:
        if not connection.execute(QUERIES["begin"], told).rowcount:
            raise _settled(connection, upload_id)


def discard(desk: Desk, uploads: Path, tenant: str, upload_id: str, *, by: str) -> None:
    """Give up an upload that was not imported, and delete its file; discarded twice, it is discarded."""
    told = {"upload_id": upload_id, "by": by, **_moments(desk)}
    with desk.database.transaction(tenant) as connection:
        row = connection.execute(QUERIES["find"], {"upload_id": upload_id}).fetchone()
        if row and row["state"] != "discarded":
            if not connection.execute(QUERIES["discard"], told).rowcount:
                raise _settled(connection, upload_id)
            reason = f"{row['file_name']} was not imported, and its file is deleted"
            connection.execute(QUERIES["log_discard"], {**told, "reason": reason})
    if row:
        delete_upload(uploads, upload_id)


def name_run(desk: Desk, tenant: str, upload_id: str, run: str) -> None:
    """Remember which run imports it."""
    with desk.database.transaction(tenant) as connection:
        connection.execute(QUERIES["name_run"], {"upload_id": upload_id, "run": run})


def not_started(desk: Desk, tenant: str, upload_id: str, why: str) -> None:
    """Say that the run which was to import it could not be started."""
    told = {"upload_id": upload_id, "state": "failed", "sentence": why, "summary": None, "now": desk.clock()}
    with desk.database.transaction(tenant) as connection:
        connection.execute(QUERIES["say"], told)


def import_upload(desk: Desk, uploads: Path, upload_id: str, *, by: str) -> ImportSummary:
    """Import what was uploaded, as who said so."""
    return import_file(desk, replace(find_upload(uploads, upload_id), by=by))


def quarantine_of(upload: Row) -> Path | None:
    """The file of the lines that were refused."""
    return _written(upload, "quarantine_file")


def report_of(upload: Row) -> Path | None:
    """The folder of the quality report."""
    page = _written(upload, "report_file")
    return page.parent if page else None


def _settled(connection: Connection, upload_id: str) -> Busy:
    row = connection.execute(QUERIES["find"], {"upload_id": upload_id}).fetchone()
    return Busy(SETTLED.get(row["state"] if row else "", "This upload is being imported; wait until that has ended."))


def _written(upload: Row, name: str) -> Path | None:
    path = Path(upload["summary"][name]) if upload["summary"] else None
    return path if path and path.is_file() else None


def _moments(desk: Desk) -> Row:
    now = desk.clock()
    return {"now": now, "silent": now - SILENT}
