"""The recipient guardrails over a whole audience, beside a bare join and count of the same tables."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

from psycopg import ClientCursor, sql

from benchmarks.harness import Comparison, Contender
from pipelines.commands.screen import err
from pipelines.database import OWNER, Connection, Database
from pipelines.safety.guardrails.reasons import Counted
from pipelines.safety.guardrails.run import Gatehouse, decide_audience, decide_one
from pipelines.safety.guardrails.store import RULES, Store
from pipelines.services import Services

TENANT, CAMPAIGN = "bench-guardrails", "bench"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ONES = 200

# The join that any check of these facts must make, with nothing decided: the same tables by the same keys.
BARE = """
    SELECT count(*) AS n
    FROM segment_members AS m
    LEFT JOIN customers AS c ON c.tenant_id = %(t)s AND c.customer_id = m.customer_id
    LEFT JOIN profiles AS p
        ON p.tenant_id = %(t)s AND p.as_of = %(now)s AND p.customer_id = m.customer_id
    LEFT JOIN consents AS k ON k.tenant_id = %(t)s AND k.customer_id = m.customer_id
    LEFT JOIN suppressions AS x ON x.tenant_id = %(t)s AND decode(x.address_hash, 'hex')
        = sha256(convert_to(%(t)s || ':' || lower(c.email), 'UTF8'))
    LEFT JOIN preferences AS f ON f.tenant_id = %(t)s AND f.customer_id = m.customer_id
    LEFT JOIN events AS e ON e.tenant_id = %(t)s AND e.customer_id = m.customer_id
    LEFT JOIN sends AS s ON s.tenant_id = %(t)s AND s.customer_id = m.customer_id
    WHERE m.tenant_id = %(t)s
"""

HEAD = (
    "INSERT INTO campaigns VALUES (%(t)s, 'bench', 'Bench', 'b', '{}', 'email', 'active', 'bench', %(now)s)",
    "INSERT INTO audience_units "
    "VALUES (%(t)s, 'bench', 'segment', 'all', 'all', '', '{}', %(n)s, 's1', '', '{}', %(now)s)",
    "INSERT INTO segment_snapshots SELECT %(t)s, 's1', 'rfm', %(now)s, NULL, '{}', %(n)s, %(now)s",
    "INSERT INTO screenings SELECT %(t)s, 'h1', 'p1', 'pass', false, NULL, NULL, '{}', '{}', '[]', 'r', 'bench', '1', "
    "NULL, %(now)s",
)
PEOPLE = (
    """
    INSERT INTO customers (
        tenant_id, customer_id, email, phone, country, region, time_zone, source_seq, changed_seq, source_line
    )
    SELECT
        %(t)s, 'c' || lpad(n::text, 8, '0'), 'person' || n || '@example.com', '+4930' || lpad(n::text, 8, '0'),
        (ARRAY['DE', 'FR', 'US', 'GB', 'BR', NULL])[1 + mod(n, 6)], CASE WHEN mod(n, 12) = 2 THEN 'CA' END,
        'Europe/Berlin', 1, 1, n
    FROM generate_series(1, %(n)s::bigint) AS n
    """,
    """
    INSERT INTO segment_members
    SELECT %(t)s, 's1', 'c' || lpad(n::text, 8, '0'), 'all', 'everybody' FROM generate_series(1, %(n)s::bigint) AS n
    """,
    """
    INSERT INTO profiles
    SELECT
        %(t)s, 'c' || lpad(n::text, 8, '0'), %(now)s, 10, mod(n, 7), mod(n * 31, 6000), 10, 3, 3, 3,
        mod(n * 7, 10) / 10.0, 5, (ARRAY['active', 'at_risk', 'new'])[1 + mod(n, 3)], 0.2, 9
    FROM generate_series(1, %(n)s::bigint) AS n
    """,
    """
    INSERT INTO consents (
        tenant_id, customer_id, channel, purpose, occurred_at, status, source_seq, source_line
    )
    SELECT
        %(t)s, 'c' || lpad((1 + mod(n, %(n)s::bigint))::text, 8, '0'), 'email',
        CASE WHEN mod(n, 50) = 0 THEN 'objection' ELSE 'marketing' END,
        %(now)s - make_interval(hours => n::integer * 4 / (%(n)s / 10000)),
        CASE WHEN mod(n, 11) = 0 THEN 'denied' ELSE 'granted' END, 1, n
    FROM generate_series(1, %(n)s::bigint * 6 / 5) AS n
    """,
    """
    INSERT INTO suppressions
    SELECT
        %(t)s, address_hash(%(t)s, 'person' || n * 40 || '@example.com'), 'email',
        (ARRAY['unsubscribe', 'hard_bounce', 'complaint', 'erasure'])[1 + mod(n, 4)], %(now)s, NULL, 1, n
    FROM generate_series(1, %(n)s::bigint / 40) AS n
    """,
    """
    INSERT INTO preferences
    SELECT
        %(t)s, 'c' || lpad((n * 50)::text, 8, '0'), 'only_channel', %(now)s,
        CASE WHEN mod(n, 2) = 0 THEN 'sms' ELSE 'any' END, 'bench'
    FROM generate_series(1, %(n)s::bigint / 50) AS n
    """,
    """
    INSERT INTO events (
        tenant_id, event_id, customer_id, event, occurred_at, source_seq, source_line, changed_seq
    )
    SELECT
        %(t)s, 'e' || lpad(n::text, 9, '0'), 'c' || lpad((1 + mod(n * 7919, %(n)s::bigint))::text, 8, '0'),
        (ARRAY['open', 'open', 'click', 'delivered', 'bounce'])[1 + mod(n, 5)],
        %(now)s - make_interval(mins => mod(n, 500000)::integer), 1, n, 1
    FROM generate_series(1, %(n)s::bigint) AS n
    """,
    """
    INSERT INTO sends (
        tenant_id, campaign_id, customer_id, step, channel, message_id, variant_id, version, content_hash,
        policy_version, state, marketing, queued_at, claimed_at, cost_usd
    )
    SELECT
        %(t)s, 'other' || n / %(n)s::bigint, 'c' || lpad((1 + mod(n * 104729, %(n)s::bigint))::text, 8, '0'), 1,
        'email', 'm' || lpad(n::text, 9, '0'), 'v', 1, 'h1', 'p1', 'delivered', true,
        %(now)s - make_interval(mins => mod(n, 40000)::integer),
        %(now)s - make_interval(mins => mod(n, 40000)::integer), 0.0001
    FROM generate_series(1, %(n)s::bigint) AS n
    """,
)
TABLES = (
    "segment_members", "segment_snapshots", "audience_units", "sends", "screenings", "preferences", "consents",
    "suppressions", "profiles", "events", "customers", "recipient_decisions", "eligibility_runs", "escalations",
    "campaigns",
)  # fmt: skip


def seed(database: Database, customers: int) -> None:
    """Fill the benchmark's tenant, unless it holds as many customers already."""
    with database.connect(OWNER) as connection:
        connection.execute("INSERT INTO tenants VALUES (%s, 'Benchmark') ON CONFLICT DO NOTHING", (TENANT,))
    with database.transaction(TENANT) as connection:
        held = connection.execute("SELECT count(*) AS n FROM customers").fetchone()
    if held and held["n"] == customers:
        return
    with database.transaction(TENANT, role=OWNER) as connection:
        for table in TABLES:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    with database.transaction(TENANT) as connection:
        for statement in (*HEAD, *PEOPLE):
            ClientCursor(connection).execute(statement.encode(), {"t": TENANT, "n": customers, "now": NOW})
    with database.connect(OWNER) as connection:
        connection.autocommit = True
        connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.SQL(", ").join(map(sql.Identifier, TABLES))))


def eligibility(services: Services, customers: int) -> Comparison:
    """The comparison over customers with a message, an event, a profile and a consent or more each."""
    database = services.database
    seed(database, customers)
    gatehouse = Gatehouse(database, services.gatehouse.policies, services.gatehouse.personas, lambda: NOW)

    def bare(_: int) -> None:
        with database.transaction(TENANT) as connection:
            connection.execute(RULES["set_based"])
            ClientCursor(connection).execute(BARE.encode(), {"now": NOW, "t": TENANT})

    def deciding(_: int) -> None:
        with database.transaction(TENANT) as connection:
            _decided(connection, gatehouse)

    def digesting(_: int) -> None:
        with database.transaction(TENANT) as connection:
            store = Store(connection, TENANT)
            store.name_outcomes(_decided(connection, gatehouse))
            store.digest()

    def clear() -> None:
        with database.transaction(TENANT, role=OWNER) as connection:
            connection.execute("DELETE FROM recipient_decisions")
            connection.execute("DELETE FROM eligibility_runs")

    def storing(_: int) -> None:
        assert decide_audience(gatehouse, TENANT, CAMPAIGN, by="bench").new

    def ones(_: int) -> None:
        err.print(f"One customer decided and logged: {_percentiles(gatehouse, customers)}", highlight=False)

    return Comparison(
        f"Eligibility of {customers:,} customers, every recipient guardrail with its reasons",
        [
            Contender("bare hash join of the same tables and count", bare),
            Contender("every customer decided, with all reasons", deciding),
            Contender("the same and its digest", digesting),
            Contender("the same, stored and logged: liftline safety eligibility", storing, clear=clear),
            Contender(f"{ONES} single customers decided and logged", ones),
        ],
        "deciding at most 3 times the bare join; one customer within 50 ms (p95)",
    )


def _decided(connection: Connection, gatehouse: Gatehouse) -> list[Counted]:
    store = Store(connection, TENANT)
    return store.decide(store.campaign(CAMPAIGN), gatehouse.policy(TENANT), NOW, gatehouse.personas)


def _percentiles(gatehouse: Gatehouse, customers: int) -> str:
    taken = [
        _timed(lambda n=n: decide_one(gatehouse, TENANT, CAMPAIGN, f"c{1 + n * 4099 % customers:08}", by="bench"))  # type: ignore[misc]
        for n in range(ONES)
    ]
    cuts = statistics.quantiles(taken, n=20)
    return f"p50 {cuts[9] * 1000:.1f} ms, p95 {cuts[18] * 1000:.1f} ms"


def _timed(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began
