"""What refreshing the marts and building reports are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pipelines.contracts import Json
from pipelines.database import Database


class NotTaken(Exception):
    """A report did not reach its reader; the sentence says why, and it is tried again."""


class Post(Protocol):
    """Somebody who takes files to people."""

    def deliver(self, target: str, subject: str, text: str, files: list[Path]) -> None:
        """Hand over to whoever takes it to `target`, or raise NotTaken."""
        ...


@dataclass(frozen=True, slots=True)
class Newsroom:
    """Where marts are built from, where reports are left, and who is told."""

    database: Database
    project: Path
    state: Path
    reports: Path
    alert: Callable[[str], None]
    post: Post
    shelf: Post
    # What the code of a reason means, for people.
    sentences: Mapping[str, str]
    # What moved people in the experiment of this tenant and key; none before there is anything to explain.
    explain: Callable[[str, str], Json | None]
    clock: Callable[[], datetime]

    @property
    def docs(self) -> Path:
        """Where the pages that describe the marts are left."""
        return self.reports / "dbt"

    @property
    def lineage(self) -> Path:
        """The file of today's lineage events; those of old days are forgotten with other files."""
        return self.reports / "lineage" / f"marts-{self.clock():%Y-%m-%d}.jsonl"
