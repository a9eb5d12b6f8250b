"""Notices without a network: one JSON line each in a file that people or their tools watch."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict
from pathlib import Path

from pipelines.contracts import Probe
from pipelines.safety.ports import NotDelivered, Notice


class FileNotifier:
    """A `Notifier` that writes to one file a tenant."""

    name = "offline"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def tell(self, notice: Notice) -> None:
        """Add one line, whole and on the disk when this returns; the file as it was if that fails."""
        path = self._folder / f"{notice.tenant_id}.jsonl"
        told = {**asdict(notice), "due_at": notice.due_at.isoformat(), "sentence": notice.sentence}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with path.open("ab", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                before = os.fstat(file.fileno()).st_size
                line = (json.dumps(told, ensure_ascii=False) + "\n").encode()
                if file.write(line) != len(line):
                    os.ftruncate(file.fileno(), before)
                    raise OSError(28, "No space left on device")
                os.fsync(file.fileno())
        except OSError as error:
            raise NotDelivered(f"{path} cannot be written ({error.strerror}); mend LIFTLINE_REPORTS.") from error

    def probe(self) -> Probe:
        """A file needs nobody's account."""
        return Probe("notification", self.name, True, f"writes to {self._folder}")
