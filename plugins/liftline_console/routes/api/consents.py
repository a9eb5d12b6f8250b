"""Consents: the dated ledger of who agreed to what, and new entries for it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.paging import Cursor, Limit, after, paged
from liftline_console.permissions import needs
from liftline_console.routes.api.shapes import RECORDED, recorded, shown
from pipelines.customers import browsing
from pipelines.customers.recording import record

router = api_router("consents")
Text = Annotated[str, Field(max_length=500)]

CONSENT: dict[str, Any] = {
    "customer_id": "cust_001", "channel": "email", "purpose": "marketing", "status": "granted",
    "occurred_at": "2026-11-20T12:00:00Z", "source": "preference centre", "text_version": "2026-05",
    "lawful_basis": "consent",
}  # fmt: skip


class ConsentEntry(BaseModel):
    """One thing that one person agreed to or refused; named by id, e-mail or phone."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [CONSENT]})

    customer_id: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    channel: Text | None = None
    purpose: Text | None = None
    status: Annotated[str, Field(max_length=20, description="granted or denied")]
    occurred_at: Annotated[datetime | None, Field(description="Left out: now.")] = None
    source: Text | None = None
    text_version: Text | None = None
    lawful_basis: Text | None = None


class Consents(BaseModel):
    """Up to 1,000 entries."""

    entries: Annotated[list[ConsentEntry], Field(min_length=1, max_length=1000)]


@router.get("/consents", responses=shown({"items": [CONSENT], "next_cursor": None}))
def list_consents(
    request: Request, caller: Annotated[Caller, needs("consents.read")], limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """The ledger, by person, channel, purpose and moment."""
    place = after(cursor, str, str, str, str, str)
    rows = browsing.consents(request.app.state.console.services.database, caller.tenant, after=place, most=limit + 1)
    return paged(
        rows,
        limit,
        lambda row: [row["customer_id"], row["channel"], row["purpose"], row["occurred_at"].isoformat(), row["status"]],
    )


@router.post("/consents", status_code=201, responses=shown(RECORDED, 201))
def add_consents(
    request: Request, caller: Annotated[Caller, needs("consents.write")], body: Consents
) -> dict[str, Any]:
    """Add entries; each is stored or refused with its reason, and nothing recorded before is changed."""
    entries = [entry.model_dump(exclude_none=True) for entry in body.entries]
    desk = request.app.state.console.services.desk
    return recorded(record(desk, caller.tenant, "consents", entries, by=caller.name))
