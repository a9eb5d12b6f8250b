"""Writes the quality report in a process of its own, which warms up while the file is still being read."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from multiprocessing import Pipe
from pathlib import Path

from pipelines.contracts import Refusal
from pipelines.customers.inspection import Inspected
from pipelines.customers.quality import QualityFacts
from pipelines.customers.rules.reasons import in_words

QUALITY = "quality"
# Smaller files are loaded before Great Expectations is imported, and their import waits for the report alone.
YIELDS_FROM_BYTES = 10_000_000
NICENESS = 10


class Reporter:
    """One child process: Great Expectations takes seconds to import and holds the interpreter while it does.

    Not one of multiprocessing's own: a task of a Celery worker is a daemon to it, and may have no children.
    """

    def __init__(self, file_bytes: int) -> None:
        # The checking and the loading of a large file go first; on a busy machine who yields may wait for minutes.
        self._niceness = NICENESS if file_bytes >= YIELDS_FROM_BYTES else 0

    def __enter__(self) -> Reporter:
        self._line, theirs = Pipe()
        with theirs:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "pipelines.customers.report_writer", str(theirs.fileno()), str(self._niceness)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        self._waiting = ThreadPoolExecutor(max_workers=1)
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.shutdown(cancel_futures=True)
        # What it hears next is that nobody is there, and it ends.
        self._line.close()
        self._child.wait()

    def write(
        self, folder: Path, tenant: str, inspected: Inspected, *, limit: float, held: bool, now: datetime
    ) -> Future[None]:
        """Begin the report on the sample in `folder`, as the site `folder/quality`; done when the future is."""
        facts = QualityFacts(
            file_name=inspected.file_name,
            tenant=tenant,
            batch_id=inspected.batch_id,
            rows=inspected.rows,
            clean=inspected.clean,
            quarantined=inspected.quarantined,
            limit=limit,
            held=held,
            reasons=inspected.reasons,
            sentences={code: in_words(code) for code in inspected.reasons},
            columns=inspected.columns,
            imported_at=now,
            seen=inspected.cells_seen,
        )
        return self._waiting.submit(self._written, folder, inspected.kind, facts)

    def _written(self, folder: Path, kind: str, facts: QualityFacts) -> None:
        try:
            self._line.send((folder, kind, facts))
            fault: Exception | None = self._line.recv()
        except (EOFError, OSError) as error:
            code = self._child.wait()
            raise Refusal(
                f"The process that writes the quality report ended with {code} before its end; import the file again."
            ) from error
        if fault:
            raise fault


class NoReport(Reporter):
    """For a few lines that were typed or posted: their answer says all that a report would."""

    def __init__(self, file_bytes: int) -> None:
        pass

    def __enter__(self) -> NoReport:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def write(
        self, folder: Path, tenant: str, inspected: Inspected, *, limit: float, held: bool, now: datetime
    ) -> Future[None]:
        """Nothing."""
        (folder / QUALITY).mkdir(exist_ok=True)
        done: Future[None] = Future()
        done.set_result(None)
        return done
