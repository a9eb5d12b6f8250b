"""The process that a `Reporter` starts: it readies Great Expectations, then writes each report that it is asked for."""

from __future__ import annotations

import logging
import os
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import polars as pl

from pipelines.customers.inspection import SAMPLE
from pipelines.customers.quality import QualityFacts, write_report
from pipelines.customers.reporter import QUALITY


def main(line: int, niceness: int) -> None:
    """Answer each report with nothing, or with what went wrong, until whoever asks is gone."""
    os.nice(niceness)
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations  # noqa: F401

    asked: tuple[Path, str, QualityFacts]
    with Connection(line) as asking:
        while True:
            try:
                asked = asking.recv()
            except EOFError:
                return
            asking.send(_fault_of(*asked))


def _fault_of(folder: Path, kind: str, facts: QualityFacts) -> Exception | None:
    try:
        write_report(folder=folder / QUALITY, kind=kind, sample=pl.read_ipc(folder / SAMPLE), facts=facts)
    except Exception as fault:  # noqa: BLE001 - it is raised again where the report is waited for
        return fault
    return None


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
