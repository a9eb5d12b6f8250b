"""Outreach campaigns: created, listed, paused, resumed, cancelled, given messages, asked to be sent, and read out."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.paging import Cursor, Limit, after, cursor_at, moment, paged
from liftline_console.permissions import needs
from liftline_console.routes.api.jobs import JOB
from liftline_console.routes.api.shapes import shown
from pipelines.outreach.run import Outreach, Wanted, campaigns, messages

router = api_router("campaigns")
Reader = Annotated[Caller, needs("outreach.read")]
Writer = Annotated[Caller, needs("outreach.write")]
MessageReader = Annotated[Caller, needs("messages.read")]
CampaignId = Annotated[
    str,
    Path(
        max_length=200, description="Ids are texts here: they are unique beyond one database and tell nobody how many."
    ),
]
Channel = Literal["email", "linkedin", "sms", "custom", "whatsapp", "push", "web"]
Status = Literal["draft", "active", "paused", "completed", "cancelled"]
MessageStatus = Literal["pending", "sent", "delivered", "opened", "clicked", "replied", "bounced", "failed"]
# Others name leads by numbers; ours are texts, and the same number is the same lead.
LeadId = Annotated[
    str, BeforeValidator(lambda value: str(value) if type(value) is int else value), Field(max_length=200)
]
Value = (
    Annotated[str, Field(max_length=200)] | Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=50)]
)

KIND = "outreach.generate"
CAMPAIGN = {
    "id": "q1-saas-outreach-4be1c2a09d", "name": "Q1 SaaS Outreach", "channel": "email", "status": "draft",
    "total_messages": 0, "messages_sent": 0, "total_cost_usd": 0.0, "created_at": "2025-10-04T12:00:00Z",
}  # fmt: skip
WHOLE = {
    **CAMPAIGN, "description": "Seats for teams that outgrew spreadsheets.",
    "target_audience": {"industry": "Software"}, "min_qualification_score": 70.0, "created_by": "mark", "brief": {},
}  # fmt: skip
VARIANTS = [
    {"tone": tone, "subject": "A lamp for every desk", "body": "Dear Ines, …", "variant_id": f"v-{tone}", "version": 1,
     "status": "ready", "reason": "Nothing was found.", "confidence": 0.61}
    for tone in ("professional", "friendly", "direct")
]  # fmt: skip
MESSAGE = {
    "id": "m-0f3a5c7d9e1b2a4c6d8f", "campaign_id": CAMPAIGN["id"], "lead_id": "cust_001", "variants": VARIANTS,
    "selected_variant": 0, "status": "pending", "generation_latency_ms": 633, "generation_cost_usd": 0.000016,
    "reason": "", "created_at": "2025-10-04T12:00:05Z",
}  # fmt: skip
GENERATED = {
    "success": True, "campaign_id": CAMPAIGN["id"], "messages_generated": 1, "total_cost_usd": 0.000016,
    "average_latency_ms": 633, "messages": [MESSAGE], "messages_not_shown": 0, "waiting": {},
}  # fmt: skip
PAGE = {
    "campaign_id": CAMPAIGN["id"], "total": 1, "limit": 100, "offset": 0, "messages": [MESSAGE], "next_cursor": None,
}  # fmt: skip
ASKED = {
    "success": False, "campaign_id": CAMPAIGN["id"], "status": "waiting_for_approval", "messages_sent": 0,
    "message": "Nothing is sent yet. Waits for the yes of marketing until 22 November 2026 12:00 UTC.",
    "needs": ["marketing", "quality"], "waits_for": "marketing", "approval": {"state": "open"},
    "delivery": None,
}  # fmt: skip
COUNTS = {"sent": 34, "delivered": 33, "opened": 18, "clicked": 8, "replied": 6}
RATES = {"open_rate": 54.55, "click_rate": 44.44, "reply_rate": 18.18}
MACHINE = {"opened": 9, "clicked": 4}
ANALYTICS = {
    "campaign_id": CAMPAIGN["id"], "name": "Q1 SaaS Outreach", "status": "active", "channel": "email",
    "performance": {"total_messages": 34, **COUNTS, **RATES}, "machine": MACHINE,
    "cost": {"total_usd": 0.0016, "cost_per_message": 0.000016, "cost_per_reply": 0.000133},
    "ab_testing": {
        "variants": [{"variant_number": 0, "tone": "professional", **COUNTS, **RATES, "machine": MACHINE}],
        "winning_variant": None, "significance": campaigns.EXPERIMENT,
    },
}  # fmt: skip


class Action(BaseModel):
    """What readers are asked to do, and where."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=60)] = "Find out more"
    link: Annotated[str | None, Field(max_length=2000, description="https; left out: the brand's website.")] = None


class NewCampaign(BaseModel):
    """What is wanted, in the caller's words; on our side it is a brief whose audience are single people."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "Q1 SaaS Outreach", "channel": "email", "description": "Seats for teams.",
                    "target_audience": {"industry": "Software", "company_size": "50-200 employees"},
                    "min_qualification_score": 70.0,
                }
            ]
        },
    )  # fmt: skip

    name: Annotated[str, Field(min_length=1, max_length=120)]
    channel: Annotated[
        Channel, Field(description="`custom` is a channel of your own; consent is asked for by that name.")
    ]
    description: Annotated[str, Field(max_length=500, description="What the copy is about; left out: the name.")] = ""
    target_audience: Annotated[
        dict[Annotated[str, Field(max_length=100)], Value],
        Field(
            max_length=20,
            description="A customer's fields (country, city, job_title, company, tags, …) or columns of your own CSV, "
            "each with the value, or a list of values, that it must have.",
        ),
    ] = {}
    min_qualification_score: Annotated[
        float, Field(ge=0, le=100, description="From 0 to 100; `outreach.yaml` says what it is made of.")
    ] = 0
    call_to_action: Action | None = None
    budget_usd: Annotated[Decimal | None, Field(ge=0, le=1_000_000, decimal_places=6)] = None


class Generation(BaseModel):
    """For whom, and in whose words."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"lead_ids": ["cust_001"], "custom_context": "They asked about desk lamps."}]},
    )

    lead_ids: Annotated[
        list[LeadId] | None,
        Field(min_length=1, max_length=5000, description="Customers; left out: all qualified leads, as a job."),
    ] = None
    template: Annotated[
        str | None,
        Field(
            max_length=4000,
            description="Your own text with slots such as {{contact_name}}; it is kept word by word as the body, each "
            "tone gives its own subject and call to action, and it is held to the same checks as any other copy.",
        ),
    ] = None
    custom_context: Annotated[str | None, Field(max_length=490, description="What the writer shall know besides.")] = (
        None
    )


@router.post("/campaigns/create", status_code=201, responses=shown(CAMPAIGN, 201))
def create_campaign(request: Request, caller: Writer, body: NewCampaign, response: Response) -> dict[str, Any]:
    """Create a campaign; nothing is written or sent by that."""
    made = campaigns.create(
        outreach_of(request),
        caller.tenant,
        name=body.name,
        channel=body.channel,
        description=body.description,
        target_audience=body.target_audience,
        min_qualification_score=body.min_qualification_score,
        call_to_action=body.call_to_action.model_dump(exclude_none=True) if body.call_to_action else None,
        budget_usd=None if body.budget_usd is None else str(body.budget_usd),
        by=caller.name,
    )
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/api/v1/campaigns/{made['id']}"
    return made


@router.get("/campaigns", responses=shown({"items": [CAMPAIGN], "next_cursor": None}))
def list_campaigns(
    request: Request, caller: Reader, status: Status | None = None, limit: Limit = 20, cursor: Cursor = None
) -> dict[str, Any]:
    """Campaigns, the newest first."""
    place = after(cursor, str, str)
    before: tuple[datetime, str] | None = (moment(place[0]), place[1]) if place else None
    found = campaigns.listed(outreach_of(request), caller.tenant, status=status, before=before, most=limit + 1)
    return paged(found, limit, lambda row: [row["created_at"].isoformat(), row["id"]])


@router.get("/campaigns/{campaign_id}", responses=shown(WHOLE, also=[404]))
def get_campaign(request: Request, caller: Reader, campaign_id: CampaignId) -> dict[str, Any]:
    """One campaign with what it asks for."""
    return campaigns.get(outreach_of(request), caller.tenant, campaign_id)


@router.post("/campaigns/{campaign_id}/pause", responses=shown(CAMPAIGN, also=[404, 409]))
def pause_campaign(request: Request, caller: Writer, campaign_id: CampaignId) -> dict[str, Any]:
    """Stop for now."""
    return campaigns.pause(outreach_of(request), caller.tenant, campaign_id, by=caller.name)


@router.post("/campaigns/{campaign_id}/resume", responses=shown(CAMPAIGN, also=[404, 409]))
def resume_campaign(request: Request, caller: Writer, campaign_id: CampaignId) -> dict[str, Any]:
    """Go on: active if it is approved, else a draft."""
    return campaigns.resume(outreach_of(request), caller.tenant, campaign_id, by=caller.name)


@router.post("/campaigns/{campaign_id}/cancel", responses=shown(CAMPAIGN, also=[404, 409]))
def cancel_campaign(request: Request, caller: Writer, campaign_id: CampaignId) -> dict[str, Any]:
    """End for good."""
    return campaigns.cancel(outreach_of(request), caller.tenant, campaign_id, by=caller.name)


@router.post(
    "/campaigns/{campaign_id}/generate-messages",
    responses=shown(GENERATED, also=[404, 409, 429]) | {202: {"content": {"application/json": {"example": JOB}}}},
)
def generate_messages(
    request: Request, caller: Writer, campaign_id: CampaignId, response: Response, body: Generation | None = None
) -> dict[str, Any]:
    """One message a lead, with a variant for each tone: grounded, screened, and for people to approve.

    A request for few leads is answered directly; a larger one with a job (202) whose `result` is this answer. A lead
    who has a message keeps it.
    """
    asked, outreach, console = body or Generation(), outreach_of(request), request.app.state.console
    leads = None if asked.lead_ids is None else tuple(asked.lead_ids)
    wanted = Wanted(campaign_id, leads, asked.template, asked.custom_context, caller.name)
    if messages.prepare(outreach, caller.tenant, wanted):
        return messages.generate(outreach, caller.tenant, wanted)
    told = {**asdict(wanted), "leads": None if leads is None else len(leads)}
    job_id = console.jobs.start(
        caller.tenant, KIND, told, by=caller.name, work=lambda _: messages.generate(outreach, caller.tenant, wanted)
    )
    response.status_code = 202
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/api/v1/jobs/{job_id}"
    return dict(console.jobs.find(caller.tenant, job_id))


@router.get("/campaigns/{campaign_id}/messages", responses=shown(PAGE, also=[404]))
def list_messages(
    request: Request,
    caller: MessageReader,
    campaign_id: CampaignId,
    status: MessageStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Messages in the order in which they were made; the slots are filled from each lead.

    A deep `offset` counts its way there; `cursor` begins at once where the page before ended.
    """
    outreach, place = outreach_of(request), after(cursor, str, str)
    begin = (moment(place[0]), place[1]) if place else None
    listed = messages.listed(
        outreach, caller.tenant, campaign_id, status=status, limit=limit, offset=offset, place=begin
    )
    last = listed.pop("last")
    return listed | {"next_cursor": cursor_at(last[0].isoformat(), last[1]) if last else None}


@router.post("/campaigns/{campaign_id}/send", status_code=202, responses=shown(ASKED, 202, also=[404, 409]))
def send_campaign(request: Request, caller: Writer, campaign_id: CampaignId) -> dict[str, Any]:
    """Ask whether exactly what stands now may be sent, and send it once that was approved; asking sends nothing."""
    return campaigns.send(outreach_of(request), caller.tenant, campaign_id, by=caller.name)


@router.get("/campaigns/{campaign_id}/analytics", responses=shown(ANALYTICS, also=[404]))
def get_analytics(request: Request, caller: Reader, campaign_id: CampaignId) -> dict[str, Any]:
    """What people did; machines stand beside them. Rates are percentages: opened of delivered, clicked of opened,
    replied of delivered. There is no winner until an experiment says so."""
    return campaigns.analytics(outreach_of(request), caller.tenant, campaign_id)


def outreach_of(request: Request) -> Outreach:
    """What campaigns, messages, templates and decisions are given."""
    outreach: Outreach = request.app.state.console.services.outreach
    return outreach
