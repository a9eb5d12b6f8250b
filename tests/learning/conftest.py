"""Tenants whose future follows from their past, so that there is something to learn."""

from datetime import UTC, datetime

import pytest

from pipelines.generation.run import prompt_version_now
from pipelines.learning.policy import read_learning_policy
from pipelines.learning.ports import Workshop

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)

CUSTOMERS = """
    INSERT INTO customers (
        tenant_id, customer_id, email, country, time_zone, signup_date, job_title, source_seq, changed_seq, source_line
    )
    SELECT
        current_setting('liftline.tenant'), 'c' || lpad(n::text, 6, '0'), 'person' || n || '@example.com',
        (ARRAY['DE', 'FR', 'US'])[1 + mod(n, 3)], (ARRAY['Europe/Berlin', NULL, 'America/New_York'])[1 + mod(n, 3)],
        date '2024-01-01' + mod(n * 7, 400), (ARRAY['Buyer', 'Owner', NULL])[1 + mod(n / 3, 3)], 1, 1, n
    FROM generate_series(1, %(customers)s) AS n
"""
# Every tenth of the customers orders at a pace of its own, and chance decides on each month: regular buyers stay.
ORDERS = """
    INSERT INTO orders (
        tenant_id, order_id, customer_id, ordered_at, amount, currency, source_seq, changed_seq, source_line
    )
    SELECT
        current_setting('liftline.tenant'), 'o' || n || '-' || month, 'c' || lpad(n::text, 6, '0'),
        timestamptz '2026-11-01' - make_interval(days => month * 30, hours => mod(n * 13, 600)),
        20 + mod(n * 17 + month * 5, 80), 'EUR', 1, 1, n * 100 + month
    FROM generate_series(1, %(customers)s) AS n, generate_series(0, 23) AS month
    WHERE ('x' || substr(md5(n || ' ' || month), 1, 6))::bit(24)::integer / 16777216.0 < 0.02 + 0.045 * mod(n, 10)
"""
CAMPAIGN = """
    INSERT INTO campaigns (tenant_id, campaign_id, name, brief_hash, brief, channel, created_by, created_at)
    VALUES (current_setting('liftline.tenant'), %(campaign)s, %(campaign)s, %(campaign)s,
            '{"tone": "warm"}', 'email', 'olga', '2026-05-01')
"""
UNIT = """
    INSERT INTO audience_units
    VALUES (current_setting('liftline.tenant'), %(campaign)s, 'segment', 'regulars', 'regulars', 'd', '{}', 100, 's',
            'q', '{}', '2026-05-01')
"""
VARIANT = """
    INSERT INTO variants (
        tenant_id, variant_id, version, campaign_id, unit_kind, unit_id, strategy, channel, status, code, reason,
        message, content_hash, subject, preheader, html, body, confidence, source, created_by, created_at
    )
    VALUES (current_setting('liftline.tenant'), %(variant)s, 1, %(campaign)s, 'segment', 'regulars', %(strategy)s,
            'email', 'drafted', 'verified', 'r', %(message)s, %(variant)s, %(subject)s, 'p', 'h', 'one two three', 0.03,
            'offline', 'olga', '2026-05-01')
"""
SCREENING = """
    INSERT INTO screenings (
        tenant_id, content_hash, policy_version, decision, undecided, category, severity, severities, blocklist_hits,
        findings, reason, screen, screen_version, screened_at
    )
    VALUES (current_setting('liftline.tenant'), %(variant)s, 'p1', 'pass', false, NULL, 0, '{}', '{}', '[]', 'r',
            'offline', '1', '2026-05-01')
"""
SENDS = """
    INSERT INTO sends (
        tenant_id, campaign_id, customer_id, step, channel, message_id, variant_id, version, content_hash,
        policy_version, state, marketing, queued_at, claimed_at, settled_at
    )
    SELECT
        current_setting('liftline.tenant'), %(campaign)s, 'c' || lpad(n::text, 6, '0'), 1, 'email',
        %(campaign)s || '-' || n, (%(variants)s::text[])[1 + mod(n, 2)], 1, (%(variants)s::text[])[1 + mod(n, 2)], 'p1',
        'delivered', true, moment, moment, moment
    FROM generate_series(%(first)s, %(first)s + %(customers)s - 1) AS n,
        LATERAL (SELECT %(at)s::timestamptz + make_interval(mins => mod(abs(hashint4(n::integer)), 1440)) AS moment)
"""
# By default the first variant is answered three times as often; who orders often answers often.
EVENTS = """
    INSERT INTO provider_events (
        tenant_id, provider, event_id, event, occurred_at, received_at, message_id, campaign_id, customer_id,
        channel, raw
    )
    SELECT s.tenant_id, 'test', 'e-' || s.message_id, 'clicked', s.claimed_at + interval '2 hours', s.claimed_at,
        s.message_id, s.campaign_id, s.customer_id, 'email', '{}'
    FROM sends AS s
    WHERE s.campaign_id = %(campaign)s
        AND ('x' || substr(md5(s.message_id), 1, 6))::bit(24)::integer / 16777216.0
        < CASE WHEN s.variant_id = (%(variants)s::text[])[1] THEN %(asking)s ELSE %(telling)s END
            * (0.4 + 0.15 * mod(substr(s.customer_id, 2)::integer, 10))
"""
LABELS = """
    INSERT INTO event_labels
    SELECT e.tenant_id, e.provider, e.event_id, 'v1', %(verdict)s, 0.9, '{}', e.received_at FROM provider_events AS e
    WHERE e.campaign_id = %(campaign)s
"""
RULES = """
    INSERT INTO label_rules_in_force VALUES (current_setting('liftline.tenant'), 'v1', '2026-01-01')
    ON CONFLICT DO NOTHING
"""
MESSAGE = """{"subject": {"text": "%s", "passage_ids": []}, "preheader": {"text": "Look inside", "passage_ids": []},
"blocks": [{"kind": "paragraph", "sentences": [{"text": "One two three.", "passage_ids": []}]}],
"call_to_action": {"text": "Look", "passage_ids": []}}"""


@pytest.fixture
def shop(database, tenant):
    """Fill the tenant with customers and two years of orders."""

    def fill(customers=3000):
        with database.transaction(tenant) as connection:
            for statement in (CUSTOMERS, ORDERS):
                connection.execute(statement, {"customers": customers})
        return tenant

    return fill


@pytest.fixture
def mailing(database, tenant):
    """Send a campaign of two variants to the tenant's customers and have people answer."""

    def send(campaign, at, customers=3000, verdict="human", *, first=1, asking=0.06, telling=0.02):
        variants = [f"{campaign}-ask", f"{campaign}-tell"]
        with database.transaction(tenant) as connection:
            connection.execute(CAMPAIGN, {"campaign": campaign})
            connection.execute(UNIT, {"campaign": campaign})
            for variant, strategy, subject in zip(
                variants, ("curiosity", "direct"), ("Cold feet?", "Wool throws cost 79 EUR"), strict=True
            ):
                told = {"variant": variant, "strategy": strategy, "subject": subject, "campaign": campaign}
                connection.execute(VARIANT, {**told, "message": MESSAGE % subject})
                connection.execute(SCREENING, told)
            told = {"campaign": campaign, "variants": variants, "customers": customers, "at": at, "verdict": verdict,
                    "first": first, "asking": asking, "telling": telling}  # fmt: skip
            for statement in (SENDS, EVENTS, LABELS, RULES):
                connection.execute(statement, told)
        return variants

    return send


@pytest.fixture
def workshop(database, services, tmp_path):
    """A workshop with a folder of its own, in which nobody is told anything."""
    return Workshop(
        database=database,
        models=tmp_path / "models",
        policy=read_learning_policy(services.settings.liftline_policies),
        clock=lambda: AS_OF,
        alert=lambda tenant: None,
        prompt_version=prompt_version_now,
        personas={"personas": ["owners", "others"], "patterns": [r"\m(owner)", "^"]},
    )
