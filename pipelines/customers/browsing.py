"""Looking at what was imported: customers page by page, and everything that is known of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.database import Database, Queries

QUERIES = Queries(Path(__file__).with_name("browsing.sql"))
RECENT = 20
MOST_CONSENTS = 500

Row = dict[str, Any]
ConsentPlace = tuple[str, str, str, str, str]
SuppressionPlace = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Dossier:
    """One customer: who, what they are like, what they agreed to and prefer, and what they did and got lately."""

    customer: Row
    profile: Row | None
    segments: list[Row]
    consents_now: list[Row]
    consents: list[Row]
    suppressions: list[Row]
    preferences: list[Row]
    orders: list[Row]
    events: list[Row]
    messages: list[Row]


def customers(
    database: Database, tenant: str, *, text: str | None = None, after: str | None = None, most: int = 50
) -> list[Row]:
    """Customers by id, from after that id on; `text` is an id, an address, a phone, or part of a name or company."""
    told = {"after": after or "", "most": most, "text": (text or "").strip()}
    if not told["text"]:
        return _rows(database, tenant, "customers", told)
    exactly = _rows(database, tenant, "customers_exactly", told)
    return exactly or _rows(database, tenant, "customers_called", told)


def dossier(database: Database, tenant: str, customer: str, *, now: datetime) -> Dossier | None:
    """Everything that is known of a customer, by id or by an alias of theirs."""
    with database.transaction(tenant) as connection:
        customer_row = connection.execute(QUERIES["customer"], {"customer": customer}).fetchone()
        if customer_row is None:
            return None
        who = {"customer": customer_row["customer_id"], "now": now}
        # All at once: one way to the server and back instead of nine.
        with connection.pipeline():
            asked = {
                name: connection.execute(QUERIES[name], {**who, "most": most})
                for name, most in (
                    ("profile", 1), ("memberships", RECENT), ("consents_now", MOST_CONSENTS),
                    ("consents_of", MOST_CONSENTS), ("suppressions_of", MOST_CONSENTS),
                    ("preferences_of", MOST_CONSENTS), ("recent_orders", RECENT), ("recent_events", RECENT),
                    ("recent_messages", RECENT),
                )
            }  # fmt: skip
        found = {name: cursor.fetchall() for name, cursor in asked.items()}
    return Dossier(
        customer=customer_row,
        profile=found["profile"][0] if found["profile"] else None,
        segments=found["memberships"],
        consents_now=found["consents_now"],
        consents=found["consents_of"],
        suppressions=found["suppressions_of"],
        preferences=found["preferences_of"],
        orders=found["recent_orders"],
        events=found["recent_events"],
        messages=found["recent_messages"],
    )


def known_as(database: Database, tenant: str, customer: str) -> list[str]:
    """Every id of a customer, their own first; of somebody who is not known, the one that was asked for."""
    found = _rows(database, tenant, "customer", {"customer": customer})
    return [found[0]["customer_id"], *(found[0]["aliases"] or ())] if found else [customer]


def consents(database: Database, tenant: str, *, after: ConsentPlace | None = None, most: int = 50) -> list[Row]:
    """The consent ledger in the order of its key."""
    names = ("customer", "channel", "purpose", "occurred_at", "status")
    place = after or ("", "", "", "-infinity", "")
    return _rows(database, tenant, "consents", {**dict(zip(names, place, strict=True)), "most": most})


def suppressions(
    database: Database, tenant: str, *, after: SuppressionPlace | None = None, most: int = 50
) -> list[Row]:
    """The stops in the order of their key; addresses stand there only as hashes."""
    names = ("address_hash", "channel", "reason")
    place: Sequence[str] = after or ("", "", "")
    return _rows(database, tenant, "suppressions", {**dict(zip(names, place, strict=True)), "most": most})


def recent_batches(database: Database, tenant: str, *, most: int = RECENT) -> list[Row]:
    """The newest imports."""
    return _rows(database, tenant, "recent_batches", {"most": most})


def _rows(database: Database, tenant: str, name: str, told: Row) -> list[Row]:
    with database.transaction(tenant) as connection:
        return connection.execute(QUERIES[name], told).fetchall()
