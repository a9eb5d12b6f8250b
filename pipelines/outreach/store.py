"""What the use cases of outreach share of the database: the statements, the ledger, and how much may be made now."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.contracts import Refusal
from pipelines.database import Connection, Queries
from pipelines.outreach.ports import Row

QUERIES = Queries(Path(__file__).with_name("queries.sql"))


class Missing(Refusal):
    """What was named is not there, or is another tenant's."""


def campaign_of(connection: Connection, campaign_id: str, *, outreach: bool = True) -> Row:
    """The campaign; with `outreach`, only one that was asked for over the API."""
    row = connection.execute(QUERIES["campaign_row"], {"campaign_id": campaign_id}).fetchone()
    if row is None:
        raise Missing(f"There is no campaign {campaign_id} here; check the id.")
    if outreach and row["target_audience"] is None:
        raise Refusal(f"Campaign {campaign_id} was launched from a brief and has no messages to single leads.")
    return row


def log(
    connection: Connection,
    action: str,
    decision: str,
    reason: str,
    *,
    by: str,
    about: str,
    campaign_id: str | None = None,
) -> None:
    """One entry in the audit ledger, in the transaction of what it tells."""
    told = {"action": action, "decision": decision, "reason": reason, "by": by, "object": about}
    connection.execute(QUERIES["log"], {**told, "campaign_id": campaign_id})


def room(connection: Connection, caller: str, most: int, now: datetime) -> int:
    """How many messages the caller may still have made in this minute; nobody else is told until this is settled."""
    return max(most - take(connection, caller, 0, now), 0)


def take(connection: Connection, caller: str, amount: int, now: datetime) -> int:
    """Count messages that are made now; how many there are in this minute."""
    counted = rows(connection, "take", caller=f"{caller} messages", amount=amount, now=now)
    return int(counted[0]["used"])


def rows(connection: Connection, name: str, **values: Any) -> list[Row]:
    """The rows of a named statement."""
    return connection.execute(QUERIES[name], values or None).fetchall()
