"""Templates for accounts and segments: generated from a creative brief, cached, approved, rated; each call logged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from psycopg.types.json import Jsonb

from pipelines.contracts import Json
from pipelines.database import Connection
from pipelines.outreach import store
from pipelines.outreach.composing import brief_of_templates, lasting_id
from pipelines.outreach.ports import Outreach
from pipelines.outreach.store import QUERIES, Missing

UnitKind = Literal["account", "segment"]


def open_templates(
    outreach: Outreach, tenant: str, unit_kind: UnitKind, named: str, wish: Json, *, by: str
) -> tuple[str, str]:
    """Enter what the templates are written for: the campaign, for ever the same for the same brief, and the unit."""
    brief, brief_hash = outreach.chain.checked(tenant, brief_of_templates(unit_kind, named, wish, outreach.policy))
    (unit_id,) = brief["audience"]["only"]
    campaign_id = lasting_id(brief["name"], brief_hash)
    with outreach.database.transaction(tenant) as connection:
        told = {"campaign_id": campaign_id, "name": brief["name"], "channel": brief["channel"], "by": by}
        connection.execute(
            QUERIES["create_campaign"],
            {**told, "now": outreach.clock(), "brief": Jsonb(brief), "brief_hash": brief_hash},
        )
        store.log(
            connection, "template.generate", "asked", f"{unit_kind} {unit_id}", by=by, about=f"campaign {campaign_id}",
            campaign_id=campaign_id,
        )  # fmt: skip
    return campaign_id, unit_id


def generate(outreach: Outreach, tenant: str, campaign_id: str, unit_kind: UnitKind, unit_id: str, *, by: str) -> Json:
    """Write, verify and screen the templates of one unit, and keep them as they are asked for."""
    snapshot = outreach.chain.snapshot(tenant, campaign_id)
    written = outreach.chain.write(tenant, campaign_id, snapshot, [unit_id], by=by, template=None, context=None)
    payload = _composed(outreach, tenant, campaign_id, unit_kind, unit_id)
    return {**payload, "blocked": written["blocked"], "waiting": written["waiting"]}


def variants(outreach: Outreach, tenant: str, unit_kind: UnitKind, unit_id: str, *, by: str) -> Json:
    """The newest templates of a unit, composed again only if a variant was changed since."""
    key = {"unit_kind": unit_kind, "unit_id": unit_id}
    with outreach.database.transaction(tenant) as connection:
        row = connection.execute(QUERIES["templates"], key).fetchone()
        if row is None:
            raise Missing(f"There are no templates for {unit_kind} {unit_id} here; generate some first.")
        campaign_id = row["campaign_id"]
        fresh = row["versions"] == _versions(connection, campaign_id, unit_kind, unit_id)
        states = store.rows(connection, "template_states", campaign_id=campaign_id, unit_id=unit_id)
        store.log(
            connection, "template.read", "shown", f"{unit_kind} {unit_id}", by=by, about=f"{unit_kind} {unit_id}",
            campaign_id=campaign_id,
        )  # fmt: skip
    payload = row["payload"] if fresh else _composed(outreach, tenant, campaign_id, unit_kind, unit_id)
    return {**payload, "campaign_id": campaign_id, "states": states}


def approve(
    outreach: Outreach, tenant: str, variant_id: str, *, by: str, comment: str, seen: int | None = None
) -> Json:
    """A person's yes to the newest version of a variant, if it is the one `seen`; who made it cannot give it."""
    _asked(outreach, tenant, variant_id, "template.approve", by)
    return outreach.chain.approve_variant(tenant, variant_id, by=by, comment=comment, seen=seen)


def rate(
    outreach: Outreach,
    tenant: str,
    variant_id: str,
    *,
    by: str,
    rating: int | None,
    flags: Sequence[str],
    comment: str,
    seen: int | None = None,
) -> Json:
    """What a person thinks of the newest version of a variant, if it is the one `seen`; learning reads it later."""
    _asked(outreach, tenant, variant_id, "template.rate", by)
    return outreach.chain.rate_variant(
        tenant, variant_id, by=by, rating=rating, flags=flags, comment=comment, seen=seen
    )


def model_versions(outreach: Outreach, tenant: str, *, by: str, most: int = 200) -> list[Json]:
    """Who wrote for the tenant so far: each model with its version, its prompt, and how its copy was rated."""
    with outreach.database.transaction(tenant) as connection:
        found = store.rows(connection, "model_versions", most=most)
        store.log(connection, "template.models", "shown", f"{len(found)} model versions", by=by, about="model versions")
    return found


def _asked(outreach: Outreach, tenant: str, variant_id: str, action: str, by: str) -> None:
    """Log the call before it is decided on, so that one that is refused is in the ledger as well."""
    with outreach.database.transaction(tenant) as connection:
        row = connection.execute(QUERIES["variant_exists"], {"variant_id": variant_id}).fetchone()
        if row is None:
            raise Missing(f"There is no variant {variant_id} here; check the id.")
        store.log(
            connection, action, "asked", "over the API", by=by, about=f"variant {variant_id}",
            campaign_id=row["campaign_id"],
        )  # fmt: skip


def _composed(outreach: Outreach, tenant: str, campaign_id: str, unit_kind: UnitKind, unit_id: str) -> Json:
    payload = outreach.chain.templates(tenant, campaign_id)[unit_id]
    with outreach.database.transaction(tenant) as connection:
        told = {"unit_kind": unit_kind, "unit_id": unit_id, "campaign_id": campaign_id, "now": outreach.clock()}
        versions = _versions(connection, campaign_id, unit_kind, unit_id)
        connection.execute(QUERIES["keep_templates"], {**told, "payload": Jsonb(payload), "versions": versions})
    return payload


def _versions(connection: Connection, campaign_id: str, unit_kind: str, unit_id: str) -> str:
    told = {"campaign_id": campaign_id, "unit_kind": unit_kind, "unit_id": unit_id}
    row = connection.execute(QUERIES["versions"], told).fetchone()
    assert row is not None
    return str(row["versions"])
