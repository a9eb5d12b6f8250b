"""Use cases of delivery: send a campaign, look at where it stands, steer it, and settle what is in doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from pipelines.contracts import Json, Refusal, Refusals
from pipelines.delivery.completing import complete_what_is_over
from pipelines.delivery.post import PostRoom
from pipelines.delivery.queueing import queue
from pipelines.delivery.resolving import resolve
from pipelines.delivery.sending import send_what_is_due
from pipelines.delivery.settling import doubtful
from pipelines.delivery.steering import Turn, steer
from pipelines.delivery.store import SYSTEM, Store
from pipelines.delivery.summary import Delivery, delivery_of
from pipelines.delivery.suppressing import Synced, sync_suppressions
from pipelines.delivery.widening import Widened, widen

__all__ = [
    "Delivery", "PostRoom", "Synced", "Turn", "Widened", "complete_what_is_over", "doubtful", "pace", "queue_campaign",
    "queue_next_steps", "resolve", "send_campaign", "send_due", "send_queued", "standing", "steer",
    "sync_suppressions", "under_way", "widen",
]  # fmt: skip

log = structlog.get_logger(__name__)


def send_campaign(
    post: PostRoom, tenant: str, campaign_id: str, *, by: str, progress: Callable[[int], None] | None = None
) -> Delivery:
    """Send what an approved campaign may send now; again, it sends nothing twice and forgets nobody."""
    queue_campaign(post, tenant, campaign_id, by=by)
    return send_queued(post, tenant, campaign_id, by=by, progress=progress)


def queue_campaign(post: PostRoom, tenant: str, campaign_id: str, *, by: str) -> int:
    """Enter into the ledger everybody whom an approved campaign is to reach; how many are new."""
    with post.database.transaction(tenant) as connection:
        campaign = Store(connection, tenant, campaign_id).campaign()
    if campaign["status"] == "completed":
        return 0
    if campaign["status"] == "paused":
        raise Refusal(f"Campaign {campaign_id} is paused; resume it with `liftline delivery resume` first.")
    if campaign["channel"] == "custom":
        raise Refusal(
            f"Campaign {campaign_id} goes over a channel of your own; send it there, and report what becomes of each "
            "message over the API."
        )
    return queue(post, tenant, campaign_id, by=by)


def send_queued(
    post: PostRoom, tenant: str, campaign_id: str, *, by: str, progress: Callable[[int], None] | None = None
) -> Delivery:
    """Send what is in the ledger and due; any number of senders may do so at once."""
    stop = send_what_is_due(post, tenant, campaign_id, by=by, progress=progress)
    return replace(standing(post, tenant, campaign_id), stopped=stop.code, sentence=stop.sentence)


def queue_next_steps(post: PostRoom, tenants: Iterable[str]) -> Json:
    """Queue whoever's next step has come; a campaign that may not go on says why and holds up no other."""
    refused: Json = {}
    for tenant in tenants:
        with post.database.transaction(tenant) as connection:
            on_a_journey = [row["campaign_id"] for row in Store(connection, tenant, "").rows("on_a_journey")]
        for campaign_id in on_a_journey:
            try:
                queue(post, tenant, campaign_id)
            except Refusal as refusal:
                log.warning("next_step_not_queued", campaign=campaign_id, why=str(refusal))
                refused[campaign_id] = str(refusal)
    return refused


def send_due(post: PostRoom, tenants: Iterable[str]) -> Json:
    """Send what is in the ledger and due, of every campaign; one that is refused holds up no other, and is named last.

    Any number of senders may do so at once.
    """
    told: Json = {}
    refusals = Refusals()
    for tenant in tenants:
        with post.database.transaction(tenant) as connection:
            going = [row["campaign_id"] for row in Store(connection, tenant, "").rows("going", now=post.clock())]
        for campaign_id in going:
            with refusals.of(f"{tenant}, campaign {campaign_id}"):
                told[campaign_id] = send_what_is_due(post, tenant, campaign_id, by=SYSTEM).sentence
    refusals.tell()
    return told


def standing(post: PostRoom, tenant: str, campaign_id: str) -> Delivery:
    """Where the sending of a campaign stands."""
    overdue = post.clock() - timedelta(hours=post.policy.overdue_after_hours)
    with post.database.transaction(tenant) as connection:
        store = Store(connection, tenant, campaign_id)
        campaign = store.campaign()
        run = store.row("run_of_audience")
        ramp = store.row("ramp")
        known = {"run": run["run"] if run else None, "cohort": ramp["cohort"] if ramp else None}
        left_out = store.rows("audience", **known) if known["run"] else []
        return delivery_of(campaign, tenant, store.rows("states", overdue=overdue), left_out, ramp)


def under_way(post: PostRoom, tenant: str, *, before: tuple[datetime, str] | None = None, most: int = 25) -> list[Json]:
    """Campaigns with messages in the ledger, the newest first."""
    moment, campaign_id = before or (None, None)
    with post.database.transaction(tenant) as connection:
        return Store(connection, tenant, "").rows("under_way", before=moment, before_id=campaign_id, most=most)


def pace(post: PostRoom, tenant: str, campaign_id: str, *, minutes: int = 60) -> list[Json]:
    """How many messages were claimed in each of the last minutes."""
    since = post.clock() - timedelta(minutes=minutes)
    with post.database.transaction(tenant) as connection:
        return Store(connection, tenant, campaign_id).rows("pace", since=since)
