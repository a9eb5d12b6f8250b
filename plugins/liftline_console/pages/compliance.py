"""Compliance: decisions with filters, exports with their proof, and the way to a person's consents and erasure."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import HTMLResponse

from liftline_console.callers import Caller
from liftline_console.exporting import KIND
from liftline_console.guarding import page_router
from liftline_console.paging import Cursor, after, next_page, paged
from liftline_console.permissions import allowed, needs
from liftline_console.rendering import page
from pipelines.audit import run as audit
from pipelines.delivery.wishes import run as wishes

router = page_router()
Word = Annotated[str, Query(max_length=200)]

SHOWN = 50
SUGGESTED = ("campaign", "actor", "action", "decision", "subject")


@router.get("/compliance")
def compliance(
    request: Request,
    caller: Annotated[Caller, needs("audit.read")],
    campaign: Word = "",
    actor: Word = "",
    action: Word = "",
    decision: Word = "",
    subject: Word = "",
    first_day: Annotated[str, Query(alias="from", max_length=10)] = "",
    last_day: Annotated[str, Query(alias="to", max_length=10)] = "",
    cursor: Cursor = None,
) -> HTMLResponse:
    """The page of the compliance officer."""
    console = request.app.state.console
    asked = audit.Filters(
        campaign=campaign.strip() or None,
        actor=actor.strip() or None,
        action=action.strip() or None,
        decision=decision.strip() or None,
        subject=subject.strip() or None,
        first_day=audit.day_of(first_day),
        last_day=audit.day_of(last_day),
    )
    place = after(cursor, int)
    archive, before = console.services.archive, place[0] if place else None
    rows = audit.entries(archive, caller.tenant, asked, before=before, most=SHOWN + 1)
    listed = paged(rows, SHOWN, lambda row: [row["seq"]])
    may_export = allowed("audit.export", caller.roles)
    return page(
        request,
        "compliance.html",
        title="Compliance",
        rows=listed["items"],
        asked=asked,
        known=_suggested(rows),
        may_export=may_export,
        lifts=wishes.lifts(console.services.database, caller.tenant, waiting=True),
        may_answer=allowed("lifts.answer", caller.roles),
        may_see_customers=allowed("customers.read", caller.roles),
        exports=console.jobs.newest(caller.tenant, KIND, most=10) if may_export else [],
        **next_page(request, listed),
    )


def _suggested(rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    """What the entries on this page would let one filter by."""
    columns = {"campaign": "campaign_id", "subject": "subject_id"}
    return {name: sorted({row[columns.get(name, name)] or "" for row in rows} - {""}) for name in SUGGESTED}
