"""Customers in: check a file, load what is sound, and say of every other line why it was not."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl
import structlog

from pipelines.contracts import Refusal, no_such_tenant
from pipelines.customers import store
from pipelines.customers.following import followed
from pipelines.customers.inspection import Inspected, Inspection, Order, Progress, Unread, refuse_more
from pipelines.customers.ports import Desk
from pipelines.customers.reporter import QUALITY, Reporter
from pipelines.customers.uploads import find_upload, keep_upload
from pipelines.database import Connection, Database
from pipelines.overlap import ahead

__all__ = [
    "Desk", "Held", "ImportSummary", "Order", "check_file", "import_file", "keep_upload", "load_checked",
    "received",
]  # fmt: skip

log = structlog.get_logger(__name__)

COUNTS = "inspected.json"
IMPORTER = "import"
STALE_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """How a file ended: every line is loaded, merged or quarantined, or held back with a mostly unusable file."""

    rows: int
    loaded: int
    merged: int
    quarantined: int
    reasons: dict[str, int]
    quarantine_file: str
    report_file: str
    batch_id: str
    seconds: float
    held: int = 0
    # Lines that were loaded without their word of consent, which is neither a yes nor a no.
    consent_not_understood: Unread | None = None

    def to_json(self) -> dict[str, Any]:
        """The one object that `--json` prints; `held` and `consent_not_understood` are in it where there is any."""
        return {
            name: value
            for name, value in asdict(self).items()
            if value or name not in ("held", "consent_not_understood")
        }


class Held(Refusal):
    """Too much of the file is unusable; nothing of it entered, and the reports say why."""

    def __init__(self, message: str, summary: ImportSummary) -> None:
        super().__init__(message)
        self.summary = summary


def import_file(desk: Desk, order: Order, *, progress: Progress | None = None) -> ImportSummary:
    """Check and load a file in one transaction, the checking running ahead of the loading."""
    with followed(desk.database, desk.clock, order, "loading") as follower:
        summary = _imported(desk, order, follower.watching(progress))
        follower.say("imported", summary=summary.to_json())
    return summary


def _imported(desk: Desk, order: Order, progress: Progress) -> ImportSummary:
    started = time.monotonic()
    _require_tenant(desk.database, order.tenant)
    # The header is understood before the reporter warms up: a refusal should not wait for that.
    with (
        _workspace(desk.workspace) as folder,
        closing(_inspection(desk, order, folder, progress)) as inspection,
        desk.reporter(order.file.stat().st_size) as reporter,
    ):
        with _told_if_held(desk, folder, order, started), _own_transaction(desk, order) as connection:
            store.prepare_stage(connection, order.tenant, order.kind)
            first = _first(desk, order, connection)
            with closing(ahead(inspection.rows())) as slices:
                stored = store.stage(connection, slices, first)
            inspected = inspection.finish()
            batch = _batch(desk, order, inspected, connection, first)
            summary = _load(desk, order, folder, inspected, connection, reporter, batch, stored)
        return _published(desk, summary, folder, order, started)


def received(uploads: Path, asked: dict[str, Any], *, by: str) -> Order:
    """The order that a run was started with by somebody: an upload's id, or a file with its tenant."""
    if asked.get("upload_id"):
        return replace(find_upload(uploads, asked["upload_id"]), by=by)
    absent = [name for name in ("file", "tenant") if not asked.get(name)]
    if absent:
        raise Refusal(f"The run names neither an upload nor a {' and a '.join(absent)}; start it again with one.")
    mapping = Path(asked["mapping"]) if asked.get("mapping") else None
    return Order(asked["tenant"], Path(asked["file"]), asked["kind"], mapping, by=by)


def check_file(desk: Desk, order: Order, run: str) -> dict[str, Any]:
    """Check a file for `load_checked` to load under the same `run`; nothing is stored in the database."""
    _require_tenant(desk.database, order.tenant)
    with (
        followed(desk.database, desk.clock, order, "checking") as follower,
        _workspace(desk.workspace) as draft,
        closing(_inspection(desk, order, draft, follower.watching(None))) as inspection,
    ):
        for number, rows in enumerate(inspection.rows()):
            rows.write_ipc(draft / f"rows-{number:06d}.arrow", compression="lz4")
        inspected = inspection.finish()
        (draft / COUNTS).write_text(json.dumps(asdict(inspected)), encoding="utf-8")
        checked = _checked_folder(desk, run)
        shutil.rmtree(checked, ignore_errors=True)
        draft.rename(checked)
    return {"run": run, "rows": inspected.rows, "clean": inspected.clean, "quarantined": inspected.quarantined}


def _checked_folder(desk: Desk, run: str) -> Path:
    return desk.workspace / f"import-run-{hashlib.sha256(run.encode()).hexdigest()[:32]}"


def load_checked(desk: Desk, order: Order, run: str) -> ImportSummary:
    """Load what `check_file` left for this run, in one transaction."""
    with followed(desk.database, desk.clock, order, "loading") as follower:
        summary = _loaded(desk, order, run)
        follower.say("imported", summary=summary.to_json())
    return summary


def _loaded(desk: Desk, order: Order, run: str) -> ImportSummary:
    started = time.monotonic()
    _require_tenant(desk.database, order.tenant)
    checked = _checked_folder(desk, run)
    if not (checked / COUNTS).is_file():
        raise Refusal(f"The checked lines of {order.shown_name} are gone; clear this run's validate task as well.")
    inspected = Inspected(**json.loads((checked / COUNTS).read_text(encoding="utf-8")))
    sound = sorted(checked.glob("rows-*.arrow"))
    size = sum(rows.stat().st_size for rows in sound)
    with _workspace(desk.workspace) as folder, desk.reporter(size) as reporter:
        shutil.copytree(checked, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("rows-*"))
        with _told_if_held(desk, folder, order, started), _own_transaction(desk, order) as connection:
            store.prepare_stage(connection, order.tenant, order.kind)
            first = None if _too_much(desk, inspected) else _first(desk, order, connection)
            stored = store.stage(connection, map(pl.read_ipc, sound), first)
            batch = _batch(desk, order, inspected, connection, first)
            summary = _load(desk, order, folder, inspected, connection, reporter, batch, stored)
        return _published(desk, summary, folder, order, started)


def _first(desk: Desk, order: Order, connection: Connection) -> store.Batch | None:
    return store.open_first(
        connection, tenant=order.tenant, kind=order.kind, file_name=order.shown_name, now=desk.clock(),
        by=order.by or IMPORTER,
    )  # fmt: skip


def _batch(
    desk: Desk, order: Order, inspected: Inspected, connection: Connection, first: store.Batch | None
) -> store.Batch:
    if first:
        return store.name_batch(connection, first, batch_id=inspected.batch_id, sha=inspected.sha256)
    return store.open_batch(
        connection, tenant=order.tenant, batch_id=inspected.batch_id, kind=order.kind,
        file_name=inspected.file_name, sha=inspected.sha256, now=desk.clock(), by=order.by or IMPORTER,
    )  # fmt: skip


def _load(
    desk: Desk, order: Order, folder: Path, inspected: Inspected, connection: Connection, reporter: Reporter,
    batch: store.Batch, stored: int,
) -> ImportSummary:  # fmt: skip
    """Merge what was staged, unless too much of the file had to be refused; the reports go into `folder`."""
    merged, held = store.Merged(0, 0), _too_much(desk, inspected)

    def report() -> Future[None]:
        limit, now = desk.quarantine_limit, batch.imported_at
        return reporter.write(folder, order.tenant, inspected, limit=limit, held=held, now=now)

    # Begun before the merge, which leaves a core idle; written anew where the merge changes the counts.
    reported = report()
    if not held:
        merged = store.merge(connection, batch, stored)
        refused = store.set_aside(connection)
        if len(refused):
            inspected = refuse_more(order, inspected, folder, refused, desk.max_bytes)
            held = _too_much(desk, inspected)
            reported.result()
            reported = report()
    reported.result()
    summary = _summary(desk, order, inspected, merged)
    if held:
        back = replace(summary, loaded=0, merged=0, held=inspected.rows - inspected.quarantined)
        raise Held(_why_held(desk, inspected, back), back)
    if summary.loaded + summary.merged + summary.quarantined != summary.rows:
        raise RuntimeError(f"The lines of {order.shown_name} do not add up: {summary}; nothing was stored.")
    store.stage_quarantine(connection, folder / "refused.csv")
    counts = {key: getattr(summary, key) for key in ("rows", "loaded", "merged", "quarantined")}
    store.close_batch(connection, batch, counts, summary.reasons)
    if order.by:
        store.log_import(connection, order.by, batch.batch_id, order.subject, counts)
    return summary


def _inspection(desk: Desk, order: Order, folder: Path, progress: Progress | None) -> Inspection:
    return Inspection(order, folder=folder, max_bytes=desk.max_bytes, now=desk.clock(), progress=progress)


def _require_tenant(database: Database, tenant: str) -> None:
    with database.transaction(tenant) as connection:
        if not store.tenant_exists(connection, tenant):
            raise no_such_tenant(tenant)


def _too_much(desk: Desk, inspected: Inspected) -> bool:
    return inspected.quarantined > desk.quarantine_limit * inspected.rows


def _why_held(desk: Desk, inspected: Inspected, summary: ImportSummary) -> str:
    worst = ", ".join(f"{code} {count}" for code, count in Counter(inspected.reasons).most_common(3))
    return (
        f"{inspected.quarantined} of {inspected.rows} lines of {inspected.file_name} are unusable, more than the "
        f"{desk.quarantine_limit:.0%} of LIFTLINE_QUARANTINE_LIMIT ({worst}); nothing was loaded. "
        f"Mend the lines in {summary.quarantine_file}, or read {summary.report_file}."
    )


def _summary(desk: Desk, order: Order, inspected: Inspected, merged: store.Merged) -> ImportSummary:
    return ImportSummary(
        rows=inspected.rows,
        loaded=merged.loaded,
        merged=merged.merged,
        quarantined=inspected.quarantined,
        reasons=dict(sorted(inspected.reasons.items(), key=lambda item: (-item[1], item[0]))),
        quarantine_file=str(desk.reports / "quarantine" / order.tenant / f"{inspected.batch_id}.csv"),
        report_file=str(desk.reports / "quality" / order.tenant / inspected.batch_id / "index.html"),
        batch_id=inspected.batch_id,
        seconds=0.0,
        consent_not_understood=inspected.consent if inspected.consent["lines"] else None,
    )


def _published(
    desk: Desk, summary: ImportSummary, folder: Path, order: Order, started: float, *, event: str = "file_imported"
) -> ImportSummary:
    """Put the quarantine and the quality report where people look for them, and say in the log how it ended."""
    _move(folder / "quarantine.csv", Path(summary.quarantine_file))
    _move(folder / QUALITY, Path(summary.report_file).parent)
    ended = replace(summary, seconds=round(time.monotonic() - started, 3))
    log.info(
        event, tenant=order.tenant, kind=order.kind, batch_id=ended.batch_id, rows=ended.rows,
        loaded=ended.loaded, merged=ended.merged, quarantined=ended.quarantined, seconds=ended.seconds,
    )  # fmt: skip
    return ended


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    arriving, leaving = (target.with_name(f".{target.name}.{word}.{uuid4().hex}") for word in ("new", "old"))
    shutil.move(source, arriving)
    if target.exists():
        target.rename(leaving)
    arriving.rename(target)
    if leaving.is_dir():
        shutil.rmtree(leaving)
    else:
        leaving.unlink(missing_ok=True)


@contextmanager
def _told_if_held(desk: Desk, folder: Path, order: Order, started: float) -> Iterator[None]:
    """A held file is rolled back, and leaves its quarantine and its report all the same."""
    try:
        yield
    except Held as held:
        held.summary = _published(desk, held.summary, folder, order, started, event="file_held")
        raise


@contextmanager
def _own_transaction(desk: Desk, order: Order) -> Iterator[Connection]:
    """On a connection of its own: the memory of temporary tables cannot be changed once there were some."""
    with desk.database.session(order.tenant) as session, session.transaction() as connection:
        yield connection


@contextmanager
def _workspace(parent: Path) -> Iterator[Path]:
    """A folder of this import alone, gone afterwards; what a killed import left is swept after a day."""
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob("import-*"):
        if time.time() - left.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    folder = parent / f"import-{uuid4().hex}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
