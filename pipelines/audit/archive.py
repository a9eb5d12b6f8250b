"""What exporting and anchoring are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.audit.ports import AnchorStore
from pipelines.database import Database


@dataclass(frozen=True, slots=True)
class Archive:
    """The ledger's database, the folder of the anchors outside it, the store that they go on to, and a clock."""

    database: Database
    anchors: Path
    clock: Callable[[], datetime]
    store: AnchorStore | None = None
