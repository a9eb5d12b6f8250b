"""Delivery: what became of everybody in an approved audience, how fast, and how it is stopped or settled."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from liftline_console.callers import Caller
from liftline_console.guarding import page_router
from liftline_console.pages.campaigns import Turn
from liftline_console.paging import Cursor, after, moment, next_page, paged
from liftline_console.permissions import allowed, needs
from liftline_console.problems import missing
from liftline_console.rendering import page
from pipelines.contracts import Json
from pipelines.delivery import run as delivery
from pipelines.experiments.run import assign
from pipelines.outreach.run import campaigns
from pipelines.review import browsing

router = page_router()
Reader = Annotated[Caller, needs("campaigns.read")]
Writer = Annotated[Caller, needs("campaigns.write")]
CampaignId = Annotated[str, Path(max_length=200)]

KIND = "campaign.send"
SHOWN, MINUTES = 25, 30


class Resolution(BaseModel):
    """What a person knows of messages in doubt; without ids, of all of them."""

    model_config = ConfigDict(extra="forbid")

    verdict: Literal["sent", "not-sent"]
    reason: Annotated[str, Field(max_length=2000)] = ""
    messages: Annotated[list[str], Field(max_length=1000)] = []
    # How many the page showed to be in doubt.
    seen: Annotated[str, Field(pattern=r"^[0-9]{1,9}$")] | None = None


class Step(BaseModel):
    """The step to grow to, as a form sends it."""

    model_config = ConfigDict(extra="forbid")

    step: Annotated[str, Field(pattern=r"^[0-9]{1,2}$")]
    reason: Annotated[str, Field(max_length=2000)] = ""


@router.get("/deliveries")
def deliveries(request: Request, caller: Reader, cursor: Cursor = None) -> HTMLResponse:
    """Campaigns with messages in the ledger, the newest first."""
    place = after(cursor, str, str)
    before = (moment(place[0]), place[1]) if place else None
    rows = delivery.under_way(_post(request), caller.tenant, before=before, most=SHOWN + 1)
    listed = paged(rows, SHOWN, lambda row: [row["created_at"].isoformat(), row["campaign_id"]])
    return page(request, "deliveries.html", title="Delivery", rows=listed["items"], **next_page(request, listed))


@router.get("/deliveries/{campaign_id}")
def one(request: Request, caller: Reader, campaign_id: CampaignId) -> HTMLResponse:
    """How the sending of one campaign stands."""
    row, told = _row(request, caller, campaign_id), delivery.standing(_post(request), caller.tenant, campaign_id)
    paced = delivery.pace(_post(request), caller.tenant, campaign_id, minutes=MINUTES)
    job = _job(request, caller, campaign_id)
    return page(
        request,
        "delivery.html",
        title=f"Delivery of {row['name']}",
        row=row,
        told=told,
        paced=paced,
        most=max((one["messages"] for one in paced), default=0),
        doubtful=delivery.doubtful(_post(request), caller.tenant, campaign_id, most=SHOWN),
        job=job,
        mark=_mark(told, job),
        may_write=allowed("campaigns.write", caller.roles),
    )


@router.get("/deliveries/{campaign_id}/mark")
def mark(request: Request, caller: Reader, campaign_id: CampaignId) -> dict[str, str]:
    """What changes whenever something was sent, for a page that waits."""
    _row(request, caller, campaign_id)
    told = delivery.standing(_post(request), caller.tenant, campaign_id)
    return {"mark": _mark(told, _job(request, caller, campaign_id))}


@router.post("/deliveries/{campaign_id}/send", status_code=202)
def send(request: Request, caller: Writer, campaign_id: CampaignId) -> dict[str, str]:
    """Send what may be sent now, in the background; whoever has no arm yet is given one first."""
    _row(request, caller, campaign_id)
    laboratory, post = request.app.state.console.services.laboratory, _post(request)
    tenant, by = caller.tenant, caller.name

    def work(job_id: str) -> Json:
        assign(laboratory, tenant, campaign_id, by=by)
        campaigns.follow_arms(post.database, tenant, campaign_id)
        return delivery.send_campaign(post, tenant, campaign_id, by=by).to_json()

    jobs = request.app.state.console.jobs
    return {"job_id": jobs.start(tenant, KIND, {"campaign_id": campaign_id}, by=by, work=work)}


@router.post("/deliveries/{campaign_id}/turn", status_code=204)
def turn(request: Request, caller: Writer, campaign_id: CampaignId, body: Turn) -> None:
    """Pause it, let it go on, or cancel it; the next claim already finds it so."""
    post = _post(request)
    delivery.steer(
        post.database, caller.tenant, campaign_id, body.turn, by=caller.name, reason=body.reason, now=post.clock()
    )


@router.post("/deliveries/{campaign_id}/widen", status_code=204)
def widen(request: Request, caller: Writer, campaign_id: CampaignId, body: Step) -> None:
    """Let it grow to the step that the page showed as the next; pressed twice, it grows once."""
    delivery.widen(_post(request), caller.tenant, campaign_id, by=caller.name, reason=body.reason, to=int(body.step))


@router.post("/deliveries/{campaign_id}/resolve", status_code=204)
def resolve(request: Request, caller: Writer, campaign_id: CampaignId, body: Resolution) -> None:
    """Settle messages of which nobody knows whether they left."""
    delivery.resolve(
        _post(request), caller.tenant, campaign_id, body.verdict, by=caller.name, reason=body.reason,
        messages=body.messages or None, seen=int(body.seen) if body.seen else None,
    )  # fmt: skip


def _post(request: Request) -> delivery.PostRoom:
    post: delivery.PostRoom = request.app.state.console.services.post_room
    return post


def _row(request: Request, caller: Caller, campaign_id: str) -> Json:
    row = browsing.campaign(_post(request).database, caller.tenant, campaign_id)
    if row is None:
        raise missing("such campaign")
    return row


def _job(request: Request, caller: Caller, campaign_id: str) -> Json | None:
    jobs = request.app.state.console.jobs.newest(caller.tenant, KIND, asked={"campaign_id": campaign_id}, most=1)
    return jobs[0] if jobs else None


def _mark(told: delivery.Delivery, job: Json | None) -> str:
    names = ("status", "accepted", "rejected", "unknown", "skipped", "waiting", "in_flight", "cohort")
    later = sum(one.claimed for one in told.later)
    return " ".join(str(getattr(told, name)) for name in names) + f" {later} {job['state'] if job else ''}"
