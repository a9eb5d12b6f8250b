"""Bytes in, UTF-8 blocks out: compression and line ends are settled here, and the file is watched."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pipelines.contracts import Refusal
from pipelines.customers.reading.encodings import in_utf8, not_text

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK = 16 * 1024 * 1024
# What is looked at to tell the encoding, the line ends and the delimiter of a file.
HEAD = 64 * 1024
GZIP, PARQUET = b"\x1f\x8b", b"PAR1"
LINE_END = re.compile(rb"\r+\n|\r|\n")


@dataclass(slots=True)
class WatchedFile:
    """An open file that knows its digest after one reading and notices when it changed meanwhile."""

    path: Path
    handle: BinaryIO
    size: int
    _before: tuple[int, int, int]
    _digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    position: int = 0

    def read(self, count: int = -1) -> bytes:
        """The next bytes, counted into the digest."""
        data = self.handle.read(count)
        self._digest.update(data)
        self.position += len(data)
        return data

    def finish(self) -> str:
        """The SHA-256 of all that was read; refuses a file that is not the one that was opened."""
        while self.read(BLOCK):
            pass
        try:
            same = _identity(os.stat(self.path)) == self._before and self.position == self.size
        except OSError:
            same = False
        if not same:
            raise Refusal(f"{self.path} changed while it was read; nothing was stored, import it again when complete.")
        return self._digest.hexdigest()

    def close(self) -> None:
        """Let go of the file."""
        self.handle.close()

    def __enter__(self) -> WatchedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_file(path: Path, *, max_bytes: int) -> WatchedFile:
    """The file, or a refusal that says why it cannot be one of ours."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise Refusal(f"{path} is a folder, not a file; name one file to import.")
        if not stat.S_ISREG(mode):
            raise Refusal(f"{path} is a pipe or a device, not a file; save its content to a file and import that.")
        handle = path.open("rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Refusal(f"There is no file {path}; check the path.") from error
    except PermissionError as error:
        raise Refusal(f"{path} may not be read by this user; change its permissions.") from error
    except (OSError, ValueError) as error:
        raise Refusal(f"{path} cannot be opened ({error}); check the path.") from error
    opened = os.fstat(handle.fileno())
    if opened.st_size == 0:
        handle.close()
        raise Refusal(f"{path} is empty; export it again.")
    if opened.st_size > max_bytes:
        handle.close()
        raise Refusal(f"{path} is larger than LIFTLINE_MAX_FILE_GB allows ({max_bytes / 1e9:g} GB); split it.")
    return WatchedFile(path, handle, opened.st_size, _identity(opened))


def _identity(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def starts_with(file: WatchedFile, magic: bytes) -> bool:
    """Whether the file begins with `magic`; reads nothing away."""
    file.handle.seek(0)
    head = file.handle.read(len(magic))
    file.handle.seek(0)
    return head == magic


def peeked(blocks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first blocks as far as `HEAD` needs, and all blocks as they were."""
    held: list[bytes] = []
    for block in blocks:
        held.append(block)
        if sum(map(len, held)) >= HEAD:
            break
    return b"".join(held), chain(held, blocks)


def text_blocks(file: WatchedFile, *, max_bytes: int, block: int = BLOCK) -> Iterator[bytes]:
    """UTF-8 blocks whose lines end in `\\n`, with or without a `\\r` before it; refuses what is not text."""
    chunks = _unpacked(file, max_bytes, block) if starts_with(file, GZIP) else iter(lambda: file.read(block), b"")
    head, chunks = peeked(chunks)
    if not head:
        raise Refusal(f"{file.path} holds nothing once unpacked; export it again.")
    if head.startswith(GZIP):
        raise Refusal(f"{file.path} is packed by gzip twice; unpack it once and import it again.")
    head, decoded = peeked(in_utf8(chunks, head[:4096], file.path))
    # Old Mac files: \r alone ends a line. A file has one habit, so its first line tells.
    end = LINE_END.search(head)
    for data in _newlines(decoded) if end and end[0] == b"\r" else decoded:
        if b"\0" in data:
            raise not_text(file.path)
        if data:
            yield data


def _newlines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    held = b""
    for block in blocks:
        data = held + block
        held = b"\r" if data.endswith(b"\r") else b""
        yield data[: len(data) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    yield held.replace(b"\r", b"\n")


def _unpacked(file: WatchedFile, max_bytes: int, block: int) -> Iterator[bytes]:
    """What a gzip file holds, block by block."""
    total = 0
    with gzip.GzipFile(fileobj=io.BufferedReader(_Raw(file), block)) as packed:
        while True:
            try:
                data = packed.read(block)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise Refusal(f"{file.path} is a damaged gzip file ({error}); pack it again.") from error
            if not data:
                return
            total += len(data)
            if total > max_bytes:
                raise Refusal(f"{file.path} unpacks to more than LIFTLINE_MAX_FILE_GB allows; split it.")
            yield data


class _Raw(io.RawIOBase):
    """The watched bytes in the form that gzip reads from."""

    def __init__(self, file: WatchedFile) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        data = self._file.read(len(view))
        view[: len(data)] = data
        return len(data)
