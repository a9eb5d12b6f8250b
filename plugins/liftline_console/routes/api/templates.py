"""Account-based templates: generated from a creative brief, read, approved, rated; each call is logged."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.permissions import needs
from liftline_console.routes.api.campaigns import Action, outreach_of
from liftline_console.routes.api.jobs import JOB
from liftline_console.routes.api.shapes import shown
from pipelines.outreach.run import templates

router = api_router("templates")
Keeper = Annotated[Caller, needs("templates.manage")]
UnitId = Annotated[str, Path(max_length=200)]
VariantId = Annotated[str, Path(max_length=100)]
Line = Annotated[str, Field(min_length=1, max_length=200)]
Version = Annotated[
    int | None,
    Field(ge=1, le=1_000_000, description="The version that was looked at; refused if another stands by now."),
]
Lines = Annotated[list[Line], Field(max_length=50)]
Tone = Literal["professional", "friendly", "direct", "control", "curiosity", "benefit", "urgency", "social_proof"]

KIND = "templates.generate"
SET = {
    "account_id": "acc_123",
    "template_variants": [
        {
            "variant_id": "v-0f3a5c7d9e1b2a4c6d8f", "subject": "A lamp for every desk of {{Account.Name}}",
            "body_html": "<p>Hi {{Contact.FirstName}}, …</p>", "tone": "professional", "cta": "Ask for a quote",
            "confidence": 0.61,
        }
    ],
    "data_used": ["buyers", "orders", "stage"],
    "campaign_id": "templates-for-acc-123-4be1c2a09d",
    "states": [
        {"variant_id": "v-0f3a5c7d9e1b2a4c6d8f", "version": 1, "approved_by": None, "approved_at": None,
         "model": "gpt-4.1-mini", "source": "gpt-4.1-mini/1"}
    ],
}  # fmt: skip
SAID = {"variant_id": "v-0f3a5c7d9e1b2a4c6d8f", "version": 1, "said": "noted"}
MODEL = {
    "provider": "openai", "model": "gpt-4.1-mini", "version": "1", "prompt_version": "draft-v1-0f3a5c7d",
    "generations": 24, "variants": 24, "mean_confidence": 0.61, "mean_rating": 4.5,
    "first_used_at": "2026-11-01T08:00:00Z", "last_used_at": "2026-11-20T12:00:00Z",
}  # fmt: skip


class CreativeBrief(BaseModel):
    """What the templates shall say."""

    model_config = ConfigDict(extra="forbid")

    goal: Annotated[str, Field(min_length=1, max_length=500)]
    value_proposition: Annotated[str | None, Field(min_length=1, max_length=500)] = None
    tone: Line | None = None
    tones: Annotated[list[Tone] | None, Field(min_length=1, max_length=8, description="One variant each.")] = None
    cta: Action | None = None
    query: Annotated[str | None, Field(max_length=500, description="What to look for in approved content.")] = None
    audience: Annotated[Lines, Field(description="Only content that is meant for these.")] = []
    products: Lines = []
    scheme: Literal["rules", "rfm", "kmeans"] = "rfm"


class TemplateWish(BaseModel):
    """For one account or one segment."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"account_id": "acc_123", "brief": {"goal": "Have them ask for a quote for desk lamps."}}]
        },
    )

    account_id: Line | None = None
    segment: Line | None = None
    brief: CreativeBrief

    @model_validator(mode="after")
    def _for_one(self) -> TemplateWish:
        if (self.account_id is None) == (self.segment is None):
            raise ValueError("name either account_id or segment")
        return self


class Approval(BaseModel):
    """A yes, perhaps with a remark."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"comment": "reads well", "version": 1}]})

    comment: Annotated[str, Field(max_length=2000)] = ""
    version: Version = None


class Feedback(BaseModel):
    """What a person thinks of a variant."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"rating": 4, "comment": "a little long", "flags": ["off_brand"]}]},
    )

    rating: Annotated[int | None, Field(ge=1, le=5)] = None
    comment: Annotated[str, Field(max_length=2000)] = ""
    flags: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=20)] = []
    version: Version = None


@router.post("/templates/generate", status_code=202, responses=shown(JOB, 202))
def generate_templates(request: Request, caller: Keeper, body: TemplateWish, response: Response) -> dict[str, Any]:
    """Have templates written, verified and screened; the job ends in the templates. The same brief costs once."""
    outreach, console = outreach_of(request), request.app.state.console
    kind: templates.UnitKind = "account" if body.account_id is not None else "segment"
    named = str(body.account_id if body.account_id is not None else body.segment)
    wish = body.brief.model_dump(mode="json", exclude_none=True)
    campaign_id, unit = templates.open_templates(outreach, caller.tenant, kind, named, wish, by=caller.name)
    job_id = console.jobs.start(
        caller.tenant, KIND, {"kind": kind, "unit": unit, "campaign_id": campaign_id}, by=caller.name,
        work=lambda _: templates.generate(outreach, caller.tenant, campaign_id, kind, unit, by=caller.name),
    )  # fmt: skip
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/api/v1/jobs/{job_id}"
    return dict(console.jobs.find(caller.tenant, job_id))


@router.get("/templates/accounts/{account_id}/variants", responses=shown(SET, also=[404]))
def account_variants(request: Request, caller: Keeper, account_id: UnitId) -> dict[str, Any]:
    """The newest templates of an account, at most 50 KB, from the cache."""
    return templates.variants(outreach_of(request), caller.tenant, "account", account_id, by=caller.name)


@router.get("/templates/segments/{segment}/variants", responses=shown(SET, also=[404]))
def segment_variants(request: Request, caller: Keeper, segment: UnitId) -> dict[str, Any]:
    """The newest templates of a segment, at most 50 KB, from the cache."""
    return templates.variants(outreach_of(request), caller.tenant, "segment", segment, by=caller.name)


@router.post("/templates/variants/{variant_id}/approve", responses=shown({**SAID, "said": "approved"}, also=[404, 409]))
def approve_variant(
    request: Request, caller: Keeper, variant_id: VariantId, body: Approval | None = None
) -> dict[str, Any]:
    """A named person's yes to the newest version; who made it, or a key, cannot give it."""
    told = body or Approval()
    return templates.approve(
        outreach_of(request), caller.tenant, variant_id, by=caller.name, comment=told.comment, seen=told.version
    )


@router.post("/templates/variants/{variant_id}/feedback", status_code=201, responses=shown(SAID, 201, also=[404, 409]))
def rate_variant(request: Request, caller: Keeper, variant_id: VariantId, body: Feedback) -> dict[str, Any]:
    """A named person's rating, flags or remark on the newest version; learning reads it later."""
    return templates.rate(
        outreach_of(request), caller.tenant, variant_id, by=caller.name, rating=body.rating, flags=body.flags,
        comment=body.comment, seen=body.version,
    )  # fmt: skip


@router.get("/templates/models", responses=shown({"items": [MODEL]}))
def list_models(request: Request, caller: Keeper) -> dict[str, Any]:
    """Who wrote for the tenant so far, by model, version and prompt."""
    return {"items": templates.model_versions(outreach_of(request), caller.tenant, by=caller.name)}
