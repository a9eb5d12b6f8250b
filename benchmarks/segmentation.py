"""Segmentation beside its limit, one bare aggregate over the same orders, and beside the usual pandas."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg

from benchmarks.harness import Comparison, Contender
from pipelines.database import OWNER, Database
from pipelines.segmentation.run import run
from pipelines.services import Services

TENANT = "bench-segmentation"
SHARE = 0.1
AS_OF = datetime(2026, 6, 30, 23, 59, 59, 999999, tzinfo=UTC)
SCHEMES = ("rfm", "rules", "kmeans")
LIMIT = "SELECT customer_id, count(*), sum(amount), max(ordered_at) FROM orders GROUP BY 1"

CUSTOMERS = """
    INSERT INTO customers (
        tenant_id, customer_id, email, country, time_zone, signup_date, tags, source_seq, changed_seq, source_line
    )
    SELECT
        current_setting('liftline.tenant'),
        'c' || lpad(n::text, 8, '0'),
        'person' || n || '@example.com',
        (ARRAY['DE', 'FR', 'US', 'GB', 'JP'])[1 + mod(n, 5)],
        (ARRAY['Europe/Berlin', 'Europe/Paris', 'America/New_York', 'Europe/London', NULL])[1 + mod(n, 5)],
        date '2026-06-30' - (mod(n * 7919, 900))::integer,
        CASE WHEN mod(n, 50) = 0 THEN ARRAY['vip'] END,
        1,
        1,
        n
    FROM generate_series(1, %(customers)s::bigint) AS n
"""
# Skewed, as buyers are: the square of a uniform number gives a few customers many orders; about 40 % never bought.
ORDERS = """
    INSERT INTO orders (
        tenant_id, order_id, customer_id, ordered_at, amount, currency, source_seq, changed_seq, source_line
    )
    SELECT
        current_setting('liftline.tenant'),
        'o' || lpad(n::text, 9, '0'),
        'c' || lpad((1 + floor(%(customers)s * 0.6 * power(random(), 2)))::bigint::text, 8, '0'),
        timestamptz '2026-06-30 12:00+00' - make_interval(hours => (power(random(), 1.5) * 24 * 800)::integer),
        round((5 + 200 * power(random(), 3))::numeric, 2),
        'EUR',
        1,
        1,
        n
    FROM generate_series(1, %(orders)s::bigint) AS n
"""
EVENTS = """
    INSERT INTO events (
        tenant_id, event_id, customer_id, event, occurred_at, label, source_seq, changed_seq, source_line
    )
    SELECT
        current_setting('liftline.tenant'),
        'e' || lpad(n::text, 9, '0'),
        'c' || lpad((1 + floor(%(customers)s * power(random(), 1.5)))::bigint::text, 8, '0'),
        (ARRAY['open', 'open', 'opened', 'click', 'delivered', 'bounce'])[1 + mod(n, 6)],
        timestamptz '2026-06-30 12:00+00' - make_interval(mins => (random() * 24 * 60 * 400)::integer),
        CASE WHEN mod(n, 7) = 0 THEN 'bot' ELSE 'human' END,
        1,
        1,
        n
    FROM generate_series(1, %(events)s::bigint) AS n
"""


def seed(database: Database, tenant: str, customers: int, orders: int, events: int = 0) -> None:
    """Fill `tenant` with invented customers, orders and events, unless it holds as many customers already."""
    with database.connect(OWNER) as connection:
        connection.execute("INSERT INTO tenants VALUES (%s, 'Benchmark') ON CONFLICT DO NOTHING", (tenant,))
    with database.transaction(tenant) as connection:
        held = connection.execute("SELECT count(*) AS n FROM customers").fetchone()
        if held and held["n"] == customers:
            return
        connection.execute("DELETE FROM events")
        connection.execute("DELETE FROM orders")
        connection.execute("DELETE FROM customers")
        connection.execute("SELECT setseed(0.42)")
        sizes = {"customers": customers, "orders": orders, "events": events}
        for statement in (CUSTOMERS, ORDERS, EVENTS):
            connection.execute(statement, sizes)
    with database.connect(OWNER) as connection:
        connection.autocommit = True
        connection.execute("VACUUM (ANALYZE) customers, orders, events")


def segmenting(services: Services, customers: int) -> Comparison:
    """The comparison over customers with three orders each, its data made."""
    database, policies = services.database, services.settings.liftline_policies
    seed(database, TENANT, customers, 3 * customers)
    part = f"{TENANT}-part"
    seed(database, part, int(customers * SHARE), int(3 * customers * SHARE))
    with database.connect(OWNER) as connection:
        connection.execute("TRUNCATE profiles, segment_snapshots, segments, segment_members")

    def limit(_: int) -> None:
        with database.transaction(TENANT) as connection:
            connection.execute(f"SELECT count(*) FROM ({LIMIT}) AS bare")

    def scheme(name: str, offset: int) -> Contender:
        def segment(turn: int) -> None:
            # A later moment each time, as in life, or the second run would find everything in place.
            moment = AS_OF - timedelta(hours=1) + timedelta(seconds=len(SCHEMES) * turn + offset)
            run(database, tenant=TENANT, scheme=name, as_of=moment, policies=policies, clock=lambda: AS_OF)

        return Contender(f"liftline segmentation run --scheme {name}", segment)

    return Comparison(
        f"Segmentation of {customers:,} customers with {3 * customers:,} orders, profiles and reasons stored",
        [
            Contender("one bare aggregate over the orders", limit),
            *(scheme(name, offset) for offset, name in enumerate(SCHEMES)),
            Contender(
                "pandas qcut + full KMeans + to_sql", lambda _: _conventional(database, part), share=SHARE, rounds=2
            ),
        ],
        "<= 0.3 s for RFM and clusters of a million in memory; what is stored comes on top",
    )


def _conventional(database: Database, tenant: str) -> None:
    import pandas as pd
    from sklearn.cluster import KMeans
    from sqlalchemy import create_engine

    with database.transaction(tenant) as connection:
        orders = pd.DataFrame(connection.execute("SELECT customer_id, ordered_at, amount FROM orders").fetchall())
    orders["amount"] = orders["amount"].astype(float)
    grouped = orders.groupby("customer_id").agg(
        last=("ordered_at", "max"), frequency=("amount", "size"), monetary=("amount", "sum")
    )
    grouped["recency"] = (pd.Timestamp(AS_OF) - grouped["last"]).dt.days
    for name in ("recency", "frequency", "monetary"):
        grouped[name[0]] = pd.qcut(grouped[name].rank(method="first"), 5, labels=False) + 1
    features = grouped[["recency", "frequency", "monetary"]]
    scaled = (features - features.mean()) / features.std()
    grouped["segment"] = KMeans(n_clusters=6, n_init=10, random_state=7).fit_predict(scaled)
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(database.owner_login))
    grouped.drop(columns="last").to_sql("bench_segments", engine, if_exists="replace", chunksize=10_000)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE bench_segments")
    engine.dispose()
