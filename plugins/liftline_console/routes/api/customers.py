"""Customers: find them, look at one, and read every decision about them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Path, Query, Request

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.paging import Cursor, Limit, after, paged
from liftline_console.permissions import needs
from liftline_console.problems import missing
from liftline_console.routes.api.shapes import shown
from pipelines.audit import run as audit
from pipelines.customers import browsing

router = api_router("customers")
Reader = Annotated[Caller, needs("customers.read")]
CustomerId = Annotated[str, Path(max_length=200, description="The customer's id, or an alias of it.")]

CUSTOMER = {
    "customer_id": "cust_001", "email": "ines@example.com", "phone": None, "first_name": "Ines", "last_name": "Moreau",
    "company": "Atelier Nord", "account_id": "acc_123", "country": "FR", "city": "Lyon", "signup_date": "2026-03-02",
}  # fmt: skip
DECISION = {
    "seq": 812, "occurred_at": "2026-11-20T12:00:00Z", "campaign_id": "winter-warmth-1", "actor": "mark",
    "actor_kind": "person", "action": "approve", "object": "variant v1", "subject_id": None, "decision": "approved",
    "reason": "reads well", "hash": "9f2c…",
}  # fmt: skip


@router.get("/customers", responses=shown({"items": [CUSTOMER], "next_cursor": None}))
def list_customers(
    request: Request,
    caller: Reader,
    q: Annotated[str | None, Query(max_length=200, description="Id, address, phone, or part of a name.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Customers by id, page by page."""
    place = after(cursor, str)
    database = request.app.state.console.services.database
    rows = browsing.customers(database, caller.tenant, text=q, after=place[0] if place else None, most=limit + 1)
    return paged(rows, limit, lambda row: [row["customer_id"]])


@router.get("/customers/{customer_id}", responses=shown({"customer": CUSTOMER, "profile": None}, also=[404]))
def get_customer(request: Request, caller: Reader, customer_id: CustomerId) -> dict[str, Any]:
    """One customer: fields, profile, segments, consents, suppressions, recent orders and events."""
    services = request.app.state.console.services
    found = browsing.dossier(services.database, caller.tenant, customer_id, now=services.clock())
    if found is None:
        raise missing(f"customer {customer_id}")
    return asdict(found)


@router.get("/customers/{customer_id}/decisions", responses=shown({"items": [DECISION], "next_cursor": None}))
def decisions_about(
    request: Request, caller: Reader, customer_id: CustomerId, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """Every entry of the audit ledger about the customer, by any id of theirs, newest first."""
    place, services = after(cursor, int), request.app.state.console.services
    own, *others = browsing.known_as(services.database, caller.tenant, customer_id)
    about, before = audit.Filters(subject=own, aliases=tuple(others)), place[0] if place else None
    rows = audit.entries(services.archive, caller.tenant, about, before=before, most=limit + 1)
    return paged(rows, limit, lambda row: [row["seq"]])
