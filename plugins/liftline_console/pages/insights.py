"""Insights: what worked with whom, offered to people before it steers any prompt."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request
from fastapi.responses import HTMLResponse

from liftline_console.callers import Caller
from liftline_console.guarding import page_router
from liftline_console.permissions import allowed, needs
from liftline_console.rendering import page
from pipelines.learning import run as learning

router = page_router()


@router.get("/insights")
def insights(request: Request, caller: Annotated[Caller, needs("insights.read")]) -> HTMLResponse:
    """Offers first, then what was decided."""
    rows = learning.insights(request.app.state.console.services.workshop, caller.tenant)
    return page(
        request,
        "insights.html",
        title="Insights",
        offered=[row for row in rows if row["state"] == "offered"],
        decided=[row for row in rows if row["state"] != "offered"],
        may_decide=allowed("insights.decide", caller.roles),
    )
