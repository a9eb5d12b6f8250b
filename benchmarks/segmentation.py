"""Segmentation of N customers beside its limit: one bare aggregate over the same orders.

LIFTLINE_HOME=/tmp/somewhere .venv/bin/python -m benchmarks.segmentation 1000000
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from pipelines.database import OWNER, Database
from pipelines.segmentation.run import run
from pipelines.services import open_services

TENANT = "bench-segmentation"
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
        connection.execute("ANALYZE customers, orders, events")


def seconds(work: Callable[[], object]) -> float:
    """How long `work` took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(customers: int, rounds: int = 3) -> None:
    """Print the median of each scheme beside the limit, taken in turn."""
    services = open_services()
    database = services.database
    seed(database, TENANT, customers, 3 * customers)

    def limit() -> None:
        with database.transaction(TENANT) as connection:
            connection.execute(f"SELECT count(*) FROM ({LIMIT}) AS bare")

    def segment(scheme: str, turn: int) -> None:
        moment = AS_OF - timedelta(microseconds=turn)  # a moment of its own, or the second run would have nothing to do
        policies = services.settings.liftline_policies
        run(database, tenant=TENANT, scheme=scheme, as_of=moment, policies=policies, clock=lambda: AS_OF)

    times: dict[str, list[float]] = {name: [] for name in ("limit", *SCHEMES)}
    for turn in range(rounds):
        times["limit"].append(seconds(limit))
        for number, scheme in enumerate(SCHEMES):
            times[scheme].append(seconds(lambda s=scheme, t=10 * turn + number: segment(s, t)))  # type: ignore[misc]
    bare = statistics.median(times["limit"])
    print(f"{customers:,} customers, {3 * customers:,} orders, medians of {rounds}")
    for name, taken in times.items():
        print(f"{name:8} {statistics.median(taken):8.2f} s {statistics.median(taken) / bare:6.2f} x the bare aggregate")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
