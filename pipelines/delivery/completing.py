"""End what is over: a campaign of which nothing is left to send, to settle or to learn is completed."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.contracts import Json
from pipelines.delivery.post import PostRoom
from pipelines.delivery.store import SYSTEM, Store

OVER = "Everybody was sent to or skipped, nothing is in doubt, and its experiment is over."


def complete_what_is_over(post: PostRoom, tenants: Iterable[str]) -> Json:
    """The campaigns of each tenant that are completed from now on; again, none."""
    told: Json = {}
    for tenant in tenants:
        with post.database.transaction(tenant) as connection:
            perhaps = [row["campaign_id"] for row in Store(connection, tenant, "").rows("perhaps_over")]
        if ended := [campaign_id for campaign_id in perhaps if _complete(post, tenant, campaign_id)]:
            told[tenant] = ended
    return told


def _complete(post: PostRoom, tenant: str, campaign_id: str) -> bool:
    with post.database.transaction(tenant) as connection:
        store = Store(connection, tenant, campaign_id)
        # Whoever queues or claims has the campaign locked: what they enter is seen from here on.
        locked = store.row("lock_campaign")
        if not locked or locked["status"] != "active" or not store.is_over():
            return False
        store.rows("set_status", status="completed")
        store.log("campaign.complete", "completed", OVER, by=SYSTEM, about=campaign_id)
    return True
