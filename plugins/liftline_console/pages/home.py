"""What a tenant holds, what waits for the caller, where its campaigns stand, and what was done today."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request
from fastapi.responses import HTMLResponse

from liftline_console.callers import Caller
from liftline_console.guarding import page_router
from liftline_console.pages.review import entitled
from liftline_console.permissions import allowed, needs
from liftline_console.rendering import page
from pipelines.customers import browsing, reception
from pipelines.delivery.wishes import run as wishes
from pipelines.knowledge import contributions
from pipelines.review import browsing as review
from pipelines.safety import run as safety
from pipelines.services import Services
from pipelines.tenants.run import begun, show_tenant

router = page_router()

LISTED = 8
CAMPAIGNS = 6
COUNTED = {
    "customers": "customers", "orders": "orders", "events": "events", "consent_entries": "consent entries",
    "suppressions": "stops, where nobody writes",
}  # fmt: skip
# What is counted of today: the words for one and for more, and the decision of the audit ledger that they stand for.
TODAY = (
    ("text passed the screening", "texts passed the screening", ("screen", "pass")),
    ("text is doubtful", "texts are doubtful", ("screen", "review")),
    ("text was stopped", "texts were stopped", ("screen", "block")),
    ("text was edited", "texts were edited", ("variant.edit", "edited")),
    ("time a launch was approved", "times a launch was approved", ("approval.approve", "approved")),
    ("time a launch was rejected", "times a launch was rejected", ("approval.reject", "rejected")),
)


@router.get("/")
def home(request: Request, caller: Annotated[Caller, needs("home.read")]) -> HTMLResponse:
    """The first page."""
    services = request.app.state.console.services
    may_see = allowed("uploads.read", caller.roles)
    may_approve = allowed("knowledge.approve", caller.roles)
    may_lift = allowed("lifts.answer", caller.roles)
    campaigns = review.campaigns(services.database, caller.tenant, most=CAMPAIGNS)
    queue = entitled(services, caller, safety.queue(services.checkpoint, caller.tenant))
    uploads = reception.newest(services.desk, caller.tenant, most=LISTED) if may_see else []
    return page(
        request,
        "home.html",
        title="Home",
        held=begun(services.database, caller.tenant),
        counted=COUNTED,
        waiting=[
            one
            for one in uploads
            if one["state"] not in ("imported", "discarded") and one["uploaded_by"] == caller.name
        ],
        batches=browsing.recent_batches(services.database, caller.tenant, most=LISTED) if may_see else [],
        answers=review.waiting_for(services.database, caller.tenant, caller.name),
        documents=contributions.waiting_for(services.library, caller.tenant, caller.name) if may_approve else [],
        lifts=[
            one
            for one in (wishes.lifts(services.database, caller.tenant, waiting=True) if may_lift else ())
            if one["asked_by"].lower() != caller.name.lower()
        ],
        doubts=[row for row in queue if row["mine"]][:LISTED],
        campaigns=campaigns,
        may_begin=allowed("campaigns.write", caller.roles),
        today=_today(services, caller.tenant),
        may_upload=allowed("uploads.write", caller.roles),
    )


@router.get("/holdings")
def holdings(request: Request, caller: Annotated[Caller, needs("home.read")]) -> dict[str, int]:
    """How much the tenant holds: counted beside the page, which does not wait for it."""
    held = show_tenant(request.app.state.console.services.database, caller.tenant)
    return {name: held[name] for name in COUNTED}


def _today(services: Services, tenant: str) -> list[tuple[int, str]]:
    midnight = services.clock().replace(hour=0, minute=0, second=0, microsecond=0)
    actions = sorted({action for _, _, (action, _) in TODAY})
    done = review.since(services.database, tenant, midnight, actions)
    return [(number, one if number == 1 else more) for one, more, counted in TODAY for number in [done.get(counted, 0)]]
