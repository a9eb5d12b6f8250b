"""Use cases: hear events, judge who made them, pass on what people did; and classify a file without any database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import structlog

from pipelines.contracts import Json, Refusal, Refusals, no_such_tenant
from pipelines.engagement import store
from pipelines.engagement.feeding import feed, feed_all
from pipelines.engagement.inbox import emptied
from pipelines.engagement.judging import classified, prepared, verdicts
from pipelines.engagement.policy import read_bot_rules
from pipelines.engagement.ports import Listener
from pipelines.engagement.reading import FRAME, Heard, as_columns, read_file, read_post, read_reports
from pipelines.engagement.receipts import message_of, receipt_of, with_receipt
from pipelines.engagement.signature import Forged, verify
from pipelines.engagement.statuses import Answer, reply_of
from pipelines.engagement.store import QUERIES, staged
from pipelines.overlap import ahead

__all__ = [
    "Forged", "Listener", "bought", "classify_file", "feed", "feed_all", "followed", "hear_post", "hear_replies",
    "hear_statuses", "ingest", "ingest_file", "label", "label_all", "ready", "report", "report_file", "take",
    "verify_post",
]  # fmt: skip

SENDGRID = "sendgrid"
KEYS = (
    ("message_id", "tenants_of_messages"), ("provider_id", "tenants_of_provider_ids"),
    ("address", "tenants_of_addresses"),
)  # fmt: skip

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ingested:
    """How the events of one post or file ended; the counts add up to `events`."""

    events: int
    stored: int
    duplicates: int
    refused: int
    # Of those stored or known before: how many name no message and no customer of ours.
    unmatched: int
    reasons: tuple[tuple[int, str], ...] = ()

    def to_json(self) -> Json:
        """For machines."""
        told = {name: getattr(self, name) for name in ("events", "stored", "duplicates", "refused", "unmatched")}
        return {**told, "reasons": [{"line": line, "reason": reason} for line, reason in self.reasons]}


def verify_post(listener: Listener, body: bytes, signature: str | None, timestamp: str | None) -> None:
    """Nothing if the provider signed the post; else a refusal, before anything of it is read."""
    if not listener.public_key:
        raise Refusal(
            "No post is taken until SENDGRID_WEBHOOK_PUBLIC_KEY is set; copy it from SendGrid's event webhook settings."
        )
    verify(listener.public_key, body, signature, timestamp, listener.clock())


def hear_post(listener: Listener, body: bytes) -> Ingested:
    """Store the events of a verified post, each under the tenant whose message it names."""
    return _hear(listener, read_post(body), SENDGRID)


def hear_statuses(listener: Listener, provider: str, entries: Sequence[Json]) -> Ingested:
    """The same for what a carrier of texts or of WhatsApp told in a post that is verified."""
    return _hear(listener, as_columns([json.dumps(entry, sort_keys=True) for entry in entries]), provider)


def hear_replies(listener: Listener, provider: str, channel: str, answers: Iterable[Answer]) -> int:
    """Keep answers as events of the last message that went to their number, whichever tenant's; how many had one."""
    replies = []
    with listener.database.lent() as connection:
        for answer in answers:
            told = {"phone": answer.phone, "channel": channel, "moment": answer.moment}
            row = connection.execute(QUERIES["last_message_to"], told).fetchone() if answer.text_id else None
            if row:
                replies.append(reply_of(provider, answer, row["message_id"]))
    if replies:
        hear_statuses(listener, provider, replies)
    return len(replies)


def _hear(listener: Listener, heard: Heard, provider: str) -> Ingested:
    events = heard.events.unique("event_id", keep="first", maintain_order=True)
    claimed, unclaimed = _by_tenant(listener, events)
    stored = unmatched = 0
    for tenant, part in claimed:
        new, lone = _keep(listener, tenant, part, provider)
        stored, unmatched = stored + new, unmatched + lone
    _set_aside(listener, unclaimed, heard)
    return Ingested(
        events=len(heard.events) + len(heard.refused), stored=stored,
        duplicates=len(heard.events) - stored - len(unclaimed), refused=len(heard.refused) + len(unclaimed),
        unmatched=unmatched, reasons=heard.refused,
    )  # fmt: skip


def ingest_file(listener: Listener, tenant: str, path: Path) -> Ingested:
    """Store the events of a file for the tenant whose it is, also those that name no message known here."""
    return ingest(listener, tenant, read_file(path))


def ingest(listener: Listener, tenant: str, parts: Iterator[Heard], *, provider: str = SENDGRID) -> Ingested:
    """The same for events that come in parts; the next part is read while one is stored."""
    with listener.database.transaction(tenant) as connection:
        if not connection.execute(QUERIES["tenant_exists"]).fetchone():
            raise no_such_tenant(tenant)
        events = stored = unmatched = 0
        refused: list[tuple[int, str]] = []
        for heard, stage in ahead((heard, staged(ready(listener, heard))) for heard in parts):
            new, lone = store.keep(connection, tenant, stage, provider=provider, channel="email", now=listener.clock())
            events, stored, unmatched = events + len(heard.events), stored + new, unmatched + lone
            refused += heard.refused
    return Ingested(
        events=events + len(refused), stored=stored, duplicates=events - stored, refused=len(refused),
        unmatched=unmatched, reasons=tuple(refused[:100]),
    )  # fmt: skip


def take(listener: Listener, tenants: Iterable[str], tenant: str | None = None, file: str | None = None) -> Json:
    """Store the file that is named, and every file that waits in an inbox."""
    return emptied(
        listener.inbox, tenants, lambda whose, path: ingest_file(listener, whose, path).to_json(), (tenant, file),
        listener.clock(),
    )  # fmt: skip


def report(listener: Listener, tenant: str, entries: Sequence[Json], *, by: str) -> Ingested:
    """Conversions and replies that our own API tells of; the same entry twice is one event."""
    lines = [json.dumps(_as_event(entry), sort_keys=True) for entry in entries]
    return _reported(listener, tenant, as_columns(lines), provider="api", by=by)


def report_file(listener: Listener, tenant: str, path: Path, *, by: str) -> Ingested:
    """The same from a CSV; a line is a conversion where it names no kind."""
    lines = read_reports(path)
    return _reported(listener, tenant, as_columns(lines, first=2), provider="api", by=by)


def followed(listener: Listener, message_id: str, link_id: str, *, method: str, ip: str, agent: str) -> str | None:
    """Note that a tracked link was followed; where it leads, or None if there is no such link in that message.

    The page learns by a receipt which message led there, and may tell of an order by it.
    """
    tenant = _tenant_of(listener, message_id)
    if tenant is None:
        return None
    with listener.database.transaction(tenant) as connection:
        asked = {"message_id": message_id, "link_id": link_id}
        row = connection.execute(QUERIES["tracked_link"], asked).fetchone()
    if row is None:
        return None
    now = int(listener.clock().timestamp())
    # One a second and link: whoever asks a thousand times a second leaves no more than that.
    told = {
        "event": "click", "timestamp": now, "sg_event_id": _id_of(message_id, link_id, method, ip, str(now)),
        "liftline_message": message_id, "link_id": link_id, "url": row["url"], "method": method, "ip": ip,
        "useragent": agent,
    }  # fmt: skip
    _reported(listener, tenant, as_columns([json.dumps(told)]), provider="link", by="link")
    return with_receipt(row["url"], receipt_of(listener.receipts, message_id))


def bought(listener: Listener, receipt: str, order: str, *, value: float | None, currency: str | None) -> bool:
    """Note the order that a shop's thank-you page tells of, once; False if the receipt is none of ours."""
    message_id = message_of(listener.receipts, receipt)
    tenant = _tenant_of(listener, message_id) if message_id else None
    if message_id is None or tenant is None:
        return False
    told = {
        "event": "conversion", "timestamp": int(listener.clock().timestamp()), "value": value, "currency": currency,
        "sg_event_id": _id_of(message_id, order), "liftline_message": message_id,
    }  # fmt: skip
    _reported(listener, tenant, as_columns([json.dumps(told)]), provider="link", by="link")
    return True


def _tenant_of(listener: Listener, message_id: str) -> str | None:
    with listener.database.lent() as connection:
        found = store.owners(connection, "tenants_of_messages", [message_id])
    return str(found["tenant_id"][0]) if len(found) else None


def _id_of(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _reported(listener: Listener, tenant: str, heard: Heard, *, provider: str, by: str) -> Ingested:
    told = ingest(listener, tenant, iter([heard]), provider=provider)
    log.info("engagement_reported", tenant=tenant, by=by, events=told.events, stored=told.stored)
    return told


def ready(listener: Listener, heard: Heard) -> pl.DataFrame:
    """Events as they are stored: each id once, hidden links known."""
    return _prepared(listener, heard.events.unique("event_id", keep="first", maintain_order=True))


def _as_event(entry: Json) -> Json:
    told: Json = {
        "event": entry["kind"], "timestamp": entry["occurred_at"].timestamp(), "sg_event_id": entry.get("event_id"),
        "liftline_message": entry.get("message_id"), "email": entry.get("email"), "value": entry.get("value"),
    }  # fmt: skip
    told |= {name: entry.get(name) for name in ("customer_id", "campaign_id", "link_id", "currency")}
    return {name: value for name, value in told.items() if value is not None}


def label_all(listener: Listener, tenants: Iterable[str]) -> Json:
    """Judge what is new, tenant by tenant; one that refuses holds up no other."""
    refusals, told = Refusals(), {}
    for tenant in tenants:
        with refusals.of(tenant):
            told[tenant] = label(listener, tenant)
    refusals.tell()
    return told


def label(listener: Listener, tenant: str, *, again: bool = False) -> Json:
    """Judge what is new, and what else that changes; under rules that are new, or when asked to, everything.

    Labels of other versions stay. Verdicts depend on nothing but the events, so their order of arrival is no matter.
    """
    rules, now = listener.rules, listener.clock()
    with listener.database.transaction(tenant) as connection:
        connection.execute(QUERIES["one_reader"])
        since, _ = store.progress(connection, "labels")
        if store.put_in_force(connection, rules.version, now) or again:
            since = 0
        newest = store.newest(connection)
        told = {"rule_version": rules.version, "events": newest, "changed": 0}
        if newest > since:
            scanning, changed = store.find_scanning(connection, rules, since)
            events = store.affected(connection, since, changed)
            judged = verdicts(events, rules, scanning)
            mine = events.filter("judged").select("provider", "event_id")
            judged = mine.join(judged, on="event_id", how="inner").select(
                "provider", "event_id", "verdict", "score", "reasons"
            )
            told["changed"] = store.label(connection, judged.sort("provider", "event_id"), rules.version, now)
            store.advance(connection, "labels", newest, now)
    log.info("engagement_labelled", tenant=tenant, **told)
    return told


def classify_file(policies: Path, source: Path, target: Path) -> Json:
    """Label every event of a file into a CSV; no tenant and no database is asked."""
    rules = read_bot_rules(policies)
    parts = list(read_file(source))
    refused = [one for part in parts for one in part.refused]
    events = pl.concat([part.events for part in parts]) if parts else pl.DataFrame(schema=FRAME)
    if refused and events.is_empty():
        line, reason = refused[0]
        raise Refusal(f"Nothing in {source} is an event, of {len(refused):,} that it holds; line {line}: {reason}.")
    told = classified(events, rules)
    try:
        told.write_csv(target)
    except OSError as error:
        raise Refusal(f"{target} cannot be written ({error}).") from error
    counted = dict(told.group_by("verdict").len().iter_rows())
    return {
        "events": len(events) + len(refused), "labelled": len(told), "duplicates": len(events) - len(told),
        "refused": len(refused), "reasons": [{"line": line, "reason": reason} for line, reason in refused[:100]],
        "verdicts": {name: counted.get(name, 0) for name in ("human", "proxy", "suspected", "bot")},
        "rule_version": rules.version,
    }  # fmt: skip


def _prepared(listener: Listener, events: pl.DataFrame) -> pl.DataFrame:
    try:
        pattern = listener.rules.hidden_link_pattern
    except Refusal as refusal:
        # What providers tell, and who opts out, is kept; hidden links are then known by the campaign's list alone.
        log.warning("hidden_links_not_looked_for", why=str(refusal))
        pattern = None
    return prepared(events, pattern).select(*FRAME.names(), "hidden")


def _keep(listener: Listener, tenant: str, events: pl.DataFrame, provider: str) -> tuple[int, int]:
    with listener.database.transaction(tenant) as connection:
        stage = staged(_prepared(listener, events))
        return store.keep(connection, tenant, stage, provider=provider, channel="email", now=listener.clock())


def _by_tenant(listener: Listener, events: pl.DataFrame) -> tuple[list[tuple[str, pl.DataFrame]], pl.DataFrame]:
    """Events by the tenant whose message they name: by our id, by the provider's, or by the address they are about."""
    rest, found = events, []
    with listener.database.lent() as connection:
        for key, statement in KEYS:
            if rest.is_empty():
                break
            known = store.owners(connection, statement, rest[key].drop_nulls().unique().to_list())
            # A message that the provider names, and we do not know, is somebody else's whatever its address.
            fitting = rest if key != "address" else rest.filter(pl.col("provider_id").is_null())
            found.append(fitting.join(known, left_on=key, right_on="key", how="inner", maintain_order="left"))
            rest = rest.join(found[-1], on="event_id", how="anti", maintain_order="left")
    by_tenant = pl.concat([part.select(*FRAME.names(), "tenant_id") for part in found]) if found else None
    if by_tenant is None or by_tenant.is_empty():
        return [], rest
    parts = by_tenant.partition_by("tenant_id", as_dict=True, include_key=False)
    return [(str(key[0]), parts[key]) for key in sorted(parts)], rest


def _set_aside(listener: Listener, unclaimed: pl.DataFrame, heard: Heard) -> None:
    """Keep what nobody claims as a file named by its content, so that the same post again is the same file."""
    lines = [
        json.dumps({"reason": "it names no message, request or recipient of any tenant", "event": json.loads(raw)})
        for raw in unclaimed.sort("event_id")["raw"]
    ] + [json.dumps({"reason": reason, "place": place}) for place, reason in heard.refused]
    if not lines:
        return
    content = "\n".join(lines) + "\n"
    name = hashlib.sha256(content.encode()).hexdigest()[:32]
    listener.unclaimed.mkdir(parents=True, exist_ok=True)
    written = listener.unclaimed / f".{name}.part"
    written.write_text(content, encoding="utf-8")
    written.replace(listener.unclaimed / f"{name}.jsonl")
    log.warning("events_unclaimed", events=len(unclaimed), file=f"{name}.jsonl")
