import gzip
import hashlib
import os
import socket

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.contracts import Refusal
from pipelines.customers.reading.open import open_table
from pipelines.customers.reading.source import open_file
from tests.customers.reading.taken_in import PLENTY, take_in, take_in_file

TABLE = b"id,name\n" + b"".join(b"%d,plain\n" % i for i in range(5000))


def _opened(path, max_bytes=PLENTY):
    return open_file(path, max_bytes=max_bytes)


def _folder(path):
    path.mkdir()


def _pipe(path):
    os.mkfifo(path)


def _socket(path):
    os.chdir(path.parent)
    socket.socket(socket.AF_UNIX).bind(path.name)


def _under_a_file(path):
    path.parent.rmdir()
    path.parent.write_text("id")


NO_FILE = {
    "missing": (lambda path: None, "There is no file .*; check the path"),
    "folder": (_folder, "is a folder"),
    "pipe": (_pipe, "is a pipe or a device"),
    "socket": (_socket, "is a pipe or a device"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "is a pipe or a device"),
    "broken link": (lambda path: path.symlink_to("nowhere"), "There is no file"),
    "link to itself": (lambda path: path.symlink_to(path), "cannot be opened"),
    "path through a file": (_under_a_file, "There is no file"),
    "empty": (lambda path: path.touch(), "is empty; export it again"),
    "too large": (lambda path: path.write_bytes(b"x" * 11), "is larger than LIFTLINE_MAX_FILE_GB"),
}


@pytest.mark.parametrize("case", NO_FILE)
def test_what_is_no_file_of_ours_is_refused(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "in" / "customers.csv"
    path.parent.mkdir()
    make, sentence = NO_FILE[case]
    make(path)
    with pytest.raises(Refusal, match=sentence):
        _opened(path, max_bytes=10)


def test_an_impossible_path_is_refused(tmp_path):
    with pytest.raises(Refusal, match="cannot be opened"):
        _opened(tmp_path / ("x" * 300))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path):
    path = tmp_path / "customers.csv"
    path.write_bytes(TABLE)
    path.chmod(0)
    with pytest.raises(Refusal, match="may not be read by this user"):
        _opened(path)


def _grown(path):
    with path.open("ab") as file:
        file.write(b"6000,more\n")


def _cut(path):
    os.truncate(path, 20)


def _rewritten(path):
    path.write_bytes(TABLE.replace(b"plain", b"other"))
    os.utime(path, ns=(1, 1))


def _replaced(path):
    other = path.with_name("other.csv")
    other.write_bytes(TABLE)
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.rename(path)


@pytest.mark.parametrize("change", [_grown, _cut, _rewritten, _replaced, os.remove])
@pytest.mark.parametrize("name", ["customers.csv", "customers.parquet"])
def test_a_file_that_changes_while_it_is_read_is_refused(change, name, tmp_path):
    path = tmp_path / name
    path.write_bytes(TABLE if name.endswith("csv") else _parquet(tmp_path))
    with _opened(path) as file:
        slices = open_table(file, max_bytes=PLENTY, block=1000).slices
        next(slices)
        change(path)
        with pytest.raises(Refusal, match=r"changed while it was read|is a damaged Parquet file"):
            _finish(slices, file)


def _finish(slices, file):
    for _ in slices:
        pass
    file.finish()


def _parquet(folder):
    pq.write_table(pa.table({"id": list(range(300_000))}), folder / "made", row_group_size=1000)
    return (folder / "made").read_bytes()


def test_the_digest_is_that_of_the_file_as_it_lies(tmp_path):
    for content in (TABLE, gzip.compress(TABLE), TABLE[:-1], _parquet(tmp_path)):
        path = tmp_path / "customers"
        path.write_bytes(content)
        with _opened(path) as file:
            progress = [one.bytes_read for one in open_table(file, max_bytes=PLENTY, block=1000).slices]
            assert file.finish() == hashlib.sha256(content).hexdigest()
        assert progress == sorted(progress)
        assert 0 < progress[-1] <= len(content)


def test_a_packed_file_is_the_file_whatever_its_name(tmp_path):
    path = tmp_path / "customers.csv"
    for packed in (gzip.compress(TABLE), gzip.compress(TABLE[:9000]) + gzip.compress(TABLE[9000:])):
        path.write_bytes(packed)
        for block in (100, 1 << 20):
            assert take_in_file(path, block=block) == take_in(TABLE)
    (tmp_path / "customers.csv.gz").write_bytes(TABLE)
    assert take_in_file(tmp_path / "customers.csv.gz") == take_in(TABLE)
    assert take_in(gzip.compress("id,name\n1,Zoë\n".encode("utf-16"))).cells == [("1", "Zoë")]


PACKED = gzip.compress(TABLE)
DAMAGED = {
    "cut": (PACKED[:-50], "is a damaged gzip file"),
    "cut in its head": (PACKED[:5], "is a damaged gzip file"),
    "two bytes": (PACKED[:2], "is a damaged gzip file"),
    "garbled": (PACKED[:200] + b"garbage" + PACKED[207:], "is a damaged gzip file"),
    "wrong checksum": (PACKED[:-8] + b"\1\2\3\4" + PACKED[-4:], "is a damaged gzip file"),
    "more behind it": (PACKED + b"not gzip", "is a damaged gzip file"),
    "nothing in it": (gzip.compress(b""), "holds nothing once unpacked"),
    "packed twice": (gzip.compress(PACKED), "is packed by gzip twice"),
    "a bomb": (gzip.compress(b"id,name\n" + b"1,a\n" * 5_000_000), "unpacks to more than LIFTLINE_MAX_FILE_GB"),
}


def test_a_parquet_file_that_unpacks_to_too_much_is_refused(tmp_path):
    path = tmp_path / "same.parquet"
    table = pa.table({"customer_id": ["x" * 100] * 50_000})
    pq.write_table(table, path, use_dictionary=False, compression="zstd")
    assert path.stat().st_size < 100_000
    with pytest.raises(Refusal, match="unpacks to more than LIFTLINE_MAX_FILE_GB"):
        take_in_file(path, max_bytes=100_000)


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_packed_files_are_refused(case):
    content, sentence = DAMAGED[case]
    with pytest.raises(Refusal, match=sentence):
        take_in(content, max_bytes=1_000_000, block=1 << 16)
