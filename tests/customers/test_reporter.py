"""The process that writes the quality report."""

import multiprocessing
import os

import pytest

from pipelines.contracts import Refusal
from pipelines.customers.inspection import SAMPLE, Inspected
from pipelines.customers.reporter import NICENESS, QUALITY, YIELDS_FROM_BYTES, Reporter
from tests.conftest import NOW
from tests.customers.quality.reports import CLEAN, ROWS

UNREAD = {"lines": 0, "examples": []}
INSPECTED = Inspected("b1", "customers", "people.csv", "0" * 64, ROWS, ROWS, 0, {}, {"email": "email"}, ROWS, UNREAD)


def test_a_report_is_written_also_for_who_may_have_no_children_of_multiprocessing(tmp_path, monkeypatch):
    # As a task of a Celery worker.
    monkeypatch.setitem(multiprocessing.current_process()._config, "daemon", True)
    CLEAN.write_ipc(tmp_path / SAMPLE)
    told = {"limit": 0.2, "held": False, "now": NOW}
    with Reporter(YIELDS_FROM_BYTES) as reporter:
        child = reporter._child.pid
        reporter.write(tmp_path, "acme", INSPECTED, **told).result()
        # A large file is checked and loaded first; the import of a small one waits for its report.
        assert os.getpriority(os.PRIO_PROCESS, child) == os.getpriority(os.PRIO_PROCESS, 0) + NICENESS
        assert (tmp_path / QUALITY / "index.html").stat().st_size
        with pytest.raises(FileNotFoundError):
            reporter.write(tmp_path / "nowhere", "acme", INSPECTED, **told).result()
        reporter._child.kill()
        with pytest.raises(Refusal, match="ended with -9 before its end; import the file again"):
            reporter.write(tmp_path, "acme", INSPECTED, **told).result()


def test_a_small_file_is_reported_on_at_once():
    with Reporter(1_000) as reporter:
        assert reporter._niceness == 0
