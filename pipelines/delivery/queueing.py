"""Enter into the ledger everybody who is to get a message; again, it changes nothing."""

from __future__ import annotations

import secrets
from datetime import datetime

from pipelines.contracts import ENDED, Refusal
from pipelines.delivery.citing import release
from pipelines.delivery.post import PostRoom
from pipelines.delivery.store import SYSTEM, Store

# From so many on, claims are planned for whole tables, of which the planner has to know how large they are.
MANY = 1000


def queue(post: PostRoom, tenant: str, campaign_id: str, *, by: str = SYSTEM) -> int:
    """Enter the messages of an approved campaign; how many are new, or point to a text that was approved since."""
    with post.database.transaction(tenant) as connection:
        store = Store(connection, tenant, campaign_id)
        store.campaign()
        store.row("lock_campaign")
        entered = enter(post, store, campaign_id, by=by, now=post.clock())
    if entered > MANY:
        with post.database.transaction(tenant) as connection:
            Store(connection, tenant, campaign_id).row("gather_statistics")
    return entered


def enter(post: PostRoom, store: Store, campaign_id: str, *, by: str, now: datetime) -> int:
    """The same within the transaction of a caller who has locked the campaign."""
    campaign, papers = store.campaign(), store.row("papers")
    assert papers is not None
    if papers["status"] in ENDED:
        raise Refusal(f"Campaign {campaign_id} is {papers['status']}; nothing more of it is sent.")
    if not papers["approved"]:
        raise Refusal(f"Campaign {campaign_id} is not approved as it stands now; ask for approval and send again.")
    approved = {"approved_hash": papers["approved_hash"]}
    run = store.row("approved_run")
    assert run is not None
    known = {**approved, "run": run["run"], "now": now, "moment": int(now.timestamp() * 1000)}
    cohort, waited = store.cohort(), store.row("any_waiting")
    entered = store.queue(campaign, post.policy.send_time, **known, cohort=cohort, secret=secrets.token_hex(16))
    if store.has_journey():
        entered += store.queue_next(campaign, post.policy.send_time, **known, secret=secrets.token_hex(16))
    release(store, now)
    stale = {**approved, "run": run["run"], "cohort": cohort, "now": now}
    # What was entered by this approval is in order.
    dropped = store.change("drop_stale", **stale) if waited and waited["yes"] else 0
    store.change("begin")
    if entered or dropped:
        store.log(
            "delivery.queue", "queued", f"{entered} messages entered, {dropped} approved no more",
            by=by, about=f"campaign {campaign_id}", entered=entered, dropped=dropped, **approved,
        )  # fmt: skip
    return entered
