"""Bytes in, UTF-8 blocks out: compression, encoding and line ends are settled here, and the file is watched."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pipelines.contracts import Refusal

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK = 16 * 1024 * 1024
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
GZIP, PARQUET = b"\x1f\x8b", b"PAR1"
LEAD_BYTES = bytes(range(0xC2, 0xF5))


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
        if _identity(os.stat(self.path)) != self._before or self.position != self.size:
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
    if not path.exists():
        raise Refusal(f"There is no file {path}; check the path.")
    if not path.is_file():
        raise Refusal(f"{path} is a folder, not a file; name one file to import.")
    try:
        handle = path.open("rb")
    except PermissionError as error:
        raise Refusal(f"{path} may not be read by this user; change its permissions.") from error
    stat = os.fstat(handle.fileno())
    if stat.st_size == 0:
        handle.close()
        raise Refusal(f"{path} is empty; export it again.")
    if stat.st_size > max_bytes:
        handle.close()
        raise Refusal(f"{path} is larger than LIFTLINE_MAX_FILE_GB allows ({max_bytes / 1e9:g} GB); split it.")
    return WatchedFile(path, handle, stat.st_size, _identity(stat))


def _identity(stat: os.stat_result) -> tuple[int, int, int]:
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def starts_with(file: WatchedFile, magic: bytes) -> bool:
    """Whether the file begins with `magic`; reads nothing away."""
    file.handle.seek(0)
    head = file.handle.read(len(magic))
    file.handle.seek(0)
    return head == magic


def text_blocks(file: WatchedFile, *, max_bytes: int, block: int = BLOCK) -> Iterator[bytes]:
    """UTF-8 blocks with `\\n` line ends only where the file has lone `\\r`; refuses what is not text."""
    chunks = _unpacked(file, max_bytes, block) if starts_with(file, GZIP) else iter(lambda: file.read(block), b"")
    first = next(chunks, b"")
    if not first:
        raise Refusal(f"{file.path} holds nothing once unpacked; export it again.")
    encoding, first = _encoding(first, file.path)
    decoded = _decoded(_chain(first, chunks), encoding, file.path)
    head = next(decoded, b"")
    # Old Mac files: \r alone ends a line. A file has one habit, so its first block tells.
    lone = b"\n" not in head and b"\r" in head
    for data in _chain(head, decoded):
        yield data.replace(b"\r", b"\n") if lone else data


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _unpacked(file: WatchedFile, max_bytes: int, block: int) -> Iterator[bytes]:
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


def _encoding(first: bytes, path: Path) -> tuple[str, bytes]:
    for bom, name in BOMS:
        if first.startswith(bom):
            return name, first[len(bom) :]
    head = first[:4096]
    if b"\0" in head:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        # Western text in UTF-16 without its mark: every other byte is zero.
        if min(even, odd) == 0 and max(even, odd) > len(head) * 0.3:
            return ("utf-16-be" if even else "utf-16-le"), first
        raise Refusal(f"{path} is a binary file, not a table of text; export it as CSV.")
    return "utf-8 or windows-1252", first


def _decoded(chunks: Iterator[bytes], encoding: str, path: Path) -> Iterator[bytes]:
    """As UTF-8. Undecided text turns into one of the two at its first byte that is not ASCII."""
    carried = b""
    for chunk in chunks:
        if encoding == "utf-8 or windows-1252":
            if chunk.isascii() and not carried:
                _refuse_binary(chunk, path)
                yield chunk
                continue
            encoding = "utf-8" if _is_utf8(chunk) else "cp1252"
        if encoding == "utf-8":
            _refuse_binary(chunk, path)
            yield chunk
            continue
        data = carried + chunk
        text, used = codecs.getincrementaldecoder(encoding)(errors="replace"), data
        decoded = text.decode(used)
        carried = text.getstate()[0]
        out = decoded.encode()
        _refuse_binary(out, path)
        yield out


def _is_utf8(chunk: bytes) -> bool:
    # The block may end inside a character; only that last one is forgiven.
    try:
        codecs.getincrementaldecoder("utf-8")().decode(chunk)
    except UnicodeDecodeError as error:
        # One stray byte in a long UTF-8 text is a damaged line, not another encoding.
        sound = chunk[: error.start]
        return len(sound) - len(sound.translate(None, LEAD_BYTES)) > 3
    return True


def _refuse_binary(chunk: bytes, path: Path) -> None:
    if b"\0" in chunk:
        raise Refusal(f"{path} is a binary file, not a table of text; export it as CSV.")
