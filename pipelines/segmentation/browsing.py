"""Looking at kept snapshots: their segments, and who is in them with which reason."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.database import Database, Queries
from pipelines.segmentation.summary import shares

QUERIES = Queries(Path(__file__).with_name("browsing.sql"))

Row = dict[str, Any]


def snapshots(
    database: Database, tenant: str, *, after: tuple[datetime, str] | None = None, most: int = 50
) -> list[Row]:
    """The snapshots of a tenant, the latest taken first."""
    taken_at, snapshot_id = after or (None, "")
    return _rows(database, tenant, "snapshots", taken_at=taken_at, snapshot_id=snapshot_id, most=most)


def snapshot(database: Database, tenant: str, snapshot_id: str) -> Row | None:
    """A snapshot with its segments, the largest first."""
    with database.transaction(tenant) as connection:
        head = connection.execute(QUERIES["snapshot"], {"snapshot_id": snapshot_id}).fetchone()
        rows = connection.execute(QUERIES["segments"], {"snapshot_id": snapshot_id}).fetchall()
    return {**head, "segments": [asdict(one) for one in shares(rows, head["customers"])]} if head else None


def members(
    database: Database,
    tenant: str,
    snapshot_id: str,
    *,
    segment: str | None = None,
    after: str | None = None,
    most: int = 50,
) -> list[Row]:
    """Who is in a snapshot, or in one segment of it, by customer id."""
    name = "members_of_segment" if segment else "members"
    told = {"snapshot_id": snapshot_id, "after": after or "", "most": most}
    return _rows(database, tenant, name, **told, **({"segment": segment} if segment else {}))


def _rows(database: Database, tenant: str, name: str, **told: Any) -> list[Row]:
    with database.transaction(tenant) as connection:
        return connection.execute(QUERIES[name], told).fetchall()
