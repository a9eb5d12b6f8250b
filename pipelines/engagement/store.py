"""Events and labels in and out of the database, in bulk."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from psycopg import sql

from pipelines.database import Connection, Queries
from pipelines.engagement.policy import BotRules

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
# Up to so many events, rows are looked up one by one.
FEW = 10_000
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
LOADED = pl.Schema(
    {
        "provider": pl.String, "event_id": pl.String, "event": pl.String, "occurred_at": pl.Float64,
        "recipient": pl.String, "message_id": pl.String, "provider_message": pl.String, "domain": pl.String,
        "url": pl.String, "hidden": pl.String, "ip": pl.String, "ip_range": pl.String, "user_agent": pl.String,
        "method": pl.String, "machine": pl.String, "judged": pl.String,
    }
)  # fmt: skip


def as_csv(rows: pl.DataFrame) -> bytes:
    """Rows as COPY reads them."""
    return rows.write_csv(include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.f+00").encode()


def copy_in(connection: Connection, statement: str, rows: bytes) -> None:
    """Rows into a stage."""
    with connection.cursor() as cursor, cursor.copy(QUERIES[statement]) as copy:
        copy.write(rows)


def copy_out(connection: Connection, statement: sql.Composed, schema: pl.Schema) -> pl.DataFrame:
    """What a COPY tells, as columns."""
    told = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for piece in copy:
            told.write(piece)
    if not told.tell():
        return pl.DataFrame(schema=schema)
    told.seek(0)
    return pl.read_csv(told, has_header=False, schema=schema)


def owners(connection: Connection, statement: str, keys: Sequence[str]) -> pl.DataFrame:
    """Whose these are, where exactly one tenant's."""
    found = connection.execute(QUERIES[statement], {"keys": list(keys)}).fetchall() if keys else []
    told = pl.DataFrame(found, schema={"key": pl.String, "tenant_id": pl.String})
    return told.unique().filter(pl.len().over("key") == 1)


@dataclass(frozen=True, slots=True)
class Staged:
    """Events ready to be stored: as COPY reads them, how many they are, and whether some name no message."""

    rows: bytes
    events: int
    nameless: bool


def staged(events: pl.DataFrame) -> Staged:
    """Events in the order of their key."""
    return Staged(as_csv(events.sort("event_id")), len(events), bool(events["message_id"].null_count()))


def keep(
    connection: Connection, tenant: str, stage: Staged, *, provider: str, channel: str, now: datetime
) -> tuple[int, int]:
    """Store what is new of these events of the transaction's tenant: how many were, and how many no message claims."""
    few = stage.events <= FEW
    connection.execute(QUERIES["one_after_the_other"])
    connection.execute(QUERIES["set_based"], {"nested": "on" if few else "off"})
    connection.execute("DROP TABLE IF EXISTS heard")
    connection.execute(QUERIES["stage"])
    copy_in(connection, "copy_stage", stage.rows)
    # Only what is joined by: samples of whole wide events take longer than joining them.
    connection.execute("ANALYZE heard (event_id, message_id, provider_id, customer_id, address)")
    if stage.nameless:
        connection.execute(QUERIES["find_messages"], {"channel": channel})
    told = {"tenant": tenant, "provider": provider, "channel": channel, "now": now}
    new = connection.execute(QUERIES["keep"], told).rowcount
    row = connection.execute(QUERIES["unmatched"]).fetchone()
    return new, row["events"] if row else 0


def progress(connection: Connection, reader: str) -> tuple[int, datetime]:
    """How far a reader has come, and when."""
    for row in connection.execute(QUERIES["progress"]).fetchall():
        if row["reader"] == reader:
            return row["seq"], row["at"]
    return 0, BEGINNING


def newest(connection: Connection) -> int:
    """The last event that is stored, and before which none is still on its way."""
    # Rolled back, so that whoever stores events waits for this answer alone.
    with connection.transaction(force_rollback=True):
        connection.execute(QUERIES["one_after_the_other"])
        row = connection.execute(QUERIES["newest"]).fetchone()
    return row["seq"] if row else 0


def advance(connection: Connection, reader: str, seq: int, now: datetime) -> None:
    """Note how far a reader has come."""
    connection.execute(QUERIES["advance"], {"reader": reader, "seq": seq, "now": now})


def put_in_force(connection: Connection, version: str, now: datetime) -> bool:
    """Whether these rules are new to the tenant; they are in force from now on."""
    row = connection.execute(QUERIES["rules_in_force"]).fetchone()
    if row and row["rule_version"] == version:
        return False
    connection.execute(QUERIES["put_in_force"], {"version": version, "now": now})
    return True


def find_scanning(connection: Connection, rules: BotRules, since: int) -> tuple[frozenset[str], list[str]]:
    """The domains that scan, and those of which that is new to say, or no longer to."""
    told: dict[str, Any] = {
        "since": since, "everything": since == 0, "least": rules.scanning_domain_from,
        "share": rules.scanning_domain_share,
    }  # fmt: skip
    now = {row["domain"] for row in connection.execute(QUERIES["scanning_now"], told).fetchall()}
    before = {
        row["domain"]: row["scans"]
        for row in connection.execute(QUERIES["looked_at_domains"], {"since": since}).fetchall()
    }
    found, lost = (
        sorted(now - {name for name, scans in before.items() if scans}),
        sorted(name for name, scans in before.items() if scans and name not in now),
    )
    connection.execute(QUERIES["add_scanning"], {"domains": found})
    connection.execute(QUERIES["drop_scanning"], {"domains": lost})
    scanning = connection.execute(QUERIES["scanning"]).fetchall()
    return frozenset(row["domain"] for row in scanning), [*found, *lost]


def affected(connection: Connection, since: int, changed: list[str]) -> pl.DataFrame:
    """Every event whose label the new ones may change, with what else must be known to judge it."""
    connection.execute(QUERIES["set_based"], {"nested": "on" if since else "off"})
    connection.execute("DROP TABLE IF EXISTS affected")
    connection.execute(QUERIES["affected"], {"since": since, "changed": changed})
    connection.execute(QUERIES["affected_known"])
    everybody = sql.SQL("true" if since == 0 else "false")
    loaded = copy_out(connection, QUERIES["copy_affected"].format(everybody=everybody), LOADED)
    return loaded.with_columns(
        (pl.col("occurred_at") * 1_000_000).round().cast(pl.Int64).cast(pl.Datetime("us", "UTC")),
        *(pl.col(name) == "t" for name in ("hidden", "machine", "judged")),
        message=pl.coalesce("message_id", pl.concat_str("provider_message", "recipient", separator=" "), "recipient"),
    )


def label(connection: Connection, judged: pl.DataFrame, version: str, now: datetime) -> int:
    """Keep verdicts; how many are new or other than before."""
    connection.execute("DROP TABLE IF EXISTS judged")
    connection.execute(QUERIES["stage_labels"])
    copy_in(connection, "copy_labels", as_csv(judged.with_columns(pl.col("reasons").list.join(" "))))
    return connection.execute(QUERIES["label"], {"version": version, "now": now}).rowcount
