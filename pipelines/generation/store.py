"""Campaigns, units, generations and variants in the database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, TypeVar

from psycopg.types.json import Jsonb

from pipelines.contracts import Busy, Refusal, no_such_tenant
from pipelines.database import Connection, Database, Queries, Session, held
from pipelines.generation.personas import Personas
from pipelines.generation.ports import Call, Key, Reply, Unit

QUERIES = Queries(Path(__file__).with_name("queries.sql"))

Row = dict[str, Any]
C_co = TypeVar("C_co", bound=Call, covariant=True)


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A unit with what was asked for it and the passages that answered."""

    unit: Unit
    query: str
    passage_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked(Generic[C_co]):
    """One call as it stands in the log before it is made."""

    generation_id: str
    ask: C_co
    round: int
    attempt: int
    inputs_hash: str
    # The most that one try can cost; how many are reserved stands in the log.
    try_usd: Decimal


@contextmanager
def alone(database: Database, tenant: str) -> Iterator[Session]:
    """A session in which nobody else drafts for this tenant; refuses if somebody does."""
    # Two that draft at once would write and pay for the same variants twice.
    with database.session(tenant) as session, held(session.connection, f"drafting {tenant}") as ours:
        if not ours:
            raise Busy(f"Copy for tenant {tenant} is being drafted already; wait until that has ended.")
        yield session


def require_tenant(connection: Connection, tenant: str) -> None:
    """Refuse a tenant that does not exist."""
    if connection.execute(QUERIES["tenant_exists"]).fetchone() is None:
        raise no_such_tenant(tenant)


def open_campaign(connection: Connection, campaign: Mapping[str, Any]) -> None:
    """Enter the campaign; where it is there, only what it may cost can have changed."""
    connection.execute(QUERIES["open_campaign"], {**campaign, "brief": Jsonb(campaign["brief"])})


def campaign(connection: Connection, campaign_id: str) -> Row:
    """The campaign of that id."""
    absent = f"There is no campaign {campaign_id}; draft one first."
    return _one(connection, "campaign", absent, campaign_id=campaign_id)


def units_of(
    connection: Connection, kind: str, snapshot_id: str, only: Sequence[str], personas: Personas
) -> tuple[list[Row], dict[str, list[str]], set[str]]:
    """Every unit of this kind with what its members have in common, what they buy most, and the names it may have."""
    absent = f"There is no segment snapshot {snapshot_id}; run `liftline segmentation run` first."
    snapshot = _one(connection, "snapshot", absent, snapshot_id=snapshot_id)
    connection.execute(QUERIES[f"unit_members_{kind}"], {"snapshot_id": snapshot_id, **personas.columns()})
    if only:
        connection.execute(QUERIES["narrow_members"], {"wanted": list(only)})
    moment = {"as_of": snapshot["as_of"]}
    units = connection.execute(QUERIES["units"], moment).fetchall()
    favourites = connection.execute(QUERIES["favourites"], moment).fetchall()
    named = {row["unit_id"] for row in units} | _defined(snapshot["definition"], kind)
    return units, {row["unit_id"]: row["products"] for row in favourites}, named


def unit_sizes(
    connection: Connection, kind: str, snapshot_id: str, personas: Personas, *, most: int = 500
) -> list[Row]:
    """The largest units of this kind with their sizes."""
    connection.execute(QUERIES[f"unit_members_{kind}"], {"snapshot_id": snapshot_id, **personas.columns()})
    return connection.execute(QUERIES["unit_sizes"], {"most": most}).fetchall()


def keep_units(
    connection: Connection, campaign_id: str, snapshot_id: str, found: Sequence[Retrieved], now: datetime
) -> None:
    """Enter the units and what was retrieved for them; rows that are right stay untouched."""
    units = [one.unit for one in found]
    connection.execute(
        QUERIES["keep_units"],
        {
            "campaign_id": campaign_id,
            "snapshot_id": snapshot_id,
            "now": now,
            "kinds": [unit.kind for unit in units],
            "ids": [unit.unit_id for unit in units],
            "labels": [unit.label for unit in units],
            "descriptions": [unit.description for unit in units],
            "traits": [Jsonb(dict(unit.traits)) for unit in units],
            "sizes": [unit.size for unit in units],
            "queries": [one.query for one in found],
            "passages": [Jsonb(list(one.passage_ids)) for one in found],
        },
    )


def kept_units(connection: Connection, campaign_id: str) -> list[Retrieved]:
    """The units of a campaign with their passages, the largest first."""
    rows = connection.execute(QUERIES["kept_units"], {"campaign_id": campaign_id}).fetchall()
    return [
        Retrieved(
            Unit(row["unit_kind"], row["unit_id"], row["label"], row["description"], row["traits"], row["size"]),
            "",
            tuple(row["passage_ids"]),
        )
        for row in rows
    ]


def variants(connection: Connection, campaign_id: str) -> list[Row]:
    """The newest version of every variant of a campaign."""
    return connection.execute(QUERIES["newest_variants"], {"campaign_id": campaign_id}).fetchall()


def unsendable(connection: Connection, campaign_id: str, today: date) -> set[str]:
    """Which drafted variants screening has blocked, or cite what may be cited no more."""
    rows = connection.execute(QUERIES["unsendable"], {"campaign_id": campaign_id, "today": today}).fetchall()
    return {row["variant_id"] for row in rows}


def variant(connection: Connection, variant_id: str) -> Row:
    """The newest version of one variant."""
    return _one(connection, "variant", f"There is no variant {variant_id}.", variant_id=variant_id)


def sentences(connection: Connection, campaign_id: str) -> dict[str, list[Row]]:
    """The verdict on every sentence, by variant."""
    rows = connection.execute(QUERIES["sentences"], {"campaign_id": campaign_id}).fetchall()
    listed: dict[str, list[Row]] = {}
    for row in rows:
        listed.setdefault(row["variant_id"], []).append(row)
    return listed


def one_purse_at_a_time(connection: Connection, tenant: str) -> None:
    """Wait for whoever is reckoning what this tenant can afford; held until what will be spent is logged."""
    connection.execute(QUERIES["one_purse_at_a_time"], {"tenant": tenant})


def spent(connection: Connection, campaign_id: str | None, now: datetime) -> tuple[Decimal, Decimal]:
    """US dollars spent, or possibly spent, for the campaign and for the tenant in this month."""
    row = connection.execute(QUERIES["spent"], {"campaign_id": campaign_id, "now": now}).fetchone()
    assert row is not None
    return row["by_campaign"], row["this_month"]


def remembered(connection: Connection, inputs: Sequence[str]) -> dict[str, Row]:
    """What was written before from exactly these inputs."""
    rows = connection.execute(QUERIES["remembered"], {"inputs": list(inputs)}).fetchall()
    return {row["inputs_hash"]: row for row in rows}


def attempts(connection: Connection, campaign_id: str | None, keys: Sequence[Key], turn: int) -> dict[Key, int]:
    """How often each of these was asked for in this round; who never was is left out."""
    values = {"campaign_id": campaign_id, "round": turn, **_columns(keys)}
    rows = connection.execute(QUERIES["attempts"], values).fetchall()
    return {(row["unit_kind"], row["unit_id"], row["strategy"]): row["attempt"] for row in rows}


def ask(
    connection: Connection,
    campaign_id: str | None,
    asked: Sequence[Asked[Call]],
    about: Mapping[str, str],
    now: datetime,
) -> None:
    """Log calls that are about to be made."""
    values = {
        **about,
        **_columns([one.ask.key for one in asked]),
        "campaign_id": campaign_id,
        "generation_ids": [one.generation_id for one in asked],
        "rounds": [one.round for one in asked],
        "attempts": [one.attempt for one in asked],
        "inputs_hashes": [one.inputs_hash for one in asked],
        "passages": [Jsonb(one.ask.passage_ids) for one in asked],
        "seeds": [one.ask.seed for one in asked],
        "temperatures": [one.ask.temperature for one in asked],
        "reserved_usds": [one.try_usd for one in asked],
        "now": now,
    }
    connection.execute(QUERIES["ask"], values)


def _columns(keys: Sequence[Key]) -> dict[str, list[str]]:
    names = ("unit_kinds", "unit_ids", "strategies")
    return {name: [key[at] for key in keys] for at, name in enumerate(names)}


def reserve_another(connection: Connection, one: Asked[Call]) -> None:
    """Log that a call is about to be tried once more, while an earlier try may be charged for as well."""
    values = {"generation_id": one.generation_id, "try_usd": one.try_usd}
    connection.execute(QUERIES["reserve_another"], values)


def put_in_batch(connection: Connection, batch_id: str, asked: Sequence[Asked[Call]]) -> None:
    """Log which batch calls went out with."""
    ids = [one.generation_id for one in asked]
    connection.execute(QUERIES["put_in_batch"], {"batch_id": batch_id, "generation_ids": ids})


def in_batches(connection: Connection, campaign_id: str) -> dict[str, list[Row]]:
    """The calls of a campaign that no batch has answered yet, by batch, in the order in which they were submitted."""
    batches: dict[str, list[Row]] = {}
    for row in connection.execute(QUERIES["in_batches"], {"campaign_id": campaign_id}):
        batches.setdefault(row["batch_id"], []).append(row)
    return batches


def give_up_batch(connection: Connection, campaign_id: str, batch_id: str, now: datetime) -> int:
    """Log that no answer of a batch will come; how many calls were in it."""
    values = {"campaign_id": campaign_id, "batch_id": batch_id, "now": now}
    return connection.execute(QUERIES["give_up_batch"], values).rowcount


def answer(
    connection: Connection, generation_id: str, given: Reply[Any], cost: Decimal, cached_from: str | None, now: datetime
) -> None:
    """Log how a call ended."""
    sent = asdict(given.sent) if given.sent else dict.fromkeys(("seed", "temperature", "structured"))
    values = {
        "generation_id": generation_id, "outcome": given.outcome, "detail": given.detail, "answered_by": given.model,
        "request_id": given.request_id, "cached_from": cached_from, "input_tokens": given.input_tokens,
        "output_tokens": given.output_tokens, "cached_tokens": given.cached_tokens, "cost_usd": cost,
        "latency_ms": given.latency_ms, "tries": given.tries, "output": given.raw, "now": now,
        "sent_seed": sent["seed"], "sent_temperature": sent["temperature"], "structured": sent["structured"],
    }  # fmt: skip
    connection.execute(QUERIES["answer"], values)


def keep_variant(connection: Connection, row: Mapping[str, Any], verdicts: Sequence[Mapping[str, Any]]) -> None:
    """Enter one version of a variant with the verdict on each of its sentences."""
    connection.execute(QUERIES["keep_variant"], {**row, "confidence_basis": Jsonb(row["confidence_basis"])})
    listed = {
        f"{name}s": [verdict[name] for verdict in verdicts] for name in ("place", "text", "verdict", "code", "reason")
    }
    passages = [json.dumps(list(verdict["passage_ids"])) for verdict in verdicts]
    key = {"variant_id": row["variant_id"], "version": row["version"]}
    connection.execute(QUERIES["keep_sentences"], {**key, **listed, "passages": passages})


def history(connection: Connection, now: datetime) -> list[Row]:
    """What became of the variants that were sent so far."""
    return connection.execute(QUERIES["history"], {"now": now}).fetchall()


def accepted_insights(connection: Connection) -> list[Row]:
    """What people accepted of what was learnt, in one order."""
    return connection.execute(QUERIES["accepted_insights"]).fetchall()


def somebody(connection: Connection, row: Mapping[str, Any], customer_id: str | None, personas: Personas) -> Row:
    """A customer whom this variant is for."""
    absent = f"Nobody of {row['unit_kind']} {row['unit_id']} is there to preview {row['variant_id']} for"
    wanted = {name: row[name] for name in ("unit_kind", "unit_id", "campaign_id")} | personas.columns()
    hint = f", or customer {customer_id} is not one of them" if customer_id else ""
    return _one(connection, "members_sample", f"{absent}{hint}.", customer_id=customer_id, most=1, **wanted)


def readers(connection: Connection, row: Mapping[str, Any], most: int, personas: Personas) -> list[Row]:
    """Some customers whom this variant is for, in the order of their ids."""
    wanted = {name: row[name] for name in ("unit_kind", "unit_id", "campaign_id")} | personas.columns()
    return connection.execute(QUERIES["members_sample"], {**wanted, "customer_id": None, "most": most}).fetchall()


def campaign_spent(connection: Connection, campaign_id: str) -> Row:
    """How many calls wrote for a campaign, and what they cost or may have cost."""
    row = connection.execute(QUERIES["campaign_spent"], {"campaign_id": campaign_id}).fetchone()
    assert row is not None
    return row


def _defined(definition: Row, kind: str) -> set[str]:
    """The segments that the scheme knows, also those that nobody is in today."""
    scheme = definition["scheme"] if kind == "segment" else {}
    listed = [*scheme.get("segments", []), *filter(None, [scheme.get("default")])]
    return {one["segment"] for one in listed}


def _one(connection: Connection, name: str, absent: str, **values: Any) -> Row:
    row = connection.execute(QUERIES[name], values).fetchone()
    if row is None:
        raise Refusal(absent)
    return row
