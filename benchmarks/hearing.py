"""Events heard and labelled, beside COPY of the same columns into a bare table with the same key, and inserting."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from psycopg import sql

from benchmarks.harness import Comparison, Contender
from pipelines.database import OWNER, SCHEMA
from pipelines.engagement.ports import Listener
from pipelines.engagement.reading import read_file
from pipelines.engagement.run import classify_file, ingest_file, label, ready
from pipelines.services import Services

TENANT = "bench-hearing"
BEGIN = 1_795_176_000
WRITTEN = ("event_labels", "provider_events", "engagement_progress", "scanning_domains", "label_rules_in_force")
# The limit: one stream into a table of the same columns with nothing but the primary key, sorted by it.
BARE = "CREATE UNLOGGED TABLE {schema}.bench_heard (LIKE {schema}.provider_events)"
ONE_BY_ONE = 20_000


def write_events(path: Path, events: int) -> None:
    """Events of as many thirds of messages: each delivered, opened and clicked, 3 % of them twice."""
    number = pl.arange(0, events, eager=True).alias("n")
    message = pl.col("n") // 3
    told = pl.DataFrame(number).select(
        email=pl.format("reader{}@house{}.example.org", message, message % 997),
        timestamp=BEGIN + message % 86_400 + (pl.col("n") % 3) * 137,
        event=pl.lit(["delivered", "open", "click"]).list.get(pl.col("n") % 3),
        sg_event_id=pl.format("bench-{}", (pl.col("n") * 7_919) % events),
        sg_message_id=pl.format("request{}.filter0001", message // 1000),
        liftline_message=pl.format("message-{}", message),
        ip=pl.format("203.{}.{}.{}", message % 3, (message // 3) % 250, message % 250),
        useragent=pl.lit("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0"),
        url=pl.when(pl.col("n") % 3 == 2).then(pl.format("https://www.example.com/{}", pl.col("n") % 5)),
    )
    twice = told.filter(pl.int_range(pl.len()) % 33 == 0)
    pl.concat([told, twice]).sample(fraction=1, shuffle=True, seed=1).write_ndjson(path)


def hearing(services: Services, events: int) -> Comparison:
    """The comparison over `events` events in a file of JSON lines."""
    database = services.database
    listener = services.listener
    with database.connect(OWNER) as connection:
        connection.execute("INSERT INTO tenants VALUES (%s, 'Benchmark') ON CONFLICT DO NOTHING", (TENANT,))
    folder = Path(tempfile.mkdtemp(prefix="liftline-hearing-"))
    path, few = folder / "events.jsonl", folder / "few.jsonl"
    write_events(path, events)
    write_events(few, min(ONE_BY_ONE, events))
    rows = _as_csv(listener, path)
    policies = services.settings.liftline_policies

    def clear() -> None:
        with database.transaction(TENANT, role=OWNER) as connection:
            for table in WRITTEN:
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        with database.administer() as connection:
            connection.execute(f"VACUUM {SCHEMA}.provider_events")
            connection.execute(f"VACUUM {SCHEMA}.event_labels")
            connection.execute(f"DROP TABLE IF EXISTS {SCHEMA}.bench_heard")
            connection.execute(BARE.format(schema=SCHEMA))
            connection.execute(f"ALTER TABLE {SCHEMA}.bench_heard SET LOGGED")
            connection.execute(f"ALTER TABLE {SCHEMA}.bench_heard ADD PRIMARY KEY (tenant_id, provider, event_id)")

    def copying(_: int) -> None:
        with (
            database.administer() as connection,
            connection.cursor() as cursor,
            cursor.copy(f"COPY {SCHEMA}.bench_heard ({COLUMNS}) FROM STDIN (FORMAT csv)".encode()) as copy,
        ):
            copy.write(rows)

    def both(_: int) -> None:
        ingest_file(listener, TENANT, path)
        label(listener, TENANT)

    contenders: list[tuple[str, Callable[[int], object], float]] = [
        ("COPY of the parsed events, sorted, key only (limit)", copying, 1.0),
        ("Liftline: parse, dedupe, match, store", lambda _: ingest_file(listener, TENANT, path), 1.0),
        ("Liftline: the same, and label", both, 1.0),
        ("Liftline: classify a file, no database", lambda _: classify_file(policies, path, folder / "o.csv"), 1.0),
        ("one INSERT ... ON CONFLICT an event", lambda _: _one_by_one(services, few), min(ONE_BY_ONE / events, 1.0)),
    ]
    return Comparison(
        f"Hearing {events:,} events",
        [Contender(name, run, share, clear=clear) for name, run, share in contenders],
        "storing at most 2x COPY, and 40x faster than an INSERT an event",
    )


COLUMNS = (
    "tenant_id, provider, event_id, seq, event, occurred_at, received_at, message_id, channel, domain, url, ip, "
    "user_agent, machine, hidden, raw, recipient"
)


def _as_csv(listener: Listener, path: Path) -> bytes:
    told = pl.concat([ready(listener, part) for part in read_file(path)]).unique("event_id").sort("event_id")
    rows = told.select(
        pl.lit(TENANT).alias("tenant_id"), pl.lit("sendgrid").alias("provider"), "event_id",
        pl.int_range(pl.len()).alias("seq"), "event", "occurred_at",
        pl.lit(datetime.now(UTC)).alias("received_at"), "message_id", pl.lit("email").alias("channel"), "domain", "url",
        "ip", "user_agent", "machine", "hidden", "raw", pl.col("message_id").alias("recipient"),
    )  # fmt: skip
    return rows.write_csv(include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.f+00").encode()


def _one_by_one(services: Services, path: Path) -> None:
    listener = replace(services.listener)
    told = pl.concat([ready(listener, part) for part in read_file(path)])
    insert = (
        "INSERT INTO provider_events (tenant_id, provider, event_id, event, occurred_at, received_at, message_id, "
        "channel, machine, raw) VALUES (%s, 'sendgrid', %s, %s, %s, now(), %s, 'email', %s, %s) ON CONFLICT DO NOTHING"
    )
    with services.database.session(TENANT) as session:
        for row in told.select("event_id", "event", "occurred_at", "message_id", "machine", "raw").iter_rows():
            with session.transaction() as connection:
                connection.execute(insert, (TENANT, *row))
