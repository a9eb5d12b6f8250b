"""Reports without a network: as mails that wait in an outbox, or as files in a folder of the reader's."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pipelines.adapters.report_post.mails import mail
from pipelines.reporting.ports import NotTaken


class Outbox:
    """A `Post` that leaves one .eml a mail; the same mail again is the same file."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder, self._sender = folder, sender

    def deliver(self, target: str, subject: str, text: str, files: list[Path]) -> None:
        """Leave the mail in the outbox."""
        made = mail(self._sender, target, subject, text, files)
        made.set_boundary("=" * 12 + hashlib.sha256(f"{target}{subject}".encode()).hexdigest()[:24])
        content = made.as_bytes()
        name = f"{hashlib.sha256(content).hexdigest()[:24]}.eml"
        _put(self._folder / name, lambda part: part.write_bytes(content))


class Shelf:
    """A `Post` that copies the files into the folder that a reader named."""

    def deliver(self, target: str, subject: str, text: str, files: list[Path]) -> None:
        """Put the files into the folder `target`, under the subject as their name."""
        for path in files:
            name = subject.lower().replace(", ", "-").replace(" ", "-") + path.suffix
            _put(Path(target) / name, partial(shutil.copyfile, path))


def _put(path: Path, write: Callable[[Path], object]) -> None:
    """A file that is there as a whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(part)
        part.replace(path)
    except OSError as error:
        raise NotTaken(f"{path} cannot be written ({error.strerror}); mend the folder or the subscription.") from error
