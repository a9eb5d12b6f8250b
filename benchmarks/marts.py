"""The marts built whole and after 1 % new events, beside one hand-written SQL; and the reports made of them."""

from __future__ import annotations

from benchmarks.harness import Comparison, Contender
from pipelines.database import DBT, OWNER, Database
from pipelines.reporting.run import build, refresh
from pipelines.services import Services

TENANT = "bench-marts"
EVENTS_A_MESSAGE = 4
CAMPAIGNS = 100
MONTH = "2026-11"

# One text for all: what is measured is counting, not content.
SEED = (
    """
    INSERT INTO campaigns (tenant_id, campaign_id, name, brief_hash, brief, channel, status, created_by, created_at)
    SELECT current_setting('liftline.tenant'), 'k' || n, 'Campaign ' || n, 'h', '{}', 'email', 'active', 'b',
        '2026-01-01'
    FROM generate_series(0, %(campaigns)s - 1) AS n
    """,
    """
    INSERT INTO audience_units (tenant_id, campaign_id, unit_kind, unit_id, label, description, traits, size,
        snapshot_id,
        query, passage_ids, retrieved_at)
    SELECT tenant_id, campaign_id, 'segment', 'u' || n, 'u', 'u', '{}', 1, 's', 'q', '{}', now()
    FROM campaigns CROSS JOIN generate_series(0, 3) AS n
    """,
    """
    INSERT INTO variants (tenant_id, variant_id, version, campaign_id, unit_kind, unit_id, strategy, channel, status,
        code, reason, message, content_hash, subject, preheader, html, body, confidence, source, created_by, created_at)
    SELECT tenant_id, campaign_id || unit_id || t, 1, campaign_id, 'segment', unit_id, t, 'email', 'drafted', 'c',
        'r', 'm', 'bench', 's', 'p', 'h', 'b', 0.5, 'offline', 'b', now()
    FROM audience_units CROSS JOIN unnest(ARRAY['professional', 'friendly']) AS t
    """,
    """
    INSERT INTO screenings (tenant_id, content_hash, policy_version, decision, undecided, severities, blocklist_hits,
        findings, reason, screen, screen_version, screened_at)
    SELECT current_setting('liftline.tenant'), 'bench', 'p', 'pass', false, '{}', '{}', '[]', 'so', 's', '1', now()
    """,
    """
    INSERT INTO customers (tenant_id, customer_id, email, source_seq, source_line, changed_seq)
    SELECT current_setting('liftline.tenant'), 'c' || n, 'p' || n || '@' || 'd' || mod(n, 20) || '.example', 1, n, 1
    FROM generate_series(1, greatest(%(messages)s / 25, 100)) AS n
    """,
    """
    INSERT INTO sends (tenant_id, campaign_id, customer_id, step, channel, message_id, variant_id, version,
        content_hash, policy_version, arm, unit_id, state, marketing, cost_usd, queued_at, claimed_at, settled_at)
    SELECT current_setting('liftline.tenant'), k, 'c' || c, 1, 'email', 'm' || n,
        k || 'u' || mod(c, 4) || CASE WHEN mod(c, 8) < 4 THEN 'professional' ELSE 'friendly' END, 1, 'bench', 'p', 'a',
        'u' || mod(c, 4), 'delivered', true, 0.001, d, d, d
    FROM (
        SELECT n, 'k' || n * %(campaigns)s / %(messages)s AS k,
            1 + mod(n, greatest(%(messages)s / 25, 100)) AS c,
            timestamptz '2026-11-01' + n * 3 / %(messages)s * interval '1 day' AS d
        FROM generate_series(0, %(messages)s - 1) AS n
    ) AS drawn
    """,
    """
    INSERT INTO label_rules_in_force (tenant_id, rule_version, in_force_since)
    SELECT current_setting('liftline.tenant'), 'r1', '2026-01-01'
    """,
)
# Of every message: it arrived, a proxy opened it, and a person or a scanner did something.
EVENTS = """
    INSERT INTO provider_events (tenant_id, provider, event_id, event, occurred_at, received_at, message_id,
        campaign_id,
        customer_id, channel, raw)
    SELECT tenant_id, 'bench', message_id || '/' || %(after)s || '+' || n,
        (ARRAY['delivered', 'opened', 'opened', 'clicked'])[1 + mod(n, 4)], claimed_at + n * interval '1 hour',
        %(received)s::timestamptz, message_id, campaign_id, customer_id, channel, '{}'
    FROM sends CROSS JOIN generate_series(0, %(each)s - 1) AS n
    WHERE campaign_id = ANY(%(campaigns)s)
"""
LABELS = """
    INSERT INTO event_labels (tenant_id, provider, event_id, rule_version, verdict, score, reasons, labelled_at)
    SELECT tenant_id, provider, event_id, 'r1', (ARRAY['human', 'proxy', 'human', 'bot'])[1 + mod(seq, 4)], 0.5, '{}',
        received_at
    FROM provider_events
    WHERE seq > %(after)s
"""
# The same figures by one statement that knows the answer it wants: messages, then every count of the marts at once.
BY_HAND = """
    WITH heard AS (
        SELECT e.tenant_id, e.message_id, bool_or(e.event IN ('bounced', 'dropped')) AS bounced,
            bool_or(e.event IN ('delivered', 'opened', 'clicked', 'replied')) AS arrived,
            bool_or(e.event = 'complained') AS complained, bool_or(e.event = 'unsubscribed') AS unsubscribed,
            min(e.occurred_at) FILTER (WHERE l.verdict = 'human' AND e.event IN ('opened', 'clicked', 'replied')) AS at,
            count(*) FILTER (WHERE e.event = 'converted' AND l.verdict = 'human') AS conversions,
            count(*) FILTER (WHERE e.event = 'replied' AND l.verdict = 'human') AS replies,
            count(*) FILTER (WHERE e.event = 'opened' AND l.verdict = 'human') AS opens_human,
            count(*) FILTER (WHERE e.event = 'opened' AND l.verdict = 'proxy') AS opens_proxy,
            count(*) FILTER (WHERE e.event = 'opened' AND l.verdict = 'bot') AS opens_bot,
            count(*) FILTER (WHERE e.event = 'clicked' AND l.verdict = 'human') AS clicks_human,
            count(*) FILTER (WHERE e.event = 'clicked' AND l.verdict = 'proxy') AS clicks_proxy,
            count(*) FILTER (WHERE e.event = 'clicked' AND l.verdict = 'bot') AS clicks_bot
        FROM liftline.provider_events AS e
        LEFT JOIN liftline.label_rules_in_force AS f ON f.tenant_id = e.tenant_id
        LEFT JOIN liftline.event_labels AS l
            ON l.tenant_id = e.tenant_id AND l.provider = e.provider AND l.event_id = e.event_id
            AND l.rule_version = f.rule_version
        GROUP BY e.tenant_id, e.message_id
    )
    SELECT s.tenant_id, s.campaign_id, s.variant_id, s.unit_id, s.channel, split_part(c.email, '@', 2) AS domain,
        s.customer_id, count(*) AS sent, count(*) FILTER (WHERE h.arrived AND NOT h.bounced) AS delivered,
        count(*) FILTER (WHERE h.bounced) AS bounced,
        count(*) FILTER (WHERE h.opens_human + h.clicks_human > 0) AS opened,
        count(*) FILTER (WHERE h.clicks_human > 0) AS clicked, count(*) FILTER (WHERE h.replies > 0) AS replied,
        count(*) FILTER (WHERE h.conversions > 0) AS converted, count(*) FILTER (WHERE h.complained) AS complained,
        count(*) FILTER (WHERE h.unsubscribed) AS unsubscribed, sum(h.opens_human) AS opens_human,
        sum(h.opens_proxy) AS opens_proxy, sum(h.opens_bot) AS opens_bot, sum(h.clicks_human) AS clicks_human,
        sum(h.clicks_proxy) AS clicks_proxy, sum(h.clicks_bot) AS clicks_bot, max(h.at) AS last_engaged_at,
        sum(s.cost_usd) AS cost_usd
    FROM liftline.sends AS s
    LEFT JOIN heard AS h ON h.tenant_id = s.tenant_id AND h.message_id = s.message_id
    LEFT JOIN liftline.customers AS c ON c.tenant_id = s.tenant_id AND c.customer_id = s.customer_id
    GROUP BY GROUPING SETS (
        (s.tenant_id, s.campaign_id, s.channel), (s.tenant_id, s.campaign_id, s.variant_id, s.unit_id),
        (s.tenant_id, s.channel, split_part(c.email, '@', 2)), (s.tenant_id, s.customer_id)
    )
"""


def building(services: Services, events: int) -> Comparison:
    """The comparison over so many events, four a message, in a hundred campaigns."""
    database, newsroom = services.database, services.newsroom
    _seed(database, events)

    def by_hand(_: int) -> None:
        with database.connect(DBT) as connection:
            connection.execute("SET LOCAL work_mem = '256MB'")
            connection.execute(f"CREATE TABLE liftline_marts.bench_by_hand AS {BY_HAND}")
            connection.rollback()

    def one_percent_more() -> None:
        # What is new belongs to the newest campaign, and came long after all before: nothing is looked for twice.
        _add(database, ["k99"], EVENTS_A_MESSAGE, received="now")

    return Comparison(
        f"Marts of {events:,} events: 26 models with their tests, docs left out",
        [
            Contender("one SQL by hand: the counts of messages by campaign, variant, domain and customer", by_hand),
            Contender("liftline reporting refresh --full", lambda _: refresh(newsroom, full=True)),
            Contender(
                "liftline reporting refresh, 1 % new events", lambda _: refresh(newsroom), clear=one_percent_more
            ),
            Contender("liftline reporting refresh, nothing new", lambda _: refresh(newsroom)),
            Contender(
                "four reports: page with charts, PDF, CSV, JSON",
                lambda _: build(newsroom, TENANT, MONTH, by="bench"),
                clear=lambda: _forget_reports(database),
            ),
        ],
        "full <= 1.6x the SQL; after 1 % new events <= 0.1x the full build",
    )


def _seed(database: Database, events: int) -> None:
    with database.connect(OWNER) as connection:
        connection.execute("INSERT INTO tenants VALUES (%s, 'Benchmark') ON CONFLICT DO NOTHING", (TENANT,))
    with database.transaction(TENANT) as connection:
        if connection.execute("SELECT 1 FROM campaigns LIMIT 1").fetchone():
            return
        for statement in SEED:
            connection.execute(statement, {"campaigns": CAMPAIGNS, "messages": events // EVENTS_A_MESSAGE})
    _add(database, [f"k{n}" for n in range(CAMPAIGNS)], EVENTS_A_MESSAGE, received="2026-11-10")


def _add(database: Database, campaigns: list[str], each: int, *, received: str) -> None:
    with database.transaction(TENANT) as connection:
        row = connection.execute("SELECT coalesce(max(seq), 0) AS seq FROM provider_events").fetchone()
        after = row["seq"] if row else 0
        connection.execute(EVENTS, {"campaigns": campaigns, "each": each, "after": after, "received": received})
        connection.execute(LABELS, {"after": after})
    with database.connect(OWNER) as connection:
        connection.autocommit = True
        connection.execute("VACUUM (ANALYZE) provider_events, event_labels, sends, customers")


def _forget_reports(database: Database) -> None:
    with database.connect(OWNER) as connection:
        connection.execute("TRUNCATE reports")
