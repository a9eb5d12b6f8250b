"""Files that hold what people said or did, or that only grow: they are kept for a while, and then deleted."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Files:
    """Where such files lie, and for how many days they stay."""

    uploads: Path
    imports: Path
    messages: Path
    feeds: Path
    inbox: Path
    reports: Path
    days: int
    clock: Callable[[], datetime]

    def places(self) -> dict[str, tuple[Path, str]]:
        """By kind the folder, and which files in it are meant."""
        return {
            "uploads": (self.uploads, "*"),
            # What a run checked for its loading, and what killed imports left.
            "imports": (self.imports, "*"),
            "quarantine": (self.reports / "quarantine", "*/*.csv"),
            "quality": (self.reports / "quality", "*/*"),
            # What the offline channels put down for readers, then reports that were posted.
            "messages": (self.messages, "**/*.*"),
            "feeds": (self.feeds, "*/*/*.json"),
            "tasks": (self.reports / "linkedin", "*/*.csv"),
            "outbox": (self.reports / "outbox", "*.eml"),
            # What readers would get, with their names in it.
            "previews": (self.reports / "previews", "*/*.*"),
            # Files of events that are stored, and events of which nobody knows whose they are.
            "taken": (self.inbox, "*/taken/*"),
            "events": (self.reports / "quarantine" / "events", "*.jsonl"),
            "lineage": (self.reports / "lineage", "*.jsonl"),
        }


def forget_files(files: Files) -> dict[str, int]:
    """Delete what is older, and count it by kind."""
    oldest = (files.clock() - timedelta(days=files.days)).timestamp()
    counts = {}
    for kind, (folder, pattern) in files.places().items():
        counts[kind] = sum(_forgotten(path, oldest) for path in list(folder.glob(pattern)))
    log.info("files_forgotten", days=files.days, **counts)
    return counts


def _forgotten(path: Path, oldest: float) -> bool:
    try:
        if path.stat().st_mtime >= oldest:
            return False
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    except FileNotFoundError:
        # A draft got its name meanwhile, or somebody else deleted it.
        return False
    return True
