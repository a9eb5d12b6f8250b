"""Text in any of the usual encodings, turned into UTF-8; bytes that mean nothing there stay visibly broken."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from pipelines.contracts import Refusal

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# No byte of UTF-8: stands for a character that could not be read, so that its line is refused and not altered.
UNREADABLE = b"\xff"


def in_utf8(chunks: Iterator[bytes], head: bytes, path: Path) -> Iterator[bytes]:
    """The chunks of a file that begins with `head`, as UTF-8.

    Without a mark, text is UTF-8 or Windows-1252 by its first chunk that holds more than ASCII.
    """
    encoding, mark = _marked(head, path)
    chunks = _without(mark, chunks)
    held = b""
    while not encoding and (chunk := next(chunks, None)) is not None:
        encoding, ready, held = _guessed(held + chunk)
        yield ready
    rest = chain([held], chunks)
    yield from rest if encoding == "utf-8" else _recoded(rest, encoding or "cp1252", path)


def not_text(path: Path) -> Refusal:
    """What a binary file is refused with."""
    return Refusal(f"{path} is a binary file, not a table of text; export it as CSV.")


def _marked(head: bytes, path: Path) -> tuple[str, int]:
    """The encoding that the file's beginning gives away, if any, and the length of its mark."""
    for bom, name in BOMS:
        if head.startswith(bom):
            return name, len(bom)
    if b"\0" not in head:
        return "", 0
    even, odd = head[0::2].count(0), head[1::2].count(0)
    # Text in UTF-16 without its mark: every delimiter and line end has its zero on the same side.
    wide = "utf-16-be" if even > odd else "utf-16-le"
    if 10 * min(even, odd) <= max(even, odd) and set(",;\t|\r\n") & set(head.decode(wide, "ignore")):
        return wide, 0
    raise not_text(path)


def _without(count: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk[count:]
        count = max(0, count - len(chunk))


def _guessed(chunk: bytes) -> tuple[str, bytes, bytes]:
    """The encoding if the chunk settles it, what of the chunk is plain ASCII, and the rest."""
    if chunk.isascii():
        return "", chunk, b""
    sound, broken, cut = _evidence(chunk)
    if sound or broken:
        # A stray byte in UTF-8 is a damaged line; in Windows-1252 hardly any bytes make up a UTF-8 character.
        return ("utf-8" if sound >= broken else "cp1252"), b"", chunk
    return "", chunk[:-cut], chunk[-cut:]


def _evidence(chunk: bytes) -> tuple[int, int, int]:
    """As UTF-8: the bytes that continue a character, those that make none, those of one cut off by the end."""
    strict, lenient = (codecs.getincrementaldecoder("utf-8")(errors) for errors in ("strict", "ignore"))
    try:
        text, cut, broken = strict.decode(chunk), len(strict.getstate()[0]), 0
    except UnicodeDecodeError:
        text, cut = lenient.decode(chunk), len(lenient.getstate()[0])
        broken = len(chunk) - cut - len(text.encode())
    return len(chunk) - cut - broken - len(text), broken, cut


def _recoded(chunks: Iterator[bytes], encoding: str, path: Path) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for chunk in chunks:
        if encoding == "cp1252" and _turns_to_utf8(chunk):
            raise Refusal(f"{path} is written partly in Windows-1252 and partly in UTF-8; save all of it as UTF-8.")
        yield _broken_shown(decoder.decode(chunk))
    yield _broken_shown(decoder.decode(b"", True))


def _turns_to_utf8(chunk: bytes) -> bool:
    if chunk.isascii():
        return False
    sound, broken, _ = _evidence(chunk)
    return sound > 8 + broken


def _broken_shown(text: str) -> bytes:
    return text.encode().replace("\ufffd".encode(), UNREADABLE)
