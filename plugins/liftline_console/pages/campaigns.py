"""Campaigns: where each stands, stage by stage with its reasons, and the answers that people give."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal

from fastapi import Path, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from liftline_console.callers import Caller
from liftline_console.guarding import page_router
from liftline_console.pages import results
from liftline_console.paging import Cursor, after, moment, next_page, paged
from liftline_console.permissions import allowed, needs
from liftline_console.problems import Problem, missing
from liftline_console.rendering import page
from pipelines.contracts import Json, Refusal
from pipelines.delivery import run as delivery
from pipelines.experiments.run import find, fix_design
from pipelines.generation.run import audience_of, opened_campaign
from pipelines.review import browsing
from pipelines.review import run as review
from pipelines.safety.guardrails.run import newest_decisions

router = page_router()
router.include_router(results.router)
Reader = Annotated[Caller, needs("campaigns.read")]
Writer = Annotated[Caller, needs("campaigns.write")]
CampaignId = Annotated[str, Path(max_length=200)]

SHOWN = 25


class Answer(BaseModel):
    """Yes or no to a launch, and what exactly was looked at."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "reject"]
    comment: Annotated[str, Field(max_length=2000)] = ""
    seen: Annotated[str, Field(max_length=64)]


class Again(BaseModel):
    """The attempt that is to begin: the page shows how many there were."""

    model_config = ConfigDict(extra="forbid")

    attempt: Annotated[str, Field(pattern="^[1-9][0-9]{0,3}$")]


class Turn(BaseModel):
    """A campaign paused, resumed or cancelled, and why."""

    model_config = ConfigDict(extra="forbid")

    turn: Literal["pause", "resume", "cancel"]
    reason: Annotated[str, Field(max_length=2000)] = ""


@router.get("/campaigns")
def campaigns(request: Request, caller: Reader, cursor: Cursor = None) -> HTMLResponse:
    """All campaigns, the newest first."""
    database = request.app.state.console.services.database
    place = after(cursor, str, str)
    before = (moment(place[0]), place[1]) if place else None
    rows = browsing.campaigns(database, caller.tenant, before=before, most=SHOWN + 1)
    listed = paged(rows, SHOWN, lambda row: [row["created_at"].isoformat(), row["campaign_id"]])
    return page(
        request,
        "campaigns.html",
        title="Campaigns",
        rows=listed["items"],
        may_write=allowed("campaigns.write", caller.roles),
        **next_page(request, listed),
    )


@router.get("/campaigns/{campaign_id}")
def campaign(request: Request, caller: Reader, campaign_id: CampaignId) -> HTMLResponse:
    """One campaign."""
    services = request.app.state.console.services
    row = browsing.campaign(services.database, caller.tenant, campaign_id)
    if row is None:
        raise missing("such campaign")
    stands = review.standing(services.board, caller.tenant, campaign_id)
    found = review.reviewed(services.board, caller.tenant, campaign_id)
    work = request.app.state.console.starter.preparing(request, caller, campaign_id)
    return page(
        request,
        "campaign.html",
        title=row["name"],
        row=row,
        mark=_mark(row, work),
        work=work,
        stands=stands,
        found=found,
        audience=audience_of(services.studio, caller.tenant, campaign_id),
        decisions=newest_decisions(services.gatehouse, caller.tenant, campaign_id),
        **_experiment(request, caller, campaign_id),
        screened=Counter(one["screened"] or "none" for one in found["variants"] if one["status"] == "drafted"),
        fills=browsing.who_fills(services.database, caller.tenant, stands) if stands.waits_for else [],
        may_write=allowed("campaigns.write", caller.roles),
        own_yes=review.yes_of(stands, caller.name),
        no_yes=_obstacle(request, caller, campaign_id, "approve"),
        no_no=_obstacle(request, caller, campaign_id, "reject"),
    )


@router.get("/campaigns/{campaign_id}/mark")
def mark(request: Request, caller: Reader, campaign_id: CampaignId) -> dict[str, str]:
    """What changes whenever the campaign has come further, for a page that waits."""
    row = browsing.campaign(request.app.state.console.services.database, caller.tenant, campaign_id)
    if row is None:
        raise missing("such campaign")
    return {"mark": _mark(row, request.app.state.console.starter.preparing(request, caller, campaign_id))}


@router.post("/campaigns/{campaign_id}/answer", status_code=204)
def answer(
    request: Request, caller: Annotated[Caller, needs("approvals.answer")], campaign_id: CampaignId, body: Answer
) -> None:
    """Say yes or no. The database is told, and the gate of a run in Airflow goes on by what stands there."""
    board = request.app.state.console.services.board
    decide = review.approve if body.decision == "approve" else review.reject
    told: dict[str, Any] = {"by": caller.name, "comment": body.comment, "via": "console", "seen": body.seen}
    decide(board, caller.tenant, campaign_id, **told)


@router.post("/campaigns/{campaign_id}/prepare", status_code=204)
def prepare(request: Request, caller: Writer, campaign_id: CampaignId, body: Again) -> None:
    """Take a preparation up again that ended before it was done; pressed twice, it is taken up once."""
    console = request.app.state.console
    opened = opened_campaign(console.services.studio, caller.tenant, campaign_id)
    work = console.starter.preparing(request, caller, campaign_id)
    if work and work["state"] in ("queued", "running") and work["attempt"] < int(body.attempt):
        raise Problem(409, "It is still being prepared; wait until that has ended.")
    console.starter.again(request, caller, opened, int(body.attempt))


@router.post("/campaigns/{campaign_id}/request", status_code=204)
def ask(request: Request, caller: Writer, campaign_id: CampaignId) -> None:
    """Ask whether exactly what the campaign holds now may be sent."""
    services = request.app.state.console.services
    fix_design(services.laboratory, caller.tenant, campaign_id, by=caller.name)
    review.ask_for_approval(services.board, caller.tenant, campaign_id, by=caller.name)


@router.post("/campaigns/{campaign_id}/turn", status_code=204)
def turn(request: Request, caller: Writer, campaign_id: CampaignId, body: Turn) -> None:
    """Pause it, let it go on, or cancel it."""
    services = request.app.state.console.services
    told = {"by": caller.name, "reason": body.reason, "now": services.clock()}
    delivery.steer(services.database, caller.tenant, campaign_id, body.turn, **told)


def _experiment(request: Request, caller: Caller, campaign_id: str) -> Json:
    """The experiment, or why it cannot be shown: everything else of the campaign still can."""
    try:
        found = find(request.app.state.console.services.laboratory, caller.tenant, campaign_id)
    except Refusal as refusal:
        return {"experiment": None, "unreadable": str(refusal)}
    return {"experiment": found, "unreadable": None}


def _obstacle(request: Request, caller: Caller, campaign_id: str, decision: Literal["approve", "reject"]) -> str | None:
    """Why the caller may not decide so; None where they may."""
    if not allowed("approvals.answer", caller.roles):
        return "None of your roles decides on launches."
    board = request.app.state.console.services.board
    return review.obstacle_for(board, caller.tenant, campaign_id, decision, by=caller.name)


def _mark(row: dict[str, Any], work: Json | None) -> str:
    names = ("units", "drafted", "blocked", "screened", "audience", "approval", "waits_for", "status")
    return " ".join(str(row[name]) for name in names) + f" {work['state'] if work else ''}"
