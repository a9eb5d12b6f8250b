"""Review: the texts of a campaign as their readers would get them, what they rest on, and what people say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from liftline_console.callers import Caller
from liftline_console.guarding import page_router
from liftline_console.permissions import allowed, needs
from liftline_console.problems import Problem, missing
from liftline_console.protection import SANDBOXED
from liftline_console.rendering import page
from pipelines.contracts import Json, Refusal
from pipelines.generation.rendering import Rendered
from pipelines.generation.rendering.preview import as_page
from pipelines.generation.run import audience_of, drafted, readers, received
from pipelines.review import browsing
from pipelines.review import run as review
from pipelines.safety import run as safety
from pipelines.services import Services

router = page_router()
Reader = Annotated[Caller, needs("campaigns.read")]
Id = Annotated[str, Path(max_length=200)]
Word = Annotated[str, Query(max_length=200)]
Several = Annotated[list[Annotated[str, Field(max_length=200)]], Field(min_length=1, max_length=200)]
# The version of each text that was looked at.
Versions = Annotated[dict[Annotated[str, Field(max_length=200)], int], Field(max_length=200)]
Comment = Annotated[str, Field(max_length=2000)]

CAMPAIGNS = 25
FLAGS = {
    "wrong_fact": "A fact is wrong", "off_brand": "It does not sound like us", "tone": "The tone is wrong",
    "language": "Language mistakes", "too_long": "Too long", "legal": "A legal doubt",
}  # fmt: skip


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Deciding(_Body):
    """Yes or no to some variants."""

    variants: Several
    decision: Literal["approve", "reject"]
    comment: Comment = ""
    seen: Versions = {}


class Rating(_Body):
    """What somebody thinks of some variants."""

    variants: Several
    rating: Annotated[int | None, Field(ge=1, le=5)] = None
    flags: Annotated[list[str], Field(max_length=20)] = []
    comment: Comment = ""


class Settling(_Body):
    """A text that waits for a person let go, or held."""

    content_hash: Annotated[str, Field(max_length=64)]
    decision: Literal["release", "hold"]
    reason: Comment


class Answering(_Body):
    """Yes or no to what a guardrail asked."""

    answer: Literal["yes", "no"]
    reason: Comment


class Wanted(_Body):
    """A whole message as somebody wants it."""

    message: dict[str, Any]
    seen: Annotated[int | None, Field(ge=1)] = None


@router.get("/review")
def waiting(request: Request, caller: Reader, campaign: Word = "", kind: Word = "", tenant: Word = "") -> HTMLResponse:
    """What waits for a person; a notice leads here with its campaign and kind."""
    services = request.app.state.console.services
    rows = safety.queue(services.checkpoint, caller.tenant)
    listed = [row for row in rows if campaign in ("", row["campaign_id"]) and kind in ("", row["kind"])]
    campaigns = browsing.campaigns(services.database, caller.tenant, most=CAMPAIGNS)
    return page(
        request,
        "waiting.html",
        title="Review",
        rows=entitled(services, caller, listed),
        narrowed=bool(campaign or kind),
        other_tenant=tenant if tenant and tenant != caller.tenant else "",
        campaigns=[row for row in campaigns if row["drafted"] or row["blocked"]],
    )


@router.get("/review/{campaign_id}")
def side_by_side(
    request: Request, caller: Reader, campaign_id: Id, unit: Word = "", customer: Word = "", content: Word = ""
) -> HTMLResponse:
    """The variants for one group of people, side by side; with `content`, for the group that gets this text."""
    seen = _seen(request, caller, campaign_id)
    units = [one for one in seen["audience"]["units"] if any(_of(row, one) for row in seen["variants"])]
    asked = {row["unit_id"] for row in seen["variants"] if content and row["content_hash"] == content} or {unit}
    chosen = next((one for one in units if one["unit_id"] in asked), units[0] if units else None)
    rows = [row for row in seen["variants"] if chosen and _of(row, chosen)]
    return page(
        request,
        "side_by_side.html",
        title=f"Review of {seen['campaign']['name']}",
        units=units,
        chosen=chosen,
        rows=rows,
        flags=FLAGS,
        **_as_read(request, caller, rows, customer),
        **_rights(caller),
        **{name: seen[name] for name in ("campaign", "obstacle")},
    )


@router.get("/review/{campaign_id}/{variant_id}")
def variant(request: Request, caller: Reader, campaign_id: Id, variant_id: Id, customer: Word = "") -> HTMLResponse:
    """One variant with its papers, to be edited."""
    seen = _seen(request, caller, campaign_id)
    rows = [row for row in seen["variants"] if row["variant_id"] == variant_id]
    if not rows:
        raise missing("such variant")
    queue = request.app.state.console.services.checkpoint.queue
    (unit,) = [one for one in seen["audience"]["units"] if _of(rows[0], one)]
    return page(
        request,
        "variant.html",
        title=f"{rows[0]['strategy']} for {unit['label']}",
        it=rows[0],
        may_release=bool(caller.roles & set(queue.urgency("content", rows[0]["category"]).roles)),
        unit=unit,
        flags=FLAGS,
        said=review.feedback(request.app.state.console.services.board, caller.tenant, variant_id),
        **_as_read(request, caller, rows, customer),
        **_rights(caller),
        **{name: seen[name] for name in ("campaign", "obstacle")},
    )


@router.get("/review/{campaign_id}/{variant_id}/received")
def as_received(request: Request, caller: Reader, campaign_id: Id, variant_id: Id, customer: Word = "") -> Response:
    """The message itself, as one customer would get it, for a frame."""
    if customer and not _may_see_people(caller):
        raise Problem(403, "Texts with the words of a customer are not open to your role; leave the customer out.")
    return message_page(_received(request, caller, variant_id, customer))


@router.post("/review/decisions", status_code=204)
def decide(request: Request, caller: Annotated[Caller, needs("variants.decide")], body: Deciding) -> None:
    """Approve or reject variants."""
    board = request.app.state.console.services.board
    review.decide_variants(
        board, caller.tenant, body.variants, body.decision, by=caller.name, comment=body.comment, seen=body.seen
    )


@router.post("/review/ratings", status_code=204)
def rate(request: Request, caller: Annotated[Caller, needs("variants.rate")], body: Rating) -> None:
    """Rate, flag or comment on variants."""
    board, told = request.app.state.console.services.board, body.model_dump(exclude={"variants"})
    review.rate_variants(board, caller.tenant, body.variants, by=caller.name, **told)


@router.post("/review/texts", status_code=204)
def settle(request: Request, caller: Annotated[Caller, needs("questions.answer")], body: Settling) -> None:
    """Let a doubtful text go, or hold it for good."""
    checkpoint = request.app.state.console.services.checkpoint
    done = safety.release if body.decision == "release" else safety.reject
    done(checkpoint, caller.tenant, body.content_hash, by=caller.name, reason=body.reason)


@router.post("/review/questions/{escalation_id}", status_code=204)
def answer(
    request: Request, caller: Annotated[Caller, needs("questions.answer")], escalation_id: Id, body: Answering
) -> None:
    """Answer what a guardrail asked; the campaign's audience is decided on anew at once."""
    services = request.app.state.console.services
    asked = [row for row in safety.queue(services.checkpoint, caller.tenant) if row["escalation_id"] == escalation_id]
    done = safety.release if body.answer == "yes" else safety.reject
    done(services.checkpoint, caller.tenant, escalation_id, by=caller.name, reason=body.reason)
    if asked and asked[0]["campaign_id"]:
        safety.decide_audience(services.gatehouse, caller.tenant, asked[0]["campaign_id"], by=caller.name)


@router.post("/review/{campaign_id}/{variant_id}/edit")
def edit(
    request: Request, caller: Annotated[Caller, needs("variants.edit")], campaign_id: Id, variant_id: Id, body: Wanted
) -> Json:
    """Keep an edit as a new version, grounded and screened at once; what was changed, word by word."""
    board = request.app.state.console.services.board
    return review.edit(board, caller.tenant, variant_id, body.message, by=caller.name, seen=body.seen)


def message_page(shown: Rendered) -> Response:
    """A message for a frame of ours, which keeps it from doing anything."""
    html = shown.html if shown.channel == "email" else as_page(shown)
    return Response(html, media_type="text/html", headers=SANDBOXED)


def entitled(services: Services, caller: Caller, rows: Sequence[Mapping[str, Any]]) -> list[Json]:
    """Questions, each with the roles that may answer it and whether the caller holds one."""
    found = [(row, services.checkpoint.queue.urgency(row["kind"], row["code"]).roles) for row in rows]
    return [{**row, "roles": roles, "mine": bool(caller.roles & set(roles))} for row, roles in found]


def _of(row: Json, unit: Json) -> bool:
    return bool(row["unit_kind"] == unit["kind"] and row["unit_id"] == unit["unit_id"])


def _seen(request: Request, caller: Caller, campaign_id: str) -> dict[str, Any]:
    """The campaign's variants: what was written and verified, what screening found, and what people said."""
    services = request.app.state.console.services
    campaign = browsing.campaign(services.database, caller.tenant, campaign_id)
    if campaign is None:
        raise missing("such campaign")
    found = review.reviewed(services.board, caller.tenant, campaign_id)
    written = {row["variant_id"]: row for row in drafted(services.studio, caller.tenant, campaign_id)}
    screened = {row["variant_id"]: row for row in safety.screened(services.checkpoint, caller.tenant, campaign_id)}
    return {
        "campaign": campaign,
        "obstacle": found["obstacle"],
        "audience": audience_of(services.studio, caller.tenant, campaign_id),
        "variants": [
            {
                **written[row["variant_id"]],
                **row,
                "findings": (screened.get(row["variant_id"]) or {}).get("findings") or [],
                "released_by": (screened.get(row["variant_id"]) or {}).get("released_by"),
                "category": (screened.get(row["variant_id"]) or {}).get("category") or "",
            }
            for row in found["variants"]
        ],
    }


def _as_read(request: Request, caller: Caller, rows: Sequence[Json], customer: str) -> dict[str, Any]:
    """For whom the variants are shown, each as plain text, and the passages that they cite."""
    studio = request.app.state.console.services.studio
    with_text = [row for row in rows if row["message"]]
    may_see = with_text and _may_see_people(caller)
    people = readers(studio, caller.tenant, with_text[0]["variant_id"]) if may_see else []
    known = [one["customer_id"] for one in people]
    if customer and customer not in known:
        raise Problem(404, "This customer is not among those for whom the texts are shown; choose one of the list.")
    reader = customer or (known[0] if known else "")
    cited = {one for row in rows for sentence in row["sentences"] for one in sentence["passage_ids"]}
    passages = {one.passage_id: one for one in studio.passages(caller.tenant, sorted(cited))} if cited else {}
    texts = {row["variant_id"]: _text(request, caller, row["variant_id"], reader) for row in with_text}
    return {"people": people, "reader": reader, "texts": texts, "passages": passages}


def _text(request: Request, caller: Caller, variant_id: str, reader: str) -> Json:
    try:
        shown = _received(request, caller, variant_id, reader)
    except Refusal as refusal:
        return {"fault": str(refusal)}
    return {"fault": "", "subject": shown.subject, "preheader": shown.preheader, "text": shown.text}


def _received(request: Request, caller: Caller, variant_id: str, customer: str) -> Rendered:
    studio, neutral = request.app.state.console.services.studio, not _may_see_people(caller)
    return received(studio, caller.tenant, variant_id, customer_id=customer or None, neutral=neutral)


def _may_see_people(caller: Caller) -> bool:
    """Whether texts are shown as a customer gets them, and not as somebody does of whom nothing is known."""
    return allowed("messages.read", caller.roles)


def _rights(caller: Caller) -> dict[str, bool]:
    names = {"may_edit": "variants.edit", "may_rate": "variants.rate", "may_decide": "variants.decide"}
    return {name: allowed(permission, caller.roles) for name, permission in names.items()}
