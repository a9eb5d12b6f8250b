"""What people did, passed on: histories, suppressions, the ledger of messages, outreach and variants' outcomes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import structlog

from pipelines.contracts import Json, Refusals
from pipelines.database import Queries
from pipelines.engagement import store
from pipelines.engagement.ports import Listener
from pipelines.engagement.store import QUERIES

FEEDING = Queries(Path(__file__).with_name("feeding.sql"))
# In this order: outcomes count messages by the states that the events settled.
FEEDS = ("feed_events", "take_back_events", "feed_sends", "feed_outreach", "feed_outcomes")
STOPS = ["bounced", "complained", "unsubscribed"]

log = structlog.get_logger(__name__)


def feed_all(listener: Listener, tenants: Iterable[str]) -> Json:
    """Pass on what is labelled, tenant by tenant; one that refuses holds up no other."""
    refusals, told = Refusals(), {}
    for tenant in tenants:
        with refusals.of(tenant):
            told[tenant] = feed(listener, tenant)
    refusals.tell()
    return told


def feed(listener: Listener, tenant: str) -> Json:
    """Pass what people did on to histories, suppressions, the ledger of messages, outreach and variants' outcomes."""
    now = listener.clock()
    with listener.database.transaction(tenant) as connection:
        connection.execute(QUERIES["one_reader"])
        # Whoever did it, and so without a label: nobody's opt-out waits for rules that cannot be read.
        since, _ = store.progress(connection, "feeds")
        known = {"seq": store.newest(connection), "since": since, "at": "infinity", "events": STOPS}
        connection.execute(FEEDING["fed"], known)
        stopped = connection.execute(FEEDING["feed_suppressions"]).rowcount
    with listener.database.transaction(tenant) as connection:
        connection.execute(QUERIES["one_reader"])
        seq, _ = store.progress(connection, "labels")
        since, at = store.progress(connection, "feeds")
        connection.execute(QUERIES["set_based"], {"nested": "on" if since else "off"})
        connection.execute(FEEDING["fed"], {"seq": seq, "since": since, "at": at, "events": None})
        connection.execute(FEEDING["fed_known"])
        given = {"now": now, "at": at, "answers_within": listener.read_answers_within()}
        told = {name: connection.execute(FEEDING[name], given).rowcount for name in FEEDS}
        told["feed_suppressions"] = stopped
        store.advance(connection, "feeds", seq, now)
    log.info("engagement_fed", tenant=tenant, **told)
    return {name.removeprefix("feed_"): count for name, count in told.items()}
