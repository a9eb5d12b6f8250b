"""Suppressions: stops that win over every consent. Addresses are kept as hashes and never told back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.paging import Cursor, Limit, after, paged
from liftline_console.permissions import allowed, needs
from liftline_console.problems import Problem
from liftline_console.routes.api.shapes import RECORDED, recorded, shown
from pipelines.customers import browsing
from pipelines.customers.recording import record

router = api_router("suppressions")
Text = Annotated[str, Field(max_length=500)]

SUPPRESSION = {
    "address_hash": "5c1f…", "channel": "email", "reason": "unsubscribe", "occurred_at": "2026-11-20T12:00:00Z",
    "source": "reply", "lifted_for": [],
}  # fmt: skip


class SuppressionEntry(BaseModel):
    """One stop, for an address or for a known customer's addresses."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"email": "ines@example.com", "reason": "unsubscribe"}]}
    )

    customer_id: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    channel: Text | None = None
    reason: Annotated[str, Field(max_length=50, description="unsubscribe, complaint, hard_bounce, manual or erasure")]
    occurred_at: Annotated[datetime | None, Field(description="Left out: now.")] = None
    source: Text | None = None


class Suppressions(BaseModel):
    """Up to 1,000 stops."""

    entries: Annotated[list[SuppressionEntry], Field(min_length=1, max_length=1000)]


@router.get("/suppressions", responses=shown({"items": [SUPPRESSION], "next_cursor": None}))
def list_suppressions(
    request: Request, caller: Annotated[Caller, needs("suppressions.read")], limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """All stops, by the hash of their address; `lifted_for` names channels on which two officers lifted one."""
    place = after(cursor, str, str, str)
    rows = browsing.suppressions(
        request.app.state.console.services.database, caller.tenant, after=place, most=limit + 1
    )
    return paged(rows, limit, lambda row: [row["address_hash"], row["channel"], row["reason"]])


@router.post("/suppressions", status_code=201, responses=shown(RECORDED, 201))
def add_suppressions(
    request: Request, caller: Annotated[Caller, needs("suppressions.write")], body: Suppressions
) -> dict[str, Any]:
    """Add stops; they count from now on, for everything."""
    entries = [entry.model_dump(exclude_none=True) for entry in body.entries]
    if any(entry["reason"].strip().lower() == "erasure" for entry in entries) and not allowed(
        "erasures.write", caller.roles
    ):
        raise Problem(403, "Only compliance may record that a person asked to be erased.")
    desk = request.app.state.console.services.desk
    return recorded(record(desk, caller.tenant, "suppressions", entries, by=caller.name))
