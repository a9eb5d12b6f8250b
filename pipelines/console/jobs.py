"""Long work that a page or a caller asked for: done in the background, its state in the database for all to see."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import structlog
from psycopg.types.json import Jsonb

from pipelines.contracts import Json, Refusal
from pipelines.database import Database, Queries

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
BEAT_SECONDS = 10.0
SILENT = timedelta(seconds=60)
LOST = "The process that did this work ended before it was done; nothing half-done was left, start it again."

LAUNCH, EXPORT = "campaign.prepare", "audit.export"
# The same launch asked for again is still the one that was, and an export is reached by its job.
LASTING = (LAUNCH, EXPORT)

log = structlog.get_logger(__name__)
Work = Callable[[str], Json]


def forget_jobs(database: Database, tenants: Iterable[str], before: datetime) -> int:
    """Delete jobs of which nothing was heard since; how many there were."""
    count = 0
    for tenant in tenants:
        with database.transaction(tenant) as connection:
            asked = {"before": before, "lasting": list(LASTING)}
            count += connection.execute(QUERIES["forget_jobs"], asked).rowcount
    return count


@dataclass(frozen=True)
class Jobs:
    """Two threads of this process. Work that dies with the process is seen to be silent, and is said to be lost."""

    database: Database
    clock: Callable[[], datetime]
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, thread_name_prefix="job"))

    def start(self, tenant: str, kind: str, asked: Json, *, by: str, work: Work) -> str:
        """Begin `work`, which is given the job's id, and return that id at once."""
        job_id = secrets.token_hex(16)
        self._begun(tenant, job_id, kind, asked, by, work)
        return job_id

    def start_once(self, tenant: str, kind: str, asked: Json, *, by: str, work: Work) -> tuple[str, bool]:
        """Begin `work` unless this was asked for before: the id of the one job, and whether it began now."""
        job_id = hashlib.sha256(json.dumps([kind, asked], sort_keys=True).encode()).hexdigest()[:32]
        return job_id, self._begun(tenant, job_id, kind, asked, by, work)

    def find(self, tenant: str, job_id: str) -> Json | None:
        """A job with its state and result."""
        with self.database.transaction(tenant) as connection:
            row = connection.execute(QUERIES["job"], {"job_id": job_id}).fetchone()
        return self._told(row) if row else None

    def newest(self, tenant: str, kind: str, *, asked: Json | None = None, most: int = 20) -> list[Json]:
        """The newest jobs of a kind; with `asked`, those that were asked for with these words."""
        told = {"kind": kind, "asked": Jsonb(asked or {}), "most": most}
        with self.database.transaction(tenant) as connection:
            rows = connection.execute(QUERIES["jobs"], told).fetchall()
        return [self._told(row) for row in rows]

    def _told(self, row: Json) -> Json:
        silent = row["state"] in ("queued", "running") and self.clock() - row["seen_at"] > SILENT
        return row | ({"state": "failed", "sentence": LOST} if silent else {})

    def _begun(self, tenant: str, job_id: str, kind: str, asked: Json, by: str, work: Work) -> bool:
        told = {"job_id": job_id, "kind": kind, "asked": Jsonb(asked), "by": by, "now": self.clock()}
        with self.database.transaction(tenant) as connection:
            begun = connection.execute(QUERIES["add_job"], told).rowcount == 1
        if begun:
            over = threading.Event()
            # From now on: what waits for its turn is not lost.
            beating = threading.Thread(target=self._beat, args=(tenant, job_id, over), daemon=True)
            beating.start()
            self._threads.submit(self._do, tenant, job_id, work, over, beating)
        return begun

    def _do(self, tenant: str, job_id: str, work: Work, over: threading.Event, beating: threading.Thread) -> None:
        ended: Json = {"state": "done", "result": None, "sentence": None}
        try:
            self._run("job_runs", tenant, job_id)
            ended["result"] = Jsonb(work(job_id))
        except Refusal as refusal:
            ended |= {"state": "refused", "sentence": str(refusal)}
        except Exception:  # noqa: BLE001 - whatever it was, the person who waits must hear of it
            log.exception("job_failed", tenant=tenant, job_id=job_id)
            ended |= {"state": "failed", "sentence": "This failed; the log of the server says why. Start it again."}
        finally:
            over.set()
            beating.join()
        self._run("end_job", tenant, job_id, **ended)

    def _beat(self, tenant: str, job_id: str, over: threading.Event) -> None:
        while True:
            # A database that is away for a moment: the next beat tells.
            with suppress(psycopg.OperationalError, Refusal):
                self._run("job_seen", tenant, job_id)
            if over.wait(BEAT_SECONDS):
                return

    def _run(self, statement: str, tenant: str, job_id: str, **values: Json | str | None) -> None:
        with self.database.transaction(tenant) as connection:
            connection.execute(QUERIES[statement], {"job_id": job_id, "now": self.clock(), **values})
