"""What became of messages: entered once, with the reason, and told in the audit ledger by the batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from pipelines.contracts import Json
from pipelines.database import Session
from pipelines.delivery.claiming import Claim, digest_of
from pipelines.delivery.pacing import wait_until
from pipelines.delivery.ports import Receipt
from pipelines.delivery.post import PostRoom
from pipelines.delivery.store import SYSTEM, Store

# What we refuse ourselves, before anybody is asked.
OURS = frozenset({"slot_empty", "does_not_fit", "content_changed"})
STATES = {"accepted": "accepted", "rejected": "rejected", "unknown": "unknown"}


def settle(
    post: PostRoom, session: Session, claim: Claim, provider: str, receipts: Sequence[Receipt], *, by: str
) -> int:
    """Enter what became of some messages of a claim; how many requests in a row have failed now."""
    now, campaign_id = post.clock(), claim.campaign["campaign_id"]
    with session.transaction() as connection:
        store = Store(connection, session.tenant, campaign_id)
        known = {"now": now, "provider": provider, "batch_id": claim.batch_id}
        final = [one for one in receipts if one.outcome != "retry"]
        first = final[0] if final else None
        if first and all(_alike(one, first) for one in final):
            told = {"provider_id": first.provider_id, "code": first.code, "reason": first.reason}
            ids = [one.message_id for one in final]
            store.rows("settle_alike", **known, **told, state=STATES[first.outcome], messages=ids)
        elif final:
            store.rows(
                "settle", **known, messages=[one.message_id for one in final],
                states=[STATES[one.outcome] for one in final], provider_ids=[one.provider_id for one in final],
                codes=[one.code for one in final], reasons=[one.reason for one in final],
            )  # fmt: skip
        if named := sorted({one.provider_id for one in final if one.provider_id}):
            store.rows("keep_requests", provider_ids=named)
        again = [one for one in receipts if one.outcome == "retry"]
        failures = _note(post, store, receipts, claim)
        if again:
            until = wait_until(now, failures, _longest(again))
            told = {"code": again[0].code, "reason": again[0].reason}
            ids = [one.message_id for one in again]
            store.rows("back_to_queue", **known, **told, until=until, messages=ids)
            store.rows("note_wait", **told, channel=claim.campaign["channel"], provider=provider, until=until)
        if claim.campaign["is_outreach"]:
            store.rows("tell_outreach", messages=[one.message_id for one in receipts])
        counts = Counter(str(one.outcome) for one in receipts)
        store.log(
            "delivery.settle", max(counts, key=lambda one: counts[one]),
            ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items())), by=by or SYSTEM,
            about=f"batch {claim.batch_id}", campaign=campaign_id, provider=provider, **counts,
            digest=digest_of([one.message_id for one in receipts]),
        )  # fmt: skip
    return failures


def close(session: Session, claim: Claim) -> None:
    """Note that of every message of a claim it is known what became of it."""
    with session.transaction() as connection:
        Store(connection, session.tenant, claim.campaign["campaign_id"]).rows("close_claim", batch_id=claim.batch_id)


def settle_lost(post: PostRoom, session: Session, campaign_id: str) -> int:
    """Put in doubt what a worker claimed that has not been heard of since; how many."""
    now = post.clock()
    before = now - timedelta(minutes=post.policy.in_doubt_after_minutes)
    with session.transaction() as connection:
        store = Store(connection, session.tenant, campaign_id)
        lost = [row["message_id"] for row in store.rows("in_doubt", before=before, now=now)]
        if lost:
            store.log(
                "delivery.settle", "unknown", f"{len(lost)} were claimed by a worker that is gone", by=SYSTEM,
                about=f"campaign {campaign_id}", unknown=len(lost), digest=digest_of(lost),
            )  # fmt: skip
    return len(lost)


def doubtful(post: PostRoom, tenant: str, campaign_id: str, *, most: int = 100) -> list[Json]:
    """Messages of which nobody knows whether they left, the oldest first."""
    with post.database.transaction(tenant) as connection:
        return Store(connection, tenant, campaign_id).rows("doubtful", most=most)


def _note(post: PostRoom, store: Store, receipts: Sequence[Receipt], claim: Claim) -> int:
    """A request that failed as a whole counts; one that was answered for some of its messages was answered."""
    asked, now = [one for one in receipts if one.code not in OURS], post.clock()
    if any(one.outcome in ("accepted", "rejected") and one.code != "request_refused" for one in asked):
        store.rows("note_success", now=now)
        return 0
    before = store.row("failures")
    failures = int(before["failures"]) if before else 0
    if not asked:
        return failures
    noted = store.row("note_failure", now=now)
    assert noted is not None
    return int(noted["failures"])


def _longest(receipts: Sequence[Receipt]) -> float | None:
    asked = [one.retry_after for one in receipts if one.retry_after is not None]
    return max(asked) if asked else None


def _alike(one: Receipt, other: Receipt) -> bool:
    return (one.outcome, one.provider_id, one.code, one.reason) == (
        other.outcome, other.provider_id, other.code, other.reason,
    )  # fmt: skip
