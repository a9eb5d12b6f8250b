"""Files that somebody handed over, kept under names of our own until a run imports them."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import yaml

from pipelines.contracts import Refusal
from pipelines.customers.columns import check_mapping
from pipelines.customers.inspection import Order
from pipelines.customers.kinds import KINDS

CHUNK = 1 << 20
UPLOAD_ID = re.compile(r"[0-9a-f]{32}")
ABOUT, CONTENT, MAPPING = "upload.json", "content", "mapping.yaml"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that lies whole on the disk."""

    upload_id: str
    file_name: str
    kind: str
    bytes: int
    sha256: str


class TooLarge(Refusal):
    """A file that is larger than files may be."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"The file is larger than LIFTLINE_MAX_FILE_GB allows ({max_bytes / 1e9:g} GB); split it.")


class Arrival:
    """A file that is coming in, piece by piece; it counts as an upload only once it is `kept`."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._upload_id = secrets.token_hex(16)
        self._home = folder / self._upload_id
        self._home.mkdir(parents=True)
        self._max_bytes = max_bytes
        self._size, self._digest = 0, hashlib.sha256()
        self._out = (self._home / CONTENT).open("xb")

    def write(self, piece: bytes) -> None:
        """The next bytes; more than allowed are refused and nothing is left."""
        self._size += len(piece)
        if self._size > self._max_bytes:
            self.abandon()
            raise TooLarge(self._max_bytes)
        self._digest.update(piece)
        self._out.write(piece)

    def abandon(self) -> None:
        """Leave nothing of it."""
        self._out.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def kept(self, *, file_name: str, tenant: str, kind: str, mapping: str | None = None) -> Kept:
        """The upload, now that it is whole; the user's name of it is only data."""
        self._out.close()
        if kind not in KINDS:
            self.abandon()
            raise Refusal(f"There is no kind of file called {kind}; known are {', '.join(KINDS)}.")
        if mapping:
            (self._home / MAPPING).write_text(mapping, encoding="utf-8")
        named = Path(file_name.replace("\\", "/")).name or "upload"
        _describe(self._home, named, tenant, kind)
        return Kept(self._upload_id, named, kind, self._size, self._digest.hexdigest())


def keep_upload(
    folder: Path,
    content: BinaryIO,
    *,
    file_name: str,
    tenant: str,
    kind: str,
    max_bytes: int,
    mapping: str | None = None,
) -> str:
    """Stream a file to disk and return the id that a run is started with."""
    arrival = Arrival(folder, max_bytes)
    while chunk := content.read(CHUNK):
        arrival.write(chunk)
    return arrival.kept(file_name=file_name, tenant=tenant, kind=kind, mapping=mapping).upload_id


def find_upload(folder: Path, upload_id: str) -> Order:
    """The order that an upload stands for."""
    home = folder / upload_id
    if not UPLOAD_ID.fullmatch(upload_id) or not (home / ABOUT).is_file():
        raise Refusal(f"There is no upload {upload_id}; upload the file again.")
    about = json.loads((home / ABOUT).read_text(encoding="utf-8"))
    mapping = home / MAPPING
    named = about["file_name"], upload_id
    return Order(about["tenant"], home / CONTENT, about["kind"], mapping if mapping.exists() else None, *named)


def delete_upload(folder: Path, upload_id: str) -> None:
    """Leave nothing of an upload on the disk."""
    if UPLOAD_ID.fullmatch(upload_id) and (folder / upload_id).exists():
        shutil.rmtree(folder / upload_id)


def read_otherwise(folder: Path, upload_id: str, kind: str, mapping: Mapping[str, str]) -> None:
    """Have an upload read as another kind of file, or with other columns."""
    order = find_upload(folder, upload_id)
    if kind not in KINDS:
        raise Refusal(f"There is no kind of file called {kind}; known are {', '.join(KINDS)}.")
    check_mapping(dict(mapping), KINDS[kind], "The mapping")
    home = order.file.parent
    draft = home / f"{MAPPING}.draft"
    draft.write_text(yaml.safe_dump(dict(mapping), allow_unicode=True) if mapping else "", encoding="utf-8")
    if mapping:
        draft.replace(home / MAPPING)
    else:
        draft.unlink()
        (home / MAPPING).unlink(missing_ok=True)
    _describe(home, order.shown_name, order.tenant, kind)


def _describe(home: Path, file_name: str, tenant: str, kind: str) -> None:
    draft = home / f"{ABOUT}.draft"
    draft.write_text(json.dumps({"file_name": file_name, "tenant": tenant, "kind": kind}), encoding="utf-8")
    draft.replace(home / ABOUT)
