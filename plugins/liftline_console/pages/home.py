"""What a tenant holds, what waits, and what arrived lately."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request
from fastapi.responses import HTMLResponse

from liftline_console.callers import Caller
from liftline_console.guarding import page_router
from liftline_console.permissions import allowed, needs
from liftline_console.rendering import page
from pipelines.customers import browsing, reception
from pipelines.tenants.run import show_tenant

router = page_router()

LISTED = 8


@router.get("/")
def home(request: Request, caller: Annotated[Caller, needs("home.read")]) -> HTMLResponse:
    """The first page."""
    services = request.app.state.console.services
    may_see = allowed("uploads.read", caller.roles)
    uploads = reception.newest(services.desk, caller.tenant, most=LISTED) if may_see else None
    return page(
        request,
        "home.html",
        title="Home",
        held=show_tenant(services.database, caller.tenant),
        uploads=uploads,
        waiting=[upload for upload in uploads or () if upload["state"] != "imported"],
        batches=browsing.recent_batches(services.database, caller.tenant, most=LISTED) if may_see else [],
        may_upload=allowed("uploads.write", caller.roles),
    )
