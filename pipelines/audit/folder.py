"""The files of an export, made beside their place and put there as one."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.audit import verify_audit
from pipelines.audit.anchoring import Anchor
from pipelines.audit.facts import count
from pipelines.audit.page import summary_page
from pipelines.audit.readable import write_readable, write_readable_decisions
from pipelines.audit.scope import Scope
from pipelines.audit.verify_audit import ANCHOR, DECISIONS, ENTRIES, MANIFEST
from pipelines.contracts import TENANT_ID, Refusal
from pipelines.disk import on_disk
from pipelines.paper import write_pdf

# Exports of old do not say whether the ledger was broken.
UNSAID = "unsaid"
READABLE_DECISIONS = "decisions-readable.csv"
READABLE, PAGE, PAPER, VERIFIER = "entries-readable.csv", "summary.html", "summary.pdf", "verify_audit.py"


def check_place(folder: Path) -> None:
    """Refuse a folder that holds something or cannot be made."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refusal(f"{folder} is there already and not an empty folder; choose another for the export.")
    if not folder.absolute().parent.is_dir():
        raise Refusal(f"The folder {folder.absolute().parent} does not exist; make it or choose another.")


def newest_in(place: Path) -> Path | None:
    """The newest export that says of itself that the ledger was whole, among exports that are named by their moment."""
    found = [path for path in place.glob("[0-9]*") if (path / MANIFEST).is_file()] if place.is_dir() else []
    return next((path for path in sorted(found, reverse=True) if manifest_of(path).get("fault", UNSAID) is None), None)


def tenant_in(entries: Path) -> str | None:
    """The tenant that the first entry of a file names."""
    if not entries.is_file():
        return None
    with entries.open("rb") as file:
        file.readline(10_000)
        cells = file.readline(1000).split(b",", 3)
    tenant = cells[2].decode(errors="replace") if len(cells) == 4 else ""
    return tenant if TENANT_ID.fullmatch(tenant) else None


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest of an export as it was written."""
    try:
        told: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        return {**told, "last": int(told["last"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refusal(f"{folder / MANIFEST} cannot be read: somebody changed it; move {folder} away.") from error


@contextmanager
def draft_of(folder: Path) -> Iterator[Path]:
    """A folder to fill that takes its name when all is well, and is gone otherwise."""
    draft = folder.absolute().with_name(f".{folder.name}.{time.time_ns()}.part")
    try:
        draft.mkdir()
        yield draft
        for path in (*draft.iterdir(), draft):
            on_disk(path)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def add_views(folder: Path, scope: Scope, manifest: Mapping[str, Any], fault: str | None) -> None:
    """Everything beside the hashed CSV that people read or run."""
    write_readable(folder / ENTRIES, folder / READABLE)
    if (folder / DECISIONS).is_file():
        write_readable_decisions(folder / DECISIONS, folder / READABLE_DECISIONS)
    page = summary_page(scope, count(folder / ENTRIES), manifest, fault)
    (folder / PAGE).write_text(page, encoding="utf-8")
    write_pdf(page, folder / PAPER)
    shutil.copyfile(verify_audit.__file__, folder / VERIFIER)


def add_manifest(folder: Path, manifest: Mapping[str, Any]) -> str:
    """The manifest with the hash of every file; its own hash, for the anchor."""
    files = {path.name: {"sha256": _sha256(path), "bytes": path.stat().st_size} for path in sorted(folder.iterdir())}
    text = json.dumps({**manifest, "files": files}, indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()


def add_anchor(folder: Path, anchor: Anchor) -> None:
    """The anchor of this export, as it is kept elsewhere too."""
    (folder / ANCHOR).write_text(json.dumps(asdict(anchor), indent=2) + "\n", encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
