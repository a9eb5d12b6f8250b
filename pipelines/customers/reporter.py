"""Writes the quality report in a process of its own, which warms up while the file is still being read."""

from __future__ import annotations

import logging
import multiprocessing
import os
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import datetime
from pathlib import Path

import polars as pl

from pipelines.customers.inspection import SAMPLE, Inspected
from pipelines.customers.quality import QualityFacts, write_report
from pipelines.customers.rules.reasons import in_words

QUALITY = "quality"
# Smaller files are loaded before Great Expectations is imported, and their import waits for the report alone.
YIELDS_FROM_BYTES = 10_000_000


class Reporter:
    """One child process: Great Expectations takes seconds to import and holds the interpreter while it does."""

    def __init__(self, file_bytes: int) -> None:
        self._yields = file_bytes >= YIELDS_FROM_BYTES
        self._child = ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn"))

    def __enter__(self) -> Reporter:
        self._child.submit(_warm_up, self._yields)
        return self

    def __exit__(self, *_: object) -> None:
        self._child.shutdown(wait=True, cancel_futures=True)

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
        return self._child.submit(_write, folder, inspected.kind, facts)


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


def _warm_up(yields: bool) -> None:
    # The checking and the loading of a large file go first; on a busy machine who yields may wait for minutes.
    if yields:
        os.nice(10)
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations  # noqa: F401


def _write(folder: Path, kind: str, facts: QualityFacts) -> None:
    write_report(folder=folder / QUALITY, kind=kind, sample=pl.read_ipc(folder / SAMPLE), facts=facts)
