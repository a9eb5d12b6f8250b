"""What stands, what waits, and what arrived today."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request
from fastapi.responses import HTMLResponse

from liftline_console.callers import Caller
from liftline_console.guarding import page_router
from liftline_console.permissions import needs
from liftline_console.rendering import page
from pipelines.tenants.run import show_tenant

router = page_router()


@router.get("/")
def home(request: Request, caller: Annotated[Caller, needs("home.read")]) -> HTMLResponse:
    """The first page."""
    held = show_tenant(request.app.state.console.services.database, caller.tenant)
    return page(request, "home.html", title="Home", held=held)
