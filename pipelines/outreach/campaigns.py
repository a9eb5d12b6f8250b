"""Campaigns: created, listed, paused, resumed, cancelled, asked to be approved, and what came of them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Literal

from psycopg.types.json import Jsonb

from pipelines.contracts import ENDED, Json
from pipelines.database import Connection, Database
from pipelines.outreach import store
from pipelines.outreach.composing import TONES, brief_of_campaign, new_id
from pipelines.outreach.ports import NotNow, Outreach, Row
from pipelines.outreach.statuses import machine, performance, rates
from pipelines.outreach.store import QUERIES, Missing

Turn = Literal["pause", "resume", "cancel"]
EXPERIMENT = {
    "p_value": None,
    "interval": None,
    "verdict": "undecided",
    "sentence": "No experiment was evaluated on these messages yet, so no variant is called a winner.",
}


def create(
    outreach: Outreach,
    tenant: str,
    *,
    name: str,
    channel: str,
    description: str,
    target_audience: Json,
    min_qualification_score: float,
    call_to_action: Json | None,
    budget_usd: str | None,
    by: str,
) -> Json:
    """Enter a campaign with the brief that its copy will be written to."""
    wanted = brief_of_campaign(name, channel, description, call_to_action, budget_usd, outreach.policy)
    brief, brief_hash = outreach.chain.checked(tenant, wanted)
    now, campaign_id = outreach.clock(), new_id(name)
    with outreach.database.transaction(tenant) as connection:
        told = {"campaign_id": campaign_id, "name": name, "channel": channel, "by": by, "now": now}
        connection.execute(QUERIES["create_campaign"], {**told, "brief": Jsonb(brief), "brief_hash": brief_hash})
        audience = {"target_audience": Jsonb(target_audience), "min_qualification_score": min_qualification_score}
        connection.execute(
            QUERIES["create_outreach"], {"campaign_id": campaign_id, "description": description, **audience}
        )
        store.log(
            connection, "campaign.create", "created", f"{channel}, asked for over the API", by=by,
            about=f"campaign {campaign_id}", campaign_id=campaign_id,
        )  # fmt: skip
    new = {"campaign_id": campaign_id, "name": name, "channel": channel, "status": "draft", "created_at": now}
    return _told({**new, "total_messages": 0, "messages_sent": 0, "total_cost_usd": 0.0})


def listed(
    outreach: Outreach, tenant: str, *, status: str | None, before: tuple[datetime, str] | None, most: int
) -> list[Json]:
    """Campaigns of the tenant, the newest first; those launched from a brief as well."""
    moment, campaign_id = before or (None, None)
    with outreach.database.transaction(tenant) as connection:
        found = store.rows(
            connection, "campaigns", campaign_id=None, status=status, before=moment, before_id=campaign_id, most=most
        )
    return [_told(row) for row in found]


def get(outreach: Outreach, tenant: str, campaign_id: str) -> Json:
    """One campaign with what it asks for."""
    with outreach.database.transaction(tenant) as connection:
        row = _one(connection, campaign_id)
    more = ("description", "target_audience", "min_qualification_score", "created_by")
    return _told(row) | {name: row[name] for name in more} | {"brief": row["brief"]}


def pause(outreach: Outreach, tenant: str, campaign_id: str, *, by: str) -> Json:
    """Stop for now: nothing of the campaign is sent until it is resumed."""
    return _move(outreach, tenant, campaign_id, ("draft", "active"), "pause", by)


def resume(outreach: Outreach, tenant: str, campaign_id: str, *, by: str) -> Json:
    """Go on: a campaign that is approved is active again, any other a draft."""
    return _move(outreach, tenant, campaign_id, ("paused",), "resume", by)


def cancel(outreach: Outreach, tenant: str, campaign_id: str, *, by: str) -> Json:
    """End for good: nothing more of the campaign is ever sent."""
    return _move(outreach, tenant, campaign_id, ("draft", "active", "paused"), "cancel", by)


def send(outreach: Outreach, tenant: str, campaign_id: str, *, by: str) -> Json:
    """Ask whether exactly what stands may be sent, and send it once that was approved; nothing is sent by asking."""
    with outreach.database.transaction(tenant) as connection:
        row = store.campaign_of(connection, campaign_id, outreach=False)
    if row["status"] in (*ENDED, "paused"):
        raise NotNow(f"Campaign {campaign_id} is {row['status']}; nothing of it is sent.")
    stands = outreach.chain.ask_approval(tenant, campaign_id, by=by)
    approved, sent = stands["state"] == "approved", None
    if approved:
        outreach.chain.assign(tenant, campaign_id, by=by)
    left_out = follow_arms(outreach.database, tenant, campaign_id)
    if not approved:
        status, message = "waiting_for_approval", f"Nothing is sent yet. {stands['sentence']}"
    elif row["channel"] == "custom":
        status, message = "approved", "Approved; send it over your own channel and report what becomes of each message."
    else:
        sent = outreach.chain.deliver(tenant, campaign_id, by=by)
        status = "sending" if sent["waiting"] else "sent"
        message = (
            f"{sent['accepted']} messages were accepted, {sent['rejected']} rejected, {sent['skipped']} skipped; "
            f"{sent['waiting']} wait. {sent['sentence']}"
        )
    if left_out:
        message += f" Left out: {left_out} leads, whose messages say why."
    return {
        "success": approved, "campaign_id": campaign_id, "status": status,
        "messages_sent": sent["accepted"] if sent else 0, "messages_left_out": left_out, "message": message,
        "needs": list(stands["needs"]), "waits_for": stands["waits_for"], "approval": stands, "delivery": sent,
    }  # fmt: skip


def follow_arms(database: Database, tenant: str, campaign_id: str) -> int:
    """Have each lead get the variant of their arm, or the reason why not; how many are left out."""
    with database.transaction(tenant) as connection:
        connection.execute(QUERIES["follow_arms"], {"campaign_id": campaign_id})
        told = store.rows(connection, "count_messages", campaign_id=campaign_id, status="failed")
    return int(told[0]["messages"])


def analytics(outreach: Outreach, tenant: str, campaign_id: str) -> Json:
    """What people did with the messages, what they cost, and how the variants compare."""
    with outreach.database.transaction(tenant) as connection:
        row = store.campaign_of(connection, campaign_id, outreach=False)
        counted = store.rows(connection, "counted", campaign_id=campaign_id)
        readout = next(iter(store.rows(connection, "newest_readout", campaign_id=campaign_id)), None)
    whole: dict[int, int] = defaultdict(int)
    by_variant: dict[int, dict[int, int]] = {number: defaultdict(int) for number in range(len(TONES))}
    for one in counted:
        whole[one["happened"]] += one["messages"]
        if one["selected_variant"] is not None:
            by_variant[one["selected_variant"]][one["happened"]] += one["messages"]
    told = performance(sum(whole.values()), whole)
    return {
        "campaign_id": campaign_id,
        "name": row["name"],
        "status": row["status"],
        "channel": row["channel"],
        "performance": told,
        "machine": machine(whole),
        "cost": _cost(sum(one["cost_usd"] for one in counted), told),
        "ab_testing": {
            "variants": [_variant(number, marks) for number, marks in by_variant.items()],
            "winning_variant": _winner(readout),
            "significance": _significance(readout),
        },
    }


def _winner(readout: Row | None) -> int | None:
    """The number of the variant that won; an arm that is sent nothing has none."""
    tone = readout["tones"].get(readout["winner"]) if readout and readout["verdict"] == "winner" else None
    return TONES.index(tone) if tone in TONES else None


def _significance(readout: Row | None) -> Json:
    """What the newest read-out says of the arm that won, or else of the one that is ahead."""
    if readout is None:
        return EXPERIMENT
    told = [
        one for one in readout["comparisons"]
        if one["metric"] == readout["metric"] and "segment" not in one and one["ci_low"] is not None
    ]  # fmt: skip
    best = max(told, key=lambda one: (one["arm"] == readout["winner"], one["lift_abs"]), default=None)
    return {
        "p_value": best["p_adjusted"] if best else None,
        "interval": [best["ci_low"], best["ci_high"]] if best else None,
        "verdict": readout["verdict"],
        "sentence": readout["reason"],
    }


def _move(outreach: Outreach, tenant: str, campaign_id: str, begin: tuple[str, ...], turn: Turn, by: str) -> Json:
    with outreach.database.transaction(tenant) as connection:
        status = store.campaign_of(connection, campaign_id, outreach=False)["status"]
    if status not in begin:
        raise NotNow(f"Campaign {campaign_id} is {status}; only {' or '.join(begin)} can {turn}.")
    outreach.chain.steer(tenant, campaign_id, turn, by=by)
    with outreach.database.transaction(tenant) as connection:
        return _told(_one(connection, campaign_id))


def _one(connection: Connection, campaign_id: str) -> Row:
    found = store.rows(
        connection, "campaigns", campaign_id=campaign_id, status=None, before=None, before_id=None, most=1
    )
    if not found:
        raise Missing(f"There is no campaign {campaign_id} here; check the id.")
    return found[0]


def _told(row: Row) -> Json:
    names = ("name", "channel", "status", "total_messages", "messages_sent", "total_cost_usd", "created_at")
    return {"id": row["campaign_id"], **{name: row[name] for name in names}}


def _variant(number: int, marks: dict[int, int]) -> Json:
    told = performance(sum(marks.values()), marks)
    counts = {name: told[name] for name in ("sent", "delivered", "opened", "clicked", "replied")}
    return {"variant_number": number, "tone": TONES[number], **counts, **rates(counts), "machine": machine(marks)}


def _cost(total: float, told: Json) -> Json:
    def each(count: int) -> float:
        return round(total / count, 6) if count else 0.0

    return {
        "total_usd": round(total, 6),
        "cost_per_message": each(told["total_messages"]),
        "cost_per_reply": each(told["replied"]),
    }
