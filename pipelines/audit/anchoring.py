"""Heads of the ledger kept outside the database, in one file a tenant that is only ever added to."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.contracts import Refusal
from pipelines.disk import on_disk


@dataclass(frozen=True, slots=True)
class Anchor:
    """The hash that a tenant's ledger had at an entry; `manifest_sha256` seals the export that it was taken for."""

    tenant_id: str
    seq: int
    hash: str
    entries: int
    anchored_at: str
    manifest_sha256: str | None = None


def file_of(folder: Path, tenant: str) -> Path:
    """Where a tenant's anchors are."""
    return folder / f"{tenant}.jsonl"


def kept(folder: Path, tenant: str) -> list[Anchor]:
    """All anchors of a tenant, by number."""
    path = file_of(folder, tenant)
    if not path.exists():
        return []
    try:
        found = [Anchor(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line]
    except (ValueError, TypeError) as error:
        raise Refusal(f"{path} cannot be read as a file of anchors: somebody changed it; use a copy.") from error
    return sorted(found, key=lambda anchor: anchor.seq)


def keep(folder: Path, anchor: Anchor) -> Path:
    """Add one anchor, on the disk when this returns; the file as it was if that fails."""
    path = file_of(folder, anchor.tenant_id)
    line = (json.dumps(asdict(anchor)) + "\n").encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(path) as file:
            _add(file, line)
        on_disk(folder)
    except OSError as error:
        raise Refusal(f"The anchor cannot be written to {path} ({error.strerror}); mend LIFTLINE_ANCHORS.") from error
    return path


@contextmanager
def _alone(path: Path) -> Iterator[int]:
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _add(file: int, line: bytes) -> None:
    before = os.fstat(file).st_size
    try:
        if os.write(file, line) != len(line):
            raise OSError(28, "No space left on device")
        os.fsync(file)
    except OSError:
        os.ftruncate(file, before)
        raise
