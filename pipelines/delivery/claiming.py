"""The transaction that claims: everything is asked once more, and what it commits is what will be sent.

Claimed is committed before any request is made. Whoever dies afterwards leaves rows that say so, and nobody claims
them again.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from pipelines.contracts import ended_offer
from pipelines.database import Session
from pipelines.delivery.citing import hold
from pipelines.delivery.pacing import room_of_sender, within_domains
from pipelines.delivery.post import Leave, PostRoom
from pipelines.delivery.store import SYSTEM, Row, Store

STOPS = {
    "not_approved": "The campaign is not approved as it stands now.",
    "campaign_stopped": "The campaign is {status}.",
    "no_room": "The hourly limit, a budget or the reputation of the sender leaves no room now.",
    "warming_up": "The sender is new and has sent today what it may.",
    "nothing_due": "Nothing is due now.",
}


@dataclass(frozen=True, slots=True)
class Stop:
    """Why nothing was claimed; `until` where that ends by itself."""

    code: str
    sentence: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What one worker has taken on itself, on one channel; no `messages` where all were skipped or put off."""

    batch_id: str
    campaign: Row
    messages: list[str]


def claim(post: PostRoom, session: Session, campaign_id: str, *, by: str) -> Claim | Stop:
    """Claim what is due and allowed, in one transaction."""
    tenant = session.tenant
    with session.transaction() as connection:
        store = Store(connection, tenant, campaign_id)
        store.rows("one_at_a_time")
        papers = store.row("papers")
        if stop := _stopped(papers):
            return stop
        assert papers is not None
        stops: list[Stop] = []
        for channel in store.channels():
            found = _claim_on(post, store, papers, channel, by=by)
            if isinstance(found, Claim):
                return found
            stops.append(found)
            # Whoever found no room may have paused the campaign, and who waits on another channel goes on with it.
            if store.campaign()["status"] not in ("draft", "active"):
                break
    return next((stop for stop in stops if stop.code != "nothing_due"), stops[0])


def _claim_on(post: PostRoom, store: Store, papers: Row, channel: str, *, by: str) -> Claim | Stop:
    """The same for one of the channels that a campaign goes over; most go over one."""
    connection, tenant, now = store.connection, store.tenant, post.clock()
    campaign = {**store.campaign(), "channel": channel}
    campaign_id = campaign["campaign_id"]
    wait = store.row("provider_wait", channel=channel, provider=post.channels(channel, tenant).name, now=now)
    if wait:
        waits = store.row("waits_for_provider", channel=channel, until=wait["wait_until"])
        return Stop(wait["code"], wait["reason"], wait["wait_until"]) if waits else _stop("nothing_due")
    room = post.gate.room(connection, tenant, campaign_id, channel=channel, by=by)
    if room <= 0:
        return _stop("no_room")
    left = _left_today(post, store, now) if channel == "email" else None
    if left == 0:
        return _stop("warming_up")
    room = room if left is None else min(room, left)
    due = _due(post, store, papers, campaign, min(room, post.policy.claim_at_once), now)
    if not due:
        return _stop("nothing_due")
    held = hold(store, due, now, now + timedelta(minutes=post.policy.spoilt_looks_again_minutes))
    due = [row for row in due if (row["variant_id"], row["version"]) not in held]
    answers = _answers(post, store, due, campaign)
    batch_id = secrets.token_hex(8)
    going = _enter(post, store, campaign, answers, batch_id, now)
    _log(store, batch_id, campaign_id, going, answers, papers, by, [row["code"] for row in held.values()])
    return Claim(batch_id, campaign, going)


def _left_today(post: PostRoom, store: Store, now: datetime) -> int | None:
    """What the sender, if it is new, may still send today for all tenants that write from its domain."""
    sender = post.policy.sender(store.tenant)
    if room_of_sender(post.policy, sender, now, 0) is None:
        return None
    store.rows("one_sender", domain=sender.domain)
    whose, others = post.policy.sharing(store.tenant)
    today = store.row("claimed_today", whose=whose, others=others, channel="email", now=now)
    return room_of_sender(post.policy, sender, now, today["messages"] if today else 0)


def _stopped(papers: Row | None) -> Stop | None:
    if papers is None or papers["status"] not in ("draft", "active"):
        return _stop("campaign_stopped", status=papers["status"] if papers else "gone")
    if not papers["approved"]:
        return _stop("not_approved")
    return None


def _stop(code: str, **told: str) -> Stop:
    return Stop(code, STOPS[code].format(**told))


def _due(post: PostRoom, store: Store, papers: Row, campaign: Row, most: int, now: datetime) -> list[Row]:
    limits = post.policy.domains_an_hour if campaign["channel"] == "email" else {}
    claimed: dict[str, int] = {}
    if limits:
        found = store.rows("full_domains", domains=list(limits), now=now)
        claimed = {row["domain"]: row["claimed"] for row in found}
    full = [domain for domain, limit in limits.items() if claimed.get(domain, 0) >= limit]
    store.rows("in_order_of_index", sorted="off")
    due = store.rows(
        "due", approved_hash=papers["approved_hash"], channel=campaign["channel"], now=now, closed=full,
        cohort=store.cohort(), most=most,
    )  # fmt: skip
    store.rows("in_order_of_index", sorted="on")
    # Caps are counted over what was claimed before: of two steps that are due for a person one goes, the earlier.
    first = {row["customer_id"]: row for row in sorted(due, key=lambda row: -row["step"])}
    one_each = [row for row in due if row is first[row["customer_id"]]]
    if not limits:
        return one_each
    domains = {row["customer_id"]: row["domain"] for row in store.rows("domains_of", customers=list(first))}
    return within_domains([{**row, "domain": domains.get(row["customer_id"])} for row in one_each], limits, claimed)


def _answers(post: PostRoom, store: Store, due: Sequence[Mapping[str, Any]], campaign: Row) -> dict[str, Leave]:
    """Of each message whether it may go; a later step also asks who has left since it was queued."""
    # For good, and not until something is mended: a brief with a later day is another campaign.
    if over := ended_offer(campaign["brief"], post.policy.send_time.day_of(post.clock())):
        return {row["message_id"]: Leave("excluded", "offer_ended", over) for row in due}
    customers = [row["customer_id"] for row in due]
    leave = post.gate.leave(
        store.connection, store.tenant, campaign["campaign_id"], customers, channel=campaign["channel"]
    )
    later = [row["customer_id"] for row in due if row["step"] > 1]
    gone = {
        customer: Leave("excluded", "left_journey", f"The journey ended for this person: {code}.")
        for customer, code in (store.left_among(later, post.gate.stops(store.tenant)) if later else {}).items()
    }
    # One message a person is due, so that who has left is refused the later step alone.
    told = {**leave, **gone}
    return {row["message_id"]: told[row["customer_id"]] for row in due}


def _enter(
    post: PostRoom,
    store: Store,
    campaign: Row,
    answers: Mapping[str, Leave],
    batch_id: str,
    now: datetime,
) -> list[str]:
    by_verdict: dict[str, list[str]] = {"included": [], "later": [], "skipped": []}
    for message_id, answer in answers.items():
        by_verdict[answer.verdict if answer.verdict in by_verdict else "skipped"].append(message_id)
    going, later, skipped = by_verdict["included"], by_verdict["later"], by_verdict["skipped"]
    if skipped:
        store.rows("skip", now=now, **_told(skipped, answers))
        if campaign["is_outreach"]:
            store.rows("tell_outreach", messages=skipped)
    if later:
        again = now + timedelta(minutes=post.policy.night_looks_again_minutes)
        store.rows("put_off", until=again, **_told(later, answers))
    if going:
        store.rows("one_hour")
        # Claimed from here on: who counts the hour next counts everything that is claimed before this moment.
        now = post.clock()
        going = going[: post.gate.room_this_hour(store.connection, store.tenant)]
    if going:
        cost = post.policy.cost_usd.get(campaign["channel"], 0)
        store.rows("claim", messages=going, now=now, worker=post.worker, batch_id=batch_id, cost=cost)
        store.rows("open_claim", batch_id=batch_id, now=now)
    return going


def people_of(post: PostRoom, session: Session, claimed: Claim) -> pl.DataFrame:
    """Those of a claim with their addresses, read while others may claim."""
    with session.transaction() as connection:
        store = Store(connection, session.tenant, claimed.campaign["campaign_id"])
        people = store.people(claimed.messages, claimed.batch_id)
        if gone := sorted(set(claimed.messages) - set(people["message_id"])):
            # Whoever was erased since they were claimed is refused by the next claim.
            known = {"batch_id": claimed.batch_id, "now": post.clock(), "until": None, "code": None, "reason": None}
            store.rows("back_to_queue", messages=gone, **known)
    return people


def _told(messages: list[str], answers: Mapping[str, Leave]) -> dict[str, list[str]]:
    said = [answers[message_id] for message_id in messages]
    return {"messages": messages, "codes": [one.code for one in said], "reasons": [one.sentence for one in said]}


def _log(
    store: Store,
    batch_id: str,
    campaign_id: str,
    going: Sequence[str],
    answers: Mapping[str, Leave],
    papers: Row,
    by: str,
    held: Sequence[str],
) -> None:
    codes = Counter(one.code for one in answers.values() if one.verdict != "included")
    digest = digest_of(going) if going else ""
    store.log(
        "delivery.claim", "claimed", f"{len(going)} claimed, {sum(codes.values())} not", by=by or SYSTEM,
        about=f"batch {batch_id}", campaign=campaign_id, approved_hash=papers["approved_hash"], claimed=len(going),
        not_claimed=dict(codes), held_texts=dict(Counter(held)), digest=digest,
    )  # fmt: skip


def digest_of(messages: Sequence[str]) -> str:
    """The SHA-256 over ids of messages in their order: what a batch was can be proved without naming anybody."""
    return hashlib.sha256("\n".join(sorted(messages)).encode()).hexdigest()
