"""Files for download: always found by an id of ours, never by a name that a caller sent."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import FileResponse, StreamingResponse

PIECE = 1 << 20


def file(path: Path, *, name: str, media_type: str = "text/csv; charset=utf-8") -> Response:
    """A file under a name for people."""
    return FileResponse(path, media_type=media_type, filename=name)


def content(data: bytes, *, name: str) -> Response:
    """What is no file here, under a name for people."""
    return Response(data, media_type="application/octet-stream", headers={"Content-Disposition": _named(name)})


def folder(path: Path, *, name: str) -> Response:
    """A folder as a zip archive, packed while it is sent."""
    headers = {"Content-Disposition": _named(name)}
    return StreamingResponse(_packed(path), media_type="application/zip", headers=headers)


def _named(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name)}"


class _Outlet:
    """A file that can only be written to, and hands on what was written."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.position = 0

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        self.position += len(data)
        return len(data)

    def tell(self) -> int:
        return self.position

    def flush(self) -> None:
        pass

    def taken(self) -> bytes:
        pieces, self.pieces = self.pieces, []
        return b"".join(pieces)


def _packed(path: Path) -> Iterator[bytes]:
    outlet = _Outlet()
    into: IO[bytes] = outlet  # type: ignore[assignment]
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for member in sorted(each for each in path.rglob("*") if each.is_file()):
            with member.open("rb") as source, archive.open(str(member.relative_to(path)), "w", force_zip64=True) as to:
                while piece := source.read(PIECE):
                    to.write(piece)
                    yield outlet.taken()
    yield outlet.taken()
