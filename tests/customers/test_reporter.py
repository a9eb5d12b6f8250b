"""The process that writes the quality report."""

import os

import pytest

from pipelines.customers import reporter


@pytest.mark.parametrize(("file_bytes", "yields"), [(1_000, False), (reporter.YIELDS_FROM_BYTES, True)])
def test_only_a_large_file_is_reported_on_at_a_low_priority(file_bytes, yields):
    # The import of a small one waits for its report: at a low priority that takes minutes on a busy machine.
    with reporter.Reporter(file_bytes) as writing:
        priority = writing._child.submit(os.getpriority, os.PRIO_PROCESS, 0).result()
    assert (priority > os.getpriority(os.PRIO_PROCESS, 0)) is yields
