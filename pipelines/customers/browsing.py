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
    """One customer: who, what they are like, what they agreed to and prefer, and what they did lately."""

    customer: Row
    profile: Row | None
    segments: list[Row]
    consents_now: list[Row]
    consents: list[Row]
    suppressions: list[Row]
    preferences: list[Row]
    orders: list[Row]
    events: list[Row]


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

        def ask(name: str, **told: Any) -> list[Row]:
            return connection.execute(QUERIES[name], told).fetchall()

        found = ask("customer", customer=customer)
        if not found:
            return None
        who = {"customer": found[0]["customer_id"]}
        profile = ask("profile", **who)
        return Dossier(
            customer=found[0],
            profile=profile[0] if profile else None,
            segments=ask("memberships", **who),
            consents_now=ask("consents_now", **who, now=now),
            consents=ask("consents_of", **who, most=MOST_CONSENTS),
            suppressions=ask("suppressions_of", **who),
            preferences=ask("preferences_of", **who, most=MOST_CONSENTS),
            orders=ask("recent_orders", **who, most=RECENT),
            events=ask("recent_events", **who, most=RECENT),
        )


def consents_of(database: Database, tenant: str, customer: str) -> list[Row]:
    """A person's consent entries, newest first."""
    return _rows(database, tenant, "consents_of", {"customer": customer, "most": MOST_CONSENTS})


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
