"""Customers: find them, and see everything that is known and was decided of one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from liftline_console.callers import Caller
from liftline_console.guarding import page_router
from liftline_console.paging import Cursor, after, next_page, paged
from liftline_console.permissions import allowed, needs
from liftline_console.problems import missing
from liftline_console.rendering import page
from liftline_console.routes.api.shapes import recorded
from pipelines.audit import run as audit
from pipelines.customers import browsing
from pipelines.customers.recording import record
from pipelines.delivery.wishes import run as wishes
from pipelines.safety.guardrails.run import verdicts_about

router = page_router()
Reader = Annotated[Caller, needs("customers.read")]
CustomerId = Annotated[str, Path(max_length=200)]

SHOWN, LEDGER = 50, 20


class Erasure(BaseModel):
    """How a person asked to be erased."""

    source: Annotated[str, Field(min_length=1, max_length=200)]


class Lift(BaseModel):
    """That a person wants messages by one way again: when and how they said so, and why their stop should end."""

    channel: Annotated[str, Field(max_length=50)]
    said: datetime
    evidence: Annotated[str, Field(min_length=1, max_length=500)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class LiftAnswer(BaseModel):
    """Yes or no to a lift."""

    decision: Literal["approve", "reject"]
    comment: Annotated[str, Field(max_length=500)] = ""


@router.get("/customers")
def customers(
    request: Request, caller: Reader, q: Annotated[str, Query(max_length=200)] = "", cursor: Cursor = None
) -> HTMLResponse:
    """All customers, or those found."""
    place = after(cursor, str)
    database = request.app.state.console.services.database
    begin = place[0] if place else None
    rows = browsing.customers(database, caller.tenant, text=q, after=begin, most=SHOWN + 1)
    listed = paged(rows, SHOWN, lambda row: [row["customer_id"]])
    return page(
        request,
        "customers.html",
        title="Customers",
        rows=listed["items"],
        q=q,
        may_upload=allowed("uploads.write", caller.roles),
        **next_page(request, listed),
    )


@router.get("/customers/{customer_id}")
def customer(request: Request, caller: Reader, customer_id: CustomerId) -> HTMLResponse:
    """One customer."""
    services = request.app.state.console.services
    found = browsing.dossier(services.database, caller.tenant, customer_id, now=services.clock())
    if found is None:
        raise missing("such customer")
    who, others = found.customer["customer_id"], tuple(found.customer["aliases"] or ())
    about = audit.Filters(subject=who, aliases=others)
    return page(
        request,
        "customer.html",
        title=customer_id,
        it=found,
        decisions=audit.entries(services.archive, caller.tenant, about, most=LEDGER),
        verdicts=verdicts_about(services.gatehouse, caller.tenant, [who, *others]),
        may_audit=allowed("audit.read", caller.roles),
        may_see_messages=allowed("messages.read", caller.roles),
        may_see_consents=allowed("consents.read", caller.roles),
        lifts=wishes.lifts(services.database, caller.tenant, customer=who),
        liftable=_liftable(found.suppressions, services.wishes.rules_of(caller.tenant).reach),
        may_ask_lift=allowed("lifts.ask", caller.roles),
        may_erase=allowed("erasures.write", caller.roles),
        files_kept_days=services.settings.liftline_files_kept_days,
    )


@router.post("/customers/{customer_id}/erasure", status_code=204)
def erase(
    request: Request, caller: Annotated[Caller, needs("erasures.write")], customer_id: CustomerId, body: Erasure
) -> None:
    """Erase the person, as they asked."""
    entry = {"customer_id": customer_id, "reason": "erasure", "source": body.source}
    desk = request.app.state.console.services.desk
    recorded(record(desk, caller.tenant, "suppressions", [entry], by=caller.name, subject=customer_id))


@router.post("/customers/{customer_id}/lifts", status_code=204)
def ask_to_lift(
    request: Request, caller: Annotated[Caller, needs("lifts.ask")], customer_id: CustomerId, body: Lift
) -> None:
    """Ask that a stop be lifted, as the person wishes."""
    said_at = body.said if body.said.tzinfo else body.said.replace(tzinfo=UTC)
    told: dict[str, Any] = {"said_at": said_at, "evidence": body.evidence, "reason": body.reason, "by": caller.name}
    wishes.ask_to_lift(request.app.state.console.services.wishes, caller.tenant, customer_id, body.channel, **told)


@router.post("/lifts/{lift_id}/answer", status_code=204)
def answer_lift(
    request: Request, caller: Annotated[Caller, needs("lifts.answer")], lift_id: CustomerId, body: LiftAnswer
) -> None:
    """Say yes or no to a lift that another officer asked for."""
    book = request.app.state.console.services.wishes
    wishes.answer_lift(book, caller.tenant, lift_id, body.decision, by=caller.name, comment=body.comment)


def _liftable(suppressions: list[dict[str, Any]], reach: Iterable[str]) -> list[str]:
    """Ways on which an unsubscribing of the person still holds; one of all ways holds on each."""
    stops = [one for one in suppressions if one["reason"] == "unsubscribe"]
    names = {name for one in stops for name in (reach if one["channel"] == "all" else (one["channel"],))}
    held = {name for name in names for one in stops
            if one["channel"] in (name, "all") and name not in one["lifted_for"]}  # fmt: skip
    return sorted(held)
