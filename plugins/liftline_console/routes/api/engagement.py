"""Engagement: what was heard and who is taken to have done it, conversions, replies, and how domains take our mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.paging import Cursor, Limit, after, paged
from liftline_console.permissions import needs
from liftline_console.problems import Problem, missing
from liftline_console.routes.api.shapes import shown
from pipelines.engagement import browsing
from pipelines.engagement.run import report
from pipelines.engagement.vocabulary import WORDS

router = api_router("engagement")
Reader = Annotated[Caller, needs("engagement.read")]
Writer = Annotated[Caller, needs("engagement.write")]
Text = Annotated[str, Field(min_length=1, max_length=200)]

EVENT = {
    "seq": 1204, "provider": "sendgrid", "event_id": "ZGVsaXZlcmVkLTA", "event": "clicked", "hard": None,
    "occurred_at": "2026-11-20T12:03:00Z", "received_at": "2026-11-20T12:03:31Z", "message_id": "0f8b…",
    "campaign_id": "winter-warmth-1a2b", "customer_id": "cust_001", "channel": "email",
    "url": "https://www.example.com/throws", "link_id": "action1", "value": None, "currency": None, "reason": None,
    "verdict": "human", "score": 0.08, "reasons": ["no_open"], "rule_version": "bots-5373e7a2cd67",
}  # fmt: skip
STORED = {"events": 2, "stored": 2, "duplicates": 0, "refused": 0, "unmatched": 0, "reasons": []}
CONVERSION: dict[str, Any] = {
    "customer_id": "cust_001", "campaign_id": "winter-warmth-1a2b", "occurred_at": "2026-11-20T15:00:00Z",
    "value": 59.9, "currency": "EUR",
}  # fmt: skip
REPUTATION = {
    "day": "2026-11-20", "domain": "example.com", "delivered": 980, "hard_bounced": 6, "soft_bounced": 4,
    "deferred": 12, "complained": 1, "unsubscribed": 3, "clicked": 88, "bounce_rate": 1.01, "complaint_rate": 0.102,
}  # fmt: skip
COUNTED = {
    "campaign_id": "winter-warmth-1a2b", "name": "Winter warmth", "sent": 1000, "delivered": 980, "opened": 212,
    "clicked": 88, "converted": 31, "machine_clicked": 190,
    "by_verdict": [{"event": "clicked", "verdict": "human", "events": 95, "recipients": 88}],
    "by_arm": [{"arm": "a", "reached": 490, "clicked": 40, "seemed": 140, "converted": 14}],
    "by_reason": [{"reason": "hidden_link", "events": 170}],
}  # fmt: skip


class Reported(BaseModel):
    """Something that a person did, told by who knows: of a message, of a customer, or of an address."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [CONVERSION]})

    event_id: Annotated[
        Annotated[str, Field(min_length=1, max_length=100)] | None,
        Field(description="Left out: made of the content, so that twice is once."),
    ] = None
    message_id: Text | None = None
    customer_id: Text | None = None
    email: Text | None = None
    campaign_id: Text | None = None
    link_id: Text | None = None
    occurred_at: AwareDatetime
    value: Annotated[float | None, Field(ge=-1e11, le=1e11)] = None
    currency: Annotated[str | None, Field(pattern="^[A-Z]{3}$")] = None

    @model_validator(mode="after")
    def _of_somebody(self) -> Reported:
        if not (self.message_id or self.customer_id or self.email):
            raise ValueError("name a message_id, a customer_id or an email")
        return self


class Reports(BaseModel):
    """Up to 5,000 of them."""

    entries: Annotated[list[Reported], Field(min_length=1, max_length=5000)]


@router.get("/engagement/events", responses=shown({"items": [EVENT], "next_cursor": None}, also=[404]))
def list_events(
    request: Request,
    caller: Reader,
    campaign_id: Annotated[str | None, Query(max_length=200)] = None,
    message_id: Annotated[str | None, Query(max_length=200)] = None,
    event: Annotated[str | None, Query(max_length=20, description=f"One of {', '.join(WORDS)}.")] = None,
    verdict: Literal["human", "proxy", "suspected", "bot"] | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """What was heard, in the order in which it was stored, each with its verdict, its score and the reasons."""
    place, database = after(cursor, int), request.app.state.console.services.database
    if campaign_id and not browsing.has_campaign(database, caller.tenant, campaign_id):
        raise missing(f"campaign {campaign_id}")
    rows = browsing.events(
        database, caller.tenant, campaign_id=campaign_id, message_id=message_id,
        event=event, verdict=verdict, after=place[0] if place else 0, most=limit + 1,
    )  # fmt: skip
    return paged(rows, limit, lambda row: [row["seq"]])


@router.get("/engagement/campaigns/{campaign_id}", responses=shown(COUNTED, also=[404]))
def campaign_engagement(
    request: Request, caller: Reader, campaign_id: Annotated[str, Path(max_length=200)]
) -> dict[str, Any]:
    """What people did, by event and by arm, with robots shown apart."""
    found = browsing.campaign(request.app.state.console.services.database, caller.tenant, campaign_id)
    if found is None:
        raise missing("such campaign")
    return found


@router.get("/messages/{message_id}/story", responses=shown({"message_id": "0f8b…", "events": [EVENT]}, also=[404]))
def message_story(
    request: Request,
    caller: Annotated[Caller, needs("messages.read")],
    message_id: Annotated[str, Path(max_length=200)],
) -> dict[str, Any]:
    """A message from the passages that it cites to the last that was heard of it."""
    found = browsing.story(request.app.state.console.services.database, caller.tenant, message_id)
    if found is None:
        raise missing("such message")
    return found


@router.post("/conversions", status_code=201, responses=shown(STORED, 201))
def add_conversions(request: Request, caller: Writer, body: Reports) -> dict[str, Any]:
    """Report purchases or other goals that were reached; those of a control arm name the campaign too."""
    return _reported(request, caller, body, "conversion")


@router.post("/replies", status_code=201, responses=shown(STORED, 201))
def add_replies(request: Request, caller: Writer, body: Reports) -> dict[str, Any]:
    """Report answers that came back."""
    return _reported(request, caller, body, "reply")


@router.get("/sender-reputation", responses=shown({"items": [REPUTATION]}))
def sender_reputation(
    request: Request,
    caller: Reader,
    days: Annotated[int, Query(ge=1, le=365)] = 30,
    domain: Annotated[str | None, Query(max_length=255)] = None,
) -> dict[str, Any]:
    """How receiving domains take our mail, day by day, the latest first; rates in percent."""
    services = request.app.state.console.services
    since: datetime = services.clock() - timedelta(days=days)
    return {"items": browsing.reputation(services.database, caller.tenant, since=since, domain=domain)}


def _reported(request: Request, caller: Caller, body: Reports, kind: str) -> dict[str, Any]:
    entries = [{**entry.model_dump(exclude_none=True), "kind": kind} for entry in body.entries]
    told = report(request.app.state.console.services.listener, caller.tenant, entries, by=caller.name)
    if told.refused == told.events:
        raise Problem(422, f"No entry could be stored: {told.reasons[0][1]}.")
    return told.to_json()
