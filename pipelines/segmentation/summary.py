"""What a run tells whoever asked for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.contracts import Json


@dataclass(frozen=True, slots=True)
class SegmentSummary:
    """One segment: how many, which share of all, what it is."""

    segment: str
    customers: int
    share: float
    description: str
    flag: str | None


@dataclass(frozen=True, slots=True)
class SegmentationSummary:
    """One snapshot of one scheme as of a moment."""

    tenant: str
    scheme: str
    as_of: datetime
    snapshot_id: str
    campaign_id: str | None
    customers: int
    not_yet_customers: int
    segments: tuple[SegmentSummary, ...]
    seconds: float
    file: Path | None

    def to_json(self) -> Json:
        """The same as plain JSON."""
        return {
            "tenant": self.tenant,
            "scheme": self.scheme,
            "as_of": self.as_of.isoformat(),
            "snapshot_id": self.snapshot_id,
            "campaign_id": self.campaign_id,
            "customers": self.customers,
            "not_yet_customers": self.not_yet_customers,
            "segments": [
                {
                    "segment": s.segment,
                    "customers": s.customers,
                    "share": s.share,
                    "description": s.description,
                    "flag": s.flag,
                }
                for s in self.segments
            ],
            "seconds": self.seconds,
            "file": str(self.file) if self.file else None,
        }


@dataclass(frozen=True, slots=True)
class ProfileSummary:
    """The profiles of one tenant as of a moment."""

    tenant: str
    as_of: datetime
    customers: int
    not_yet_customers: int
    stages: Mapping[str, int]
    seconds: float

    def to_json(self) -> Json:
        """The same as plain JSON."""
        return {
            "tenant": self.tenant,
            "as_of": self.as_of.isoformat(),
            "customers": self.customers,
            "not_yet_customers": self.not_yet_customers,
            "stages": dict(self.stages),
            "seconds": self.seconds,
        }


def shares(rows: Sequence[Mapping[str, Any]], customers: int) -> tuple[SegmentSummary, ...]:
    """Kept segments with their share of all customers."""
    return tuple(
        SegmentSummary(
            row["segment"], row["customers"], round(row["customers"] / customers, 4), row["description"], row["flag"]
        )
        for row in rows
    )
