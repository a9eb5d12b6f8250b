"""Looking at campaigns: how far each has come, what waits for a person, and what was done lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.database import Database, Queries
from pipelines.review.deciding import Standing
from pipelines.review.progress import progress_of

QUERIES = Queries(Path(__file__).with_name("browsing.sql"))
LAST = "\U0010ffff"

Row = dict[str, Any]


def campaigns(
    database: Database, tenant: str, *, before: tuple[datetime, str] | None = None, most: int = 50
) -> list[Row]:
    """The campaigns of a tenant with how far each has come, the newest first."""
    moment, campaign_id = before or (None, LAST)
    return _campaigns(database, tenant, before=moment, before_id=campaign_id, campaign_id=None, most=most)


def campaign(database: Database, tenant: str, campaign_id: str) -> Row | None:
    """One campaign with how far it has come."""
    return next(iter(_campaigns(database, tenant, before=None, before_id=LAST, campaign_id=campaign_id, most=1)), None)


def waiting_for(database: Database, tenant: str, by: str) -> list[Row]:
    """The campaigns that wait for this person's answer, the most urgent first."""
    with database.transaction(tenant) as connection:
        return connection.execute(QUERIES["waiting_for"], {"by": by}).fetchall()


def who_fills(database: Database, tenant: str, standing: Standing) -> list[str]:
    """Whose yes would fill the stage that waits."""
    given = [answer.by.strip().lower() for answer in standing.answers]
    told = {"stage": standing.waits_for, "approved_hash": standing.approved_hash, "given": given}
    with database.transaction(tenant) as connection:
        rows = connection.execute(QUERIES["who_fills"], {"campaign_id": standing.campaign_id, **told}).fetchall()
    return [row["user_name"] for row in rows]


def since(database: Database, tenant: str, moment: datetime, actions: Sequence[str]) -> dict[tuple[str, str], int]:
    """How often each of these actions was decided how since a moment."""
    with database.transaction(tenant) as connection:
        rows = connection.execute(QUERIES["since"], {"since": moment, "actions": list(actions)}).fetchall()
    return {(row["action"], row["decision"]): row["times"] for row in rows}


def _campaigns(database: Database, tenant: str, **told: Any) -> list[Row]:
    with database.transaction(tenant) as connection:
        rows = connection.execute(QUERIES["campaigns"], told).fetchall()
    return [row | {"progress": progress_of(row)} for row in rows]
