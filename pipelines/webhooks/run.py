"""Use cases: subscribe, look, replay, and carry out what waits in the outbox."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from pipelines.contracts import Json, Refusal
from pipelines.database import Connection, Queries
from pipelines.webhooks.addresses import checked_url
from pipelines.webhooks.ports import Answered, Courier, Letter, PostOffice
from pipelines.webhooks.signing import SIGNATURE, next_try, signature

__all__ = [
    "EVENTS", "Answered", "Courier", "Letter", "PostOffice", "deliver", "deliver_all", "deliveries", "replay",
    "subscribe", "subscriptions", "unsubscribe",
]  # fmt: skip

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
EVENTS = (
    "campaign.created", "campaign.status_changed", "campaign.messages_generated", "message.status_changed",
    "approval.open", "approval.approved", "approval.rejected", "approval.expired", "approval.void",
)  # fmt: skip
MOST_SUBSCRIPTIONS, AT_ONCE = 50, 50
LEASE = timedelta(minutes=5)
# How long one tenant is told things in a run, while others wait; the rest stays due.
TURN = timedelta(minutes=1)

log = structlog.get_logger(__name__)


def subscribe(office: PostOffice, tenant: str, url: str, events: Sequence[str], *, by: str) -> Json:
    """A new subscription; its secret is told once, here."""
    checked_url(url, to_private_hosts=office.to_private_hosts)
    wanted = list(dict.fromkeys(events))
    if unknown := [name for name in wanted if name != "*" and name not in EVENTS]:
        raise Refusal(f"There is no event {', '.join(unknown)}; there are *, {', '.join(EVENTS)}.")
    now, subscription_id = office.clock(), secrets.token_hex(8)
    secret = f"whsec_{secrets.token_urlsafe(32)}"
    with office.database.transaction(tenant) as connection:
        row = connection.execute(QUERIES["count_subscriptions"]).fetchone()
        if row and row["subscriptions"] >= MOST_SUBSCRIPTIONS:
            raise Refusal(f"There are {MOST_SUBSCRIPTIONS} subscriptions, the most there can be; end one first.")
        told = {"subscription_id": subscription_id, "url": url, "events": wanted, "secret": secret}
        connection.execute(QUERIES["subscribe"], {**told, "by": by, "now": now})
        _log(connection, "webhook.subscribe", "made", f"to {', '.join(wanted)}", by, subscription_id)
    return {**told, "created_at": now}


def subscriptions(office: PostOffice, tenant: str) -> list[Json]:
    """The subscriptions in force without their secrets, and how their deliveries fare."""
    with office.database.transaction(tenant) as connection:
        return connection.execute(QUERIES["subscriptions"], {"most": MOST_SUBSCRIPTIONS}).fetchall()


def unsubscribe(office: PostOffice, tenant: str, subscription_id: str, *, by: str) -> bool:
    """End a subscription and what waits for it; False if there is none in force."""
    told = {"subscription_id": subscription_id, "now": office.clock()}
    with office.database.transaction(tenant) as connection:
        if not connection.execute(QUERIES["unsubscribe"], told).rowcount:
            return False
        connection.execute(QUERIES["drop_pending"], told)
        _log(connection, "webhook.unsubscribe", "ended", "asked for", by, subscription_id)
    return True


def deliveries(
    office: PostOffice, tenant: str, subscription_id: str, *, state: str | None, before: int | None, most: int
) -> list[Json]:
    """What was or is to be delivered to a subscription, the newest first."""
    told = {"subscription_id": subscription_id, "state": state, "before": before, "most": most}
    with office.database.transaction(tenant) as connection:
        return connection.execute(QUERIES["deliveries"], told).fetchall()


def replay(office: PostOffice, tenant: str, delivery_id: str, *, by: str) -> Json | None:
    """Deliver the same event once more, exactly as it was; None if there is no such settled delivery."""
    with office.database.transaction(tenant) as connection:
        told = {"delivery_id": delivery_id, "now": office.clock()}
        row = connection.execute(QUERIES["replay"], told).fetchone()
        if row:
            _log(connection, "webhook.replay", "queued", f"of {delivery_id}", by, row["subscription_id"])
    return row


def deliver_all(office: PostOffice, tenants: Iterable[str]) -> dict[str, int]:
    """Carry out what is due, tenant by tenant; how it went in all."""
    counted = {"delivered": 0, "later": 0, "failed": 0}
    for tenant in tenants:
        for word, count in deliver(office, tenant).items():
            counted[word] += count
    return counted


def deliver(office: PostOffice, tenant: str) -> dict[str, int]:
    """Carry out what is due of one tenant; a letter that is not taken is tried again later, and later still.

    Who gave no answer is asked no more in this run.
    """
    counted = {"delivered": 0, "later": 0, "failed": 0}
    until, silent = office.clock() + TURN, set[str]()
    while office.clock() < until and (due := _claimed(office, tenant, silent)):
        answers = office.courier.carry([_letter(office, row) for row in due])
        now = office.clock()
        with office.database.transaction(tenant) as connection:
            for row, answer in zip(due, answers, strict=True):
                counted[_settle(connection, row, answer, now)] += 1
        silent |= {row["subscription_id"] for row, answer in zip(due, answers, strict=True) if answer.status is None}
    if any(counted.values()):
        log.info("webhooks_delivered", tenant=tenant, **counted)
    return counted


def _claimed(office: PostOffice, tenant: str, silent: Iterable[str]) -> list[Json]:
    now = office.clock()
    told = {"now": now, "leased_until": now + LEASE, "most": AT_ONCE, "silent": list(silent)}
    with office.database.transaction(tenant) as connection:
        rows = connection.execute(QUERIES["claim"], told).fetchall()
    return sorted(rows, key=lambda row: int(row["seq"]))


def _letter(office: PostOffice, row: Json) -> Letter:
    body = row["body"].encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Liftline-Webhooks/1",
        "X-Liftline-Event": row["type"],
        "X-Liftline-Event-Id": row["event_id"],
        "X-Liftline-Delivery": row["delivery_id"],
        SIGNATURE: signature(row["secret"], body, office.clock()),
    }
    return Letter(row["url"], body, headers)


def _settle(connection: Connection, row: Json, answer: Answered, now: Any) -> str:
    again = None if answer.taken else next_try(row["attempts"], now)
    state = "delivered" if answer.taken else "pending" if again else "failed"
    told = {"delivery_id": row["delivery_id"], "state": state, "answered": answer.status, "sentence": answer.sentence}
    connection.execute(QUERIES["settle"], {**told, "next_at": again, "settled_at": None if again else now})
    return "later" if again else state


def _log(connection: Connection, action: str, decision: str, reason: str, by: str, subscription_id: str) -> None:
    told = {"action": action, "decision": decision, "reason": reason, "by": by}
    connection.execute(QUERIES["log"], {**told, "object": f"subscription {subscription_id}"})
