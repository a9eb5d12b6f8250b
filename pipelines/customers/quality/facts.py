"""What the report is told, and what the checks found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class QualityFacts:
    """What the import knows of its file; `columns` maps each header to its canonical column or attribute."""

    file_name: str
    tenant: str
    batch_id: str
    rows: int
    clean: int
    quarantined: int
    limit: float
    held: bool
    reasons: Mapping[str, int]
    sentences: Mapping[str, str]
    columns: Mapping[str, str]
    imported_at: datetime
    # Rows that could be cut into columns and were offered to the sample; all rows unless told otherwise.
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One expectation after the run; `share` is the percentage of cells that meet it, where it counts cells."""

    sentence: str
    severity: str
    passed: bool
    share: float | None
    needed: float
