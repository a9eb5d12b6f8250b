"""Looking at what came back: by campaign, by arm, by domain and day, and the whole story of one message."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pipelines.contracts import Json
from pipelines.database import Database, Queries

QUERIES = Queries(Path(__file__).with_name("browsing.sql"))


def campaigns(database: Database, tenant: str, *, before: tuple[datetime, str] | None = None, most: int) -> list[Json]:
    """Campaigns with what people did, and what robots did beside it; the newest first."""
    moment, name = before or (None, None)
    return _rows(database, tenant, "campaigns", campaign_id=None, before=moment, before_id=name, most=most)


def campaign(database: Database, tenant: str, campaign_id: str) -> Json | None:
    """One campaign: counts by event and verdict, by arm, and why events were not taken for a person's."""
    with database.transaction(tenant) as connection:
        asked = {"campaign_id": campaign_id, "before": None, "before_id": None, "most": 1}
        head = connection.execute(QUERIES["campaigns"], asked).fetchone()
        if head is None:
            return None
        parts = {
            name: connection.execute(QUERIES[name], asked).fetchall() for name in ("by_verdict", "by_arm", "by_reason")
        }
    return {**head, **parts}


def has_campaign(database: Database, tenant: str, campaign_id: str) -> bool:
    """Whether there is such a campaign."""
    return bool(_rows(database, tenant, "has_campaign", campaign_id=campaign_id))


def messages(
    database: Database, tenant: str, campaign_id: str, *, state: str | None = None, after: str = "", most: int
) -> list[Json]:
    """The messages of a campaign by their ids."""
    return _rows(database, tenant, "messages", campaign_id=campaign_id, state=state, after=after, most=most)


def events(
    database: Database, tenant: str, *, campaign_id: str | None = None, message_id: str | None = None,
    event: str | None = None, verdict: str | None = None, after: int = 0, most: int,
) -> list[Json]:  # fmt: skip
    """Events with what the rules in force make of them, in the order in which they were stored."""
    return _rows(
        database, tenant, "events", campaign_id=campaign_id, message_id=message_id, event=event, verdict=verdict,
        after=after, most=most,
    )  # fmt: skip


def story(database: Database, tenant: str, message_id: str) -> Json | None:
    """A message from the passages that its sentences cite to the last that was heard of it."""
    with database.transaction(tenant) as connection:
        head = connection.execute(QUERIES["message"], {"message_id": message_id}).fetchone()
        if head is None:
            return None
        told = {
            name: connection.execute(QUERIES[name], head).fetchall() for name in ("sentences", "approvals", "purchases")
        }
        asked = {"campaign_id": None, "message_id": message_id, "event": None, "verdict": None, "after": 0, "most": 500}
        heard = connection.execute(QUERIES["events"], asked).fetchall()
    return {**head, **told, "events": sorted(heard, key=lambda row: (row["occurred_at"], row["seq"]))}


def reputation(
    database: Database, tenant: str, *, since: datetime, domain: str | None = None, most: int = 200
) -> list[Json]:
    """How each domain took our mail, day by day, with rates of what was delivered or bounced."""
    rows = _rows(database, tenant, "reputation", since=since, domain=domain, most=most)
    for row in rows:
        tried = row["delivered"] + row["hard_bounced"] + row["soft_bounced"]
        row["bounce_rate"] = _percent(row["hard_bounced"] + row["soft_bounced"], tried)
        row["complaint_rate"] = _percent(row["complained"], row["delivered"])
    return rows


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 3) if whole else 0.0


def _rows(database: Database, tenant: str, name: str, **told: object) -> list[Json]:
    with database.transaction(tenant) as connection:
        return connection.execute(QUERIES[name], told).fetchall()
