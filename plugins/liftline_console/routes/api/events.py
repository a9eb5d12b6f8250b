"""Events: what customers did, with whatever properties the sender's own schema has."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.permissions import needs
from liftline_console.routes.api.shapes import RECORDED, recorded, shown
from pipelines.customers.recording import record

router = api_router("events")
Text = Annotated[str, Field(max_length=200)]

EVENT: dict[str, Any] = {
    "customer_id": "cust_001", "event": "showroom_visit", "occurred_at": "2026-11-20T10:15:00Z",
    "properties": {"branch": "Lyon", "minutes": 25},
}  # fmt: skip


class Event(BaseModel):
    """Something that a known customer did."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EVENT]})

    event_id: Annotated[Text | None, Field(description="Left out: made of the content, so that twice is once.")] = None
    customer_id: Text | None = None
    email: Text | None = None
    event: Annotated[str, Field(min_length=1, max_length=100)]
    occurred_at: datetime
    value: Annotated[float | None, Field(ge=-1e11, le=1e11)] = None
    properties: Annotated[dict[str, Any] | None, Field(max_length=100)] = None


class Events(BaseModel):
    """Up to 5,000 events."""

    events: Annotated[list[Event], Field(min_length=1, max_length=5000)]


@router.post("/events", status_code=201, responses=shown(RECORDED, 201))
def add_events(request: Request, caller: Annotated[Caller, needs("events.write")], body: Events) -> dict[str, Any]:
    """Add a batch; each event is stored, merged with one of the same id, or refused with its reason."""
    entries = [event.model_dump(exclude_none=True) for event in body.events]
    desk = request.app.state.console.services.desk
    return recorded(record(desk, caller.tenant, "events", entries, by=caller.name))
