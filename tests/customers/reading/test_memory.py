"""Memory stays flat however large a file is: what a reading needs is a few blocks, in a process of its own."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

READ = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from pipelines.customers.checking import Checker
from pipelines.customers.columns import plan_columns
from pipelines.customers.kinds import KINDS
from pipelines.customers.reading.open import open_table
from pipelines.customers.reading.source import open_file

with open_file(Path(sys.argv[1]), max_bytes=10**10) as file:
    table = open_table(file, max_bytes=10**10)
    plan = plan_columns(table.header, KINDS["customers"], {}, "it")
    checker = Checker(KINDS["customers"], plan, datetime.now(UTC))
    lines = sum(one.count for one in checker.check(table.slices))
    file.finish()
print(lines, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
ROOT = Path(__file__).parents[3]
LINES = 250_000


def _measure(path) -> tuple[int, int]:
    done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, cwd=ROOT, check=True)
    lines, megabytes = done.stdout.split()
    return int(lines), int(megabytes)


def _packed(path, parts):
    note = "a note that makes the line longer " * 5
    rows = "".join(f"{i},user{i}@example.com,2024-05-01,{note}\n" for i in range(LINES // 5)).encode()
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write(b"id,email,signup_date,note\n")
    # The same packed member again and again: 200 MB are written in no time.
    member = gzip.compress(rows, compresslevel=1)
    with path.open("ab") as out:
        for _ in range(parts):
            out.write(member)
    return len(rows) * parts


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in other units elsewhere")
def test_a_file_of_200_mb_needs_hardly_more_memory_than_a_small_one(tmp_path):
    small, large = tmp_path / "small.csv.gz", tmp_path / "large.csv.gz"
    _packed(small, 1)
    assert _packed(large, 20) > 200_000_000
    (few, base), (many, peak) = _measure(small), _measure(large)
    assert (few, many) == (LINES // 5, LINES * 4)
    assert peak - base < 350
