"""What importing needs of the outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.customers.reporter import Reporter
from pipelines.database import Database


@dataclass(frozen=True, slots=True)
class Desk:
    """Where imports happen and what they are held to."""

    database: Database
    workspace: Path
    reports: Path
    quarantine_limit: float
    max_bytes: int
    clock: Callable[[], datetime]
    reporter: Callable[[int], Reporter] = Reporter
