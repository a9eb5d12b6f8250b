"""What refreshing the marts and building reports are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pipelines.database import Database


class Told(Exception):
    """A message did not arrive; the sentence says why, and it is tried again."""


class Post(Protocol):
    """Somebody who takes files to people."""

    def deliver(self, target: str, subject: str, text: str, files: list[Path]) -> None:
        """Hand over to whoever takes it to `target`, or raise Told."""
        ...


@dataclass(frozen=True, slots=True)
class Newsroom:
    """Where marts are built from, where reports are left, and who is told."""

    database: Database
    project: Path
    state: Path
    reports: Path
    brand_name: Callable[[str], str]
    alert: Callable[[str], None]
    post: Post
    clock: Callable[[], datetime]
