"""Engagement: what people did and what robots did, how domains take our mail, and the whole story of a message."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import Path, Query, Request
from fastapi.responses import HTMLResponse

from liftline_console.callers import Caller
from liftline_console.guarding import page_router
from liftline_console.paging import Cursor, after, moment, next_page, paged
from liftline_console.permissions import allowed, needs
from liftline_console.problems import missing
from liftline_console.rendering import page
from pipelines.engagement import browsing

router = page_router()
Reader = Annotated[Caller, needs("engagement.read")]
SHOWN, DAYS, LINES = 25, 30, 200


@router.get("/engagement")
def engagement(request: Request, caller: Reader, cursor: Cursor = None) -> HTMLResponse:
    """Every campaign with what came back."""
    place = after(cursor, str, str)
    before = (moment(place[0]), place[1]) if place else None
    rows = browsing.campaigns(_database(request), caller.tenant, before=before, most=SHOWN + 1)
    listed = paged(rows, SHOWN, lambda row: [row["created_at"].isoformat(), row["campaign_id"]])
    return page(
        request, "engagement.html", title="Engagement", rows=listed["items"], **next_page(request, listed)
    )  # fmt: skip


@router.get("/engagement/reputation")
def reputation(
    request: Request, caller: Reader, domain: Annotated[str | None, Query(max_length=255)] = None
) -> HTMLResponse:
    """How domains take our mail."""
    services = request.app.state.console.services
    rows = browsing.reputation(
        services.database,
        caller.tenant,
        since=services.clock() - timedelta(days=DAYS),
        domain=domain or None,
        most=LINES,
    )
    return page(
        request, "reputation.html", title="Sender reputation", rows=rows, domain=domain or "", days=DAYS, most=LINES
    )


@router.get("/engagement/messages/{message_id}")
def story(
    request: Request,
    caller: Annotated[Caller, needs("messages.read")],
    message_id: Annotated[str, Path(max_length=200)],
) -> HTMLResponse:
    """One message, from the passage to the click."""
    found = browsing.story(_database(request), caller.tenant, message_id)
    if found is None:
        raise missing("such message")
    reasons = {name: sign.why for name, sign in request.app.state.console.services.listener.rules.signs.items()}
    return page(request, "story.html", title="A message's story", row=found, why=reasons)


@router.get("/engagement/{campaign_id}")
def campaign(
    request: Request, caller: Reader, campaign_id: Annotated[str, Path(max_length=200)], cursor: Cursor = None
) -> HTMLResponse:
    """One campaign: people, robots and why, arms, and its messages."""
    found = browsing.campaign(_database(request), caller.tenant, campaign_id)
    if found is None:
        raise missing("such campaign")
    place = after(cursor, str)
    rows = browsing.messages(
        _database(request), caller.tenant, campaign_id, after=place[0] if place else "", most=SHOWN + 1
    )
    listed = paged(rows, SHOWN, lambda row: [row["message_id"]])
    reasons = {name: sign.why for name, sign in request.app.state.console.services.listener.rules.signs.items()}
    return page(
        request, "engagement_of.html", title=found["name"], row=found, messages=listed["items"], why=reasons,
        counted={(one["event"], one["verdict"]): one for one in found["by_verdict"]},
        may_see_messages=allowed("messages.read", caller.roles), **next_page(request, listed),
    )  # fmt: skip


def _database(request: Request) -> Any:
    return request.app.state.console.services.database
