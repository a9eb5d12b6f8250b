"""Messages: one a lead, generated, looked at, and reported on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.types.json import Jsonb

from pipelines.contracts import ENDED, Json, Refusal
from pipelines.database import Connection
from pipelines.outreach import store
from pipelines.outreach.composing import TONES
from pipelines.outreach.ports import NotNow, Outreach, Row, TooFast
from pipelines.outreach.statuses import MARKS, after
from pipelines.outreach.store import QUERIES, Missing

MOST_SHOWN, MOST_CHANNEL_DATA = 200, 10_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request for messages; without leads: all that are qualified."""

    campaign_id: str
    leads: tuple[str, ...] | None
    template: str | None
    context: str | None
    by: str


def prepare(outreach: Outreach, tenant: str, wanted: Wanted) -> bool:
    """Refuse what cannot be done, before anything is begun; whether the rest is small enough to be done at once."""
    if wanted.template is not None:
        outreach.chain.check_template(wanted.template)
    with outreach.database.transaction(tenant) as connection:
        campaign = store.campaign_of(connection, wanted.campaign_id)
        if campaign["status"] in ENDED:
            raise NotNow(f"Campaign {wanted.campaign_id} is {campaign['status']}; no message is made for it any more.")
        if wanted.leads is None:
            return False
        leads = _known(connection, wanted.leads, outreach.policy.most_leads)
        missing = _without(connection, wanted.campaign_id, leads)
        _refuse_late(connection, wanted.campaign_id, missing)
        if len(leads) > outreach.policy.answer_at_once:
            return False
        now, most = outreach.clock(), outreach.policy.messages_a_minute
        left = store.room(connection, wanted.by, most, now)
        if len(missing) > left:
            wait = 60 - now.second
            raise TooFast(
                f"{wanted.by} may have {most} messages made a minute and {left} are left; wait {wait} s.", wait
            )
    return True


def generate(outreach: Outreach, tenant: str, wanted: Wanted) -> Json:
    """A message for each lead that has none yet, at the pace that the policy allows; then all that were asked for."""
    snapshot = outreach.chain.snapshot(tenant, wanted.campaign_id)
    with outreach.database.transaction(tenant) as connection:
        campaign = store.campaign_of(connection, wanted.campaign_id)
        leads = _leads(outreach, connection, wanted, campaign, snapshot)
        todo = _without(connection, wanted.campaign_id, leads)
        _refuse_late(connection, wanted.campaign_id, todo)
        template = "the writer's own words" if wanted.template is None else "the operator's own template"
        store.log(
            connection, "outreach.generate", "started", f"{len(todo)} of {len(leads)} leads, in {template}",
            by=wanted.by, about=f"campaign {wanted.campaign_id}", campaign_id=wanted.campaign_id,
        )  # fmt: skip
    made = 0
    waiting: Json = {}
    while todo:
        share = _share(outreach, tenant, wanted.by, len(todo))
        told = outreach.chain.write(
            tenant, wanted.campaign_id, snapshot, todo[:share], by=wanted.by, template=wanted.template,
            context=wanted.context,
        )  # fmt: skip
        waiting |= told["waiting"]
        made += keep(outreach, tenant, wanted.campaign_id, todo[:share], waiting)
        todo = todo[share:]
    # Also where nothing was made now: the run before may have died here. A decision that stands is not taken again.
    outreach.chain.guard(tenant, wanted.campaign_id, by=wanted.by)
    return _answer(outreach, tenant, wanted.campaign_id, leads, made, waiting)


def listed(
    outreach: Outreach,
    tenant: str,
    campaign_id: str,
    *,
    status: str | None,
    limit: int,
    offset: int,
    place: tuple[datetime, str] | None = None,
) -> Json:
    """Messages of a campaign in the order in which they were made, from the one after that place on."""
    created_at, lead_id = place or (None, "")
    with outreach.database.transaction(tenant) as connection:
        campaign = store.campaign_of(connection, campaign_id)
        asked = {"campaign_id": campaign_id, "status": status}
        begin = {"created_at": created_at, "lead_id": lead_id, "skipped": offset}
        found = store.rows(connection, "messages", **asked, **begin, leads=None, most=limit + 1)
        more, found = len(found) > limit, found[:limit]
        total = store.rows(connection, "count_messages", **asked)[0]["messages"]
        variants = _variants(connection, campaign_id, found)
    told = _told(outreach, tenant, campaign["brief"], found, variants)
    last = (found[-1]["created_at"], found[-1]["lead_id"]) if more else None
    return {
        "campaign_id": campaign_id, "total": total, "limit": limit, "offset": offset, "messages": told, "last": last,
    }  # fmt: skip


def variants(outreach: Outreach, tenant: str, message_id: str) -> Json:
    """The variants of one message side by side."""
    with outreach.database.transaction(tenant) as connection:
        row = _message(connection, message_id)
        found = _variants(connection, row["campaign_id"], [row])
    told = _told(outreach, tenant, row["brief"], [row], found)[0]
    return {
        "message_id": message_id, "campaign_id": row["campaign_id"], "lead_id": row["lead_id"],
        "selected_variant": row["selected_variant"], "status": row["status"], "variants": told["variants"],
    }  # fmt: skip


def report(
    outreach: Outreach, tenant: str, message_id: str, *, status: str, channel_data: Json, by_machine: bool, by: str
) -> Json:
    """What a channel says became of a message; every report is kept, and none takes back another."""
    if len(json.dumps(channel_data)) > MOST_CHANNEL_DATA:
        raise Refusal(f"channel_data is larger than {MOST_CHANNEL_DATA:,} bytes; keep only what names the message.")
    with outreach.database.transaction(tenant) as connection:
        connection.execute(QUERIES["lock_message"], {"message_id": message_id})
        row = _message(connection, message_id)
        moved, happened = after(row["happened"], status, by_machine=by_machine)
        if happened & MARKS["sent"] and not row["happened"] & MARKS["sent"]:
            _must_be_approved(connection, row, outreach.clock())
        told = {"message_id": message_id, "status": status, "by_machine": by_machine, "by": by}
        connection.execute(QUERIES["report_event"], {**told, "channel_data": Jsonb(channel_data)})
        if (moved, happened) != (row["status"], row["happened"]):
            connection.execute(
                QUERIES["move_message"], {"message_id": message_id, "status": moved, "happened": happened}
            )
    return {
        "success": True, "message_id": message_id, "campaign_id": row["campaign_id"], "lead_id": row["lead_id"],
        "status": moved, "reported": status, "channel_data": channel_data,
    }  # fmt: skip


def _must_be_approved(connection: Connection, row: Row, now: datetime) -> None:
    approved = store.rows(connection, "approved", campaign_id=row["campaign_id"])[0]["yes"]
    if row["selected_variant"] is None or not approved or row["campaign_status"] == "paused":
        raise NotNow(
            f"Campaign {row['campaign_id']} is not approved as it stands, so no message of it can have been sent; "
            "ask for approval with POST /campaigns/{id}/send."
        )
    if against := store.rows(connection, "kept_from", campaign_id=row["campaign_id"], lead_id=row["lead_id"]):
        raise NotNow(
            f"The guardrails leave lead {row['lead_id']} out ({against[0]['code']}), so no message to them can have "
            "been sent; write only to those whose message is pending."
        )
    if store.rows(connection, "cites_withdrawn", message_id=row["message_id"], today=now.date()):
        raise NotNow(
            f"Message {row['message_id']} cites what is withdrawn or expired, so it cannot have been sent; have that "
            "approved again and indexed first."
        )


def _leads(outreach: Outreach, connection: Connection, wanted: Wanted, campaign: Row, snapshot: str) -> list[str]:
    most = outreach.policy.most_leads
    if wanted.leads is not None:
        return _known(connection, wanted.leads, most)
    found = store.rows(
        connection, "qualified_leads", score=outreach.policy.qualification_score, snapshot_id=snapshot,
        least=campaign["min_qualification_score"], filters=Jsonb(campaign["target_audience"]), most=most + 1,
    )  # fmt: skip
    if not found:
        asked = ", ".join(f"{name} = {value}" for name, value in campaign["target_audience"].items()) or "everybody"
        raise Refusal(
            f"No lead qualifies: nobody of {asked} has a score of {campaign['min_qualification_score']:g} or more; "
            "lower min_qualification_score, change target_audience, or name lead_ids."
        )
    if len(found) > most:
        raise Refusal(f"More than {most:,} leads qualify; narrow target_audience, or name lead_ids in parts.")
    return [row["lead_id"] for row in found]


def _known(connection: Connection, leads: Sequence[str], most: int) -> list[str]:
    if len(leads) > most:
        raise Refusal(f"{len(leads):,} leads are more than {most:,}; ask in parts.")
    found = store.rows(connection, "known_leads", leads=list(dict.fromkeys(leads)))
    if unknown := [row["asked"] for row in found if row["lead_id"] is None]:
        raise Refusal(f"There is no lead {', '.join(unknown[:10])}; a lead is a customer, named by customer_id.")
    return list(dict.fromkeys(row["lead_id"] for row in found))


def _without(connection: Connection, campaign_id: str, leads: Sequence[str]) -> list[str]:
    found = store.rows(connection, "leads_without_message", campaign_id=campaign_id, leads=list(leads))
    return [row["lead_id"] for row in found]


def _refuse_late(connection: Connection, campaign_id: str, missing: Sequence[str]) -> None:
    # Who may be written to stands once sending began: a later message would void the approval, and reach nobody.
    if missing and store.rows(connection, "has_begun", campaign_id=campaign_id)[0]["yes"]:
        raise NotNow(
            f"Campaign {campaign_id} is being sent already, and {len(missing)} of the leads have no message in it, "
            f"like {missing[0]}; make another campaign for them."
        )


def _share(outreach: Outreach, tenant: str, by: str, wanted: int) -> int:
    """How many may be made now; where none may, wait for the next minute."""
    while True:
        now = outreach.clock()
        with outreach.database.transaction(tenant) as connection:
            share = min(store.room(connection, by, outreach.policy.messages_a_minute, now), wanted)
            store.take(connection, by, share, now)
        if share:
            return share
        outreach.sleep(60 - now.second - now.microsecond / 1e6)


def keep(outreach: Outreach, tenant: str, campaign_id: str, leads: Sequence[str], waiting: Json) -> int:
    """Lead by lead one message; who still waits for a variant has none, and is made one by the next request."""
    unready = {key.rpartition("/")[0] for key in waiting}
    ready = [lead for lead in leads if lead not in unready]
    with outreach.database.transaction(tenant) as connection:
        told = {"campaign_id": campaign_id, "leads": ready, "tones": list(TONES), "now": outreach.clock()}
        made = connection.execute(QUERIES["keep_messages"], told).rowcount
        if made:
            connection.execute(QUERIES["announce_messages"], {"campaign_id": campaign_id, "messages": made})
    return made


def _answer(outreach: Outreach, tenant: str, campaign_id: str, leads: Sequence[str], made: int, waiting: Json) -> Json:
    with outreach.database.transaction(tenant) as connection:
        campaign = store.campaign_of(connection, campaign_id)
        asked = {"campaign_id": campaign_id, "status": None, "leads": list(leads), "most": len(leads)}
        found = store.rows(connection, "messages", **asked, created_at=None, lead_id="", skipped=0)
        shown = found[:MOST_SHOWN]
        variants = _variants(connection, campaign_id, shown)
    latencies = [row["generation_latency_ms"] for row in found]
    return {
        "success": not waiting,
        "campaign_id": campaign_id,
        "messages_generated": made,
        "total_cost_usd": round(sum(row["generation_cost_usd"] for row in found), 8),
        "average_latency_ms": round(sum(latencies) / len(latencies)) if latencies else 0,
        "messages": _told(outreach, tenant, campaign["brief"], shown, variants),
        "messages_not_shown": len(found) - len(shown),
        "waiting": waiting,
    }


def _message(connection: Connection, message_id: str) -> Row:
    row = connection.execute(QUERIES["message"], {"message_id": message_id}).fetchone()
    if row is None:
        raise Missing(f"There is no message {message_id} here; check the id.")
    return row


def _variants(connection: Connection, campaign_id: str, messages: Sequence[Row]) -> list[Row]:
    leads = [row["lead_id"] for row in messages]
    return store.rows(connection, "variants_of_leads", campaign_id=campaign_id, leads=leads) if leads else []


def _told(outreach: Outreach, tenant: str, brief: Json, messages: Sequence[Row], variants: Sequence[Row]) -> list[Json]:
    by_lead: dict[str, dict[str, Row]] = {}
    for row in outreach.chain.filled(tenant, brief, variants):
        by_lead.setdefault(row["lead_id"], {})[row["tone"]] = row
    names = ("tone", "subject", "body", "variant_id", "version", "status", "reason", "confidence")
    return [
        {
            "id": row["message_id"],
            "campaign_id": row["campaign_id"],
            "lead_id": row["lead_id"],
            "variants": [
                {name: by_lead[row["lead_id"]][tone][name] for name in names}
                for tone in row["tones"]
                if tone in by_lead.get(row["lead_id"], {})
            ],
            "selected_variant": row["selected_variant"],
            "status": row["status"],
            "generation_latency_ms": row["generation_latency_ms"],
            "generation_cost_usd": row["generation_cost_usd"],
            "reason": row["reason"],
            "created_at": _moment(row["created_at"]),
        }
        for row in messages
    ]


def _moment(at: datetime) -> str:
    return at.isoformat()
