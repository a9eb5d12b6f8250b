"""The campaign wizard: a brief filled in with its audience in sight, a text to look at, then kept or launched."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from liftline_console.callers import Caller
from liftline_console.guarding import page_router
from liftline_console.permissions import needs
from liftline_console.problems import missing
from liftline_console.rendering import page
from pipelines.contracts import Json, Refusal
from pipelines.generation import kept_briefs
from pipelines.generation.briefs import CHANNELS, STRATEGIES, Brief, read_brief_text
from pipelines.generation.run import open_campaign, sizes, sketch
from pipelines.generation.sketching import Sketch
from pipelines.safety.guardrails.run import foresee
from pipelines.segmentation import browsing as segments
from pipelines.segmentation.run import SCHEMES
from pipelines.segmentation.run import run as segment
from pipelines.services import Services

router = page_router()
Writer = Annotated[Caller, needs("campaigns.write")]
Word = Annotated[str, Query(max_length=200)]
BriefId = Annotated[str, Path(pattern="^[0-9a-f]{24}$")]

SNAPSHOTS_LOOKED_AT = 200
UNITS = {
    "segment": "Each segment of customers", "persona": "Each job persona", "account": "Each company",
    "person": "Each person by themselves",
}  # fmt: skip
STRATEGY_WORDS = {
    "professional": "Matter-of-fact and polite", "friendly": "Like a note from somebody you know",
    "direct": "Straight to the point", "control": "The plain text others are compared with",
    "curiosity": "Begins with a question", "benefit": "What it brings the reader", "urgency": "Why now",
    "social_proof": "What others say",
}  # fmt: skip


class Filled(BaseModel):
    """The brief as it is filled in so far."""

    model_config = ConfigDict(extra="forbid")

    brief: dict[str, Any]
    launch: Annotated[str, Field(max_length=60)] = ""
    unit: Annotated[str, Field(max_length=200)] = ""
    strategy: Annotated[str, Field(max_length=40)] = ""


class Audience(BaseModel):
    """Whom somebody thinks of."""

    model_config = ConfigDict(extra="forbid")

    unit: Annotated[str, Field(pattern="^(segment|persona|account|person)$")]
    scheme: Annotated[str, Field(pattern="^(rfm|rules|kmeans)$")] = "rfm"
    channel: Annotated[str, Field(pattern="^(email|sms|whatsapp|push|web|linkedin)$")] = "email"
    only: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=500)] = []
    topic: Annotated[str, Field(max_length=40)] | None = None


class Scheme(BaseModel):
    """The scheme whose segments are to be made."""

    model_config = ConfigDict(extra="forbid")

    scheme: Annotated[str, Field(pattern="^(rfm|rules|kmeans)$")]


@router.get("/wizard")
def wizard(request: Request, caller: Writer, brief: Word = "") -> HTMLResponse:
    """An empty brief, or one that was kept."""
    services = request.app.state.console.services
    begun = kept_briefs.kept_brief(services.briefs, caller.tenant, brief) if brief else None
    if brief and begun is None:
        raise missing("such brief")
    settings = services.settings
    return page(
        request,
        "wizard.html",
        title="New campaign",
        begun=begun.brief.model_dump(mode="json") if begun else None,
        kept=kept_briefs.kept_briefs(services.briefs, caller.tenant),
        units=UNITS,
        schemes=("rfm", *(one for one in SCHEMES if one != "rfm")),
        channels=CHANNELS,
        topics=services.gatehouse.policy(caller.tenant).topics,
        strategies={name: STRATEGY_WORDS[name] for name in STRATEGIES},
        defaults=Brief.model_fields,
        writer="the offline composer" if settings.language_model_provider == "offline" else settings.openai_model,
    )


@router.post("/wizard/audience")
def audience(request: Request, caller: Writer, body: Audience) -> Json:
    """How large each group is now, and how many of the chosen ones may be written to and why not."""
    services = request.app.state.console.services
    shot = _snapshot(services, caller.tenant, body.scheme if body.unit == "segment" else None)
    if shot is None:
        return {"snapshot": None}
    groups = sizes(services.studio, caller.tenant, body.unit, shot["snapshot_id"])
    foreseen = foresee(
        services.gatehouse, caller.tenant, channel=body.channel, unit_kind=body.unit, units=body.only,
        snapshot_id=shot["snapshot_id"], topic=body.topic,
    )  # fmt: skip
    return {"snapshot": shot["as_of"].isoformat(), "groups": groups, "foreseen": foreseen}


@router.post("/wizard/segments", status_code=204)
def make_segments(request: Request, caller: Writer, body: Scheme) -> None:
    """Make the segments of a scheme as of now."""
    services = request.app.state.console.services
    segment(
        services.database, tenant=caller.tenant, scheme=body.scheme, policies=services.settings.liftline_policies,
        clock=services.clock,
    )  # fmt: skip


@router.post("/wizard/check", status_code=204)
def check(request: Request, caller: Writer, body: Filled) -> None:
    """Nothing if the brief has no mistake; else all of them, each with its place."""
    _read(request.app.state.console.services, body)


@router.post("/wizard/preview")
def preview(request: Request, caller: Writer, body: Filled) -> Json:
    """A text for one group, composed on this machine: it costs nothing and nothing of it is kept."""
    made = _sketched(request, caller, body)
    verdicts = [
        {"place": place, "text": one.text, "verdict": one.verdict, "reason": one.reason,
         "passages": [made.passages[cited].title for cited in _cited(made, place) if cited in made.passages]}
        for place, one in made.judgement.verdicts
    ]  # fmt: skip
    shown = made.shown
    return {
        "unit": made.unit.label, "strategy": made.strategy, "blocked": made.judgement.reason if not shown else None,
        "subject": made.message.subject.text, "text": shown.text if shown else None, "sentences": verdicts,
    }  # fmt: skip


@router.post("/wizard/keep")
def keep(request: Request, caller: Writer, body: Filled) -> Json:
    """Keep the brief as a YAML file."""
    return {"brief_id": _kept(request.app.state.console.services, caller, body).brief_id}


@router.get("/wizard/briefs/{brief_id}")
def download(request: Request, caller: Writer, brief_id: BriefId) -> Response:
    """A kept brief as its file."""
    found = kept_briefs.kept_brief(request.app.state.console.services.briefs, caller.tenant, brief_id)
    if found is None:
        raise missing("such brief")
    disposition = f'attachment; filename="brief-{brief_id[:8]}.yaml"'
    return Response(found.text, media_type="application/yaml", headers={"Content-Disposition": disposition})


@router.post("/wizard/launch", status_code=202)
def launch(request: Request, caller: Writer, body: Filled) -> Json:
    """Enter the campaign under the caller's name and have it prepared up to its approval; twice is once."""
    console = request.app.state.console
    kept = _kept(console.services, caller, body)
    opened = open_campaign(console.services.studio, caller.tenant, kept.brief, by=caller.name, launch=body.launch)
    begun = console.starter.launch(request, caller, kept, opened, body.launch)
    return {"campaign_id": opened.campaign_id, "brief_id": kept.brief_id, "run": begun.run, "began": begun.now}


def _read(services: Services, body: Filled) -> Brief:
    return read_brief_text(kept_briefs.as_yaml(body.brief), "The brief", today=services.today())


def _kept(services: Services, caller: Caller, body: Filled) -> kept_briefs.KeptBrief:
    text = kept_briefs.as_yaml(body.brief)
    return kept_briefs.keep_brief(services.briefs, caller.tenant, text, today=services.today())


def _sketched(request: Request, caller: Caller, body: Filled) -> Sketch:
    services = request.app.state.console.services
    brief = _read(services, body)
    shot = _snapshot(services, caller.tenant, brief.audience.scheme if brief.audience.unit == "segment" else None)
    if shot is None:
        raise Refusal("No segments were made yet; make them in the part about the audience first.")
    groups = sizes(services.studio, caller.tenant, brief.audience.unit, shot["snapshot_id"])
    wanted = [one["unit_id"] for one in groups if not brief.audience.only or one["unit_id"] in brief.audience.only]
    unit = body.unit or next(iter(wanted), "")
    strategy = body.strategy or brief.strategies[0]
    return sketch(services.sketching, caller.tenant, brief, shot["snapshot_id"], unit, strategy)


def _cited(made: Sketch, place: str) -> tuple[str, ...]:
    return dict(made.message.sentences())[place].passage_ids


def _snapshot(services: Services, tenant: str, scheme: str | None) -> Json | None:
    """The newest segments of that scheme, or of any."""
    shots = segments.snapshots(services.database, tenant, most=SNAPSHOTS_LOOKED_AT)
    return next((shot for shot in shots if scheme in (None, shot["scheme"])), None)
