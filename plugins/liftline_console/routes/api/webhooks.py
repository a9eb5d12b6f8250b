"""Webhooks: subscriptions to what happens, their deliveries, and replays."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict, Field

from liftline_console.callers import Caller
from liftline_console.guarding import api_router
from liftline_console.paging import Cursor, Limit, after, paged
from liftline_console.permissions import needs
from liftline_console.problems import missing
from liftline_console.routes.api.shapes import shown
from pipelines.webhooks import run as webhooks

router = api_router("webhooks")
Keeper = Annotated[Caller, needs("webhooks.manage")]
SubscriptionId = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]
DeliveryId = Annotated[str, Path(max_length=40)]

SUBSCRIPTION = {
    "subscription_id": "1f0c9a7be2d44c10", "url": "https://hooks.example.com/liftline", "events": ["*"],
    "created_at": "2026-11-20T12:00:00Z", "secret": "whsec_…",
}  # fmt: skip
LISTED = {
    **{name: value for name, value in SUBSCRIPTION.items() if name != "secret"}, "created_by": "ada", "pending": 0,
    "failed": 0, "last_delivered_at": None,
}  # fmt: skip
DELIVERY = {
    "delivery_id": "6f1c2f0e-4a53-4b0e-9f0a-0d8f1c1b2a3d", "seq": 12, "subscription_id": "1f0c9a7be2d44c10",
    "event_id": "0b4f2c7e-6a1d-4e0b-8c55-2d3e4f5a6b7c", "type": "approval.approved",
    "occurred_at": "2026-11-20T12:00:00Z", "state": "delivered", "attempts": 1, "next_at": "2026-11-20T12:05:00Z",
    "answered": 200, "sentence": "Taken (200).", "settled_at": "2026-11-20T12:00:02Z", "replay_of": None,
}  # fmt: skip
REPLAYED = {
    name: DELIVERY[name] for name in ("delivery_id", "subscription_id", "event_id", "state", "next_at", "replay_of")
}


class NewSubscription(BaseModel):
    """Where to tell of what."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"url": "https://hooks.example.com/liftline", "events": ["approval.approved"]}]
        },
    )

    url: Annotated[str, Field(min_length=1, max_length=2000, description="https, to a public host.")]
    events: Annotated[
        list[Annotated[str, Field(max_length=60)]],
        Field(min_length=1, max_length=30, description=f"`*` for all of: {', '.join(webhooks.EVENTS)}."),
    ] = ["*"]


@router.post("/webhook-subscriptions", status_code=201, responses=shown(SUBSCRIPTION, 201))
def subscribe(request: Request, caller: Keeper, body: NewSubscription) -> dict[str, Any]:
    """Subscribe; this answer is the only one that holds the secret.

    Each request carries `X-Liftline-Signature: t=<seconds>,v1=<hex>`, HMAC-SHA256 by the secret over
    `<seconds>.<body>`. An event may come twice, with the same `X-Liftline-Event-Id`.
    Answer with any 2xx within 10 seconds.
    """
    request.state.told_once = True
    return webhooks.subscribe(_office(request), caller.tenant, body.url, body.events, by=caller.name)


@router.get("/webhook-subscriptions", responses=shown({"items": [LISTED]}))
def list_subscriptions(request: Request, caller: Keeper) -> dict[str, Any]:
    """The subscriptions in force, without their secrets."""
    return {"items": webhooks.subscriptions(_office(request), caller.tenant)}


@router.delete("/webhook-subscriptions/{subscription_id}", status_code=204, responses=shown(None, 204, also=[404]))
def unsubscribe(request: Request, caller: Keeper, subscription_id: SubscriptionId) -> None:
    """End a subscription; what still waits for it is not delivered."""
    if not webhooks.unsubscribe(_office(request), caller.tenant, subscription_id, by=caller.name):
        raise missing(f"subscription {subscription_id} in force")


@router.get(
    "/webhook-subscriptions/{subscription_id}/deliveries", responses=shown({"items": [DELIVERY], "next_cursor": None})
)
def list_deliveries(
    request: Request,
    caller: Keeper,
    subscription_id: SubscriptionId,
    state: Literal["pending", "delivered", "failed"] | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """What was or is to be delivered, the newest first."""
    place = after(cursor, int)
    rows = webhooks.deliveries(
        _office(request), caller.tenant, subscription_id, state=state, before=place[0] if place else None,
        most=limit + 1,
    )  # fmt: skip
    return paged(rows, limit, lambda row: [row["seq"]])


@router.post("/webhook-deliveries/{delivery_id}/replay", status_code=202, responses=shown(REPLAYED, 202, also=[404]))
def replay(request: Request, caller: Keeper, delivery_id: DeliveryId) -> dict[str, Any]:
    """Deliver the same event once more, as it was; with the next round of deliveries."""
    found = webhooks.replay(_office(request), caller.tenant, delivery_id, by=caller.name)
    if found is None:
        raise missing(f"settled delivery {delivery_id} of a subscription in force")
    return found


def _office(request: Request) -> webhooks.PostOffice:
    office: webhooks.PostOffice = request.app.state.console.services.post_office
    return office
