"""A campaign that was sent, written straight into the ledger: arms a and b, a control arm, links and people."""

import json
from datetime import UTC, datetime

from psycopg import ClientCursor

SENT_AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DESIGN = json.dumps(
    {
        "key": "autumn", "kind": "ab", "source": "brief", "control": "control", "hash_version": 2, "coverage": 1,
        "arms": [
            {"name": "a", "share": 0.4, "strategy": "a"}, {"name": "b", "share": 0.4, "strategy": "b"},
            {"name": "control", "share": 0.2},
        ],
        "namespace": None, "global_holdout": 0.02, "ramp": [1], "primary_metric": "clicked",
        "secondary_metrics": ["converted", "revenue"], "guardrail_metrics": ["unsubscribed"], "attribution_days": 7,
        "stratify_by": ["unit"], "min_days": 7, "max_days": 14, "plan": "sequential", "correction": "holm",
        "alpha": 0.05, "power": 0.8, "lift": 0.1, "baseline": 0.02,
    }
)  # fmt: skip

STATEMENTS = (
    """
    INSERT INTO campaigns (tenant_id, campaign_id, name, brief_hash, brief, channel, created_by, created_at, status)
    VALUES (current_setting('liftline.tenant'), %(c)s, 'Autumn', 'h', '{}', 'email', 'ada', now(), 'active')
    """,
    """
    INSERT INTO audience_units (
        tenant_id, campaign_id, unit_kind, unit_id, label, description, traits, size, snapshot_id, query,
        passage_ids, retrieved_at
    ) VALUES (current_setting('liftline.tenant'), %(c)s, 'segment', 'loyal', '', '', '{}', 1, 's', '', '{}', now())
    """,
    """
    INSERT INTO variants (
        tenant_id, variant_id, version, campaign_id, unit_kind, unit_id, strategy, channel, status, code, reason,
        source, created_by, created_at
    )
    SELECT
        current_setting('liftline.tenant'), %(c)s || '-' || arm, 1, %(c)s, 'segment', 'loyal', arm, 'email', 'blocked',
        'x', 'x', 'test', 'ada', now()
    FROM unnest(ARRAY['a', 'b']) AS arm
    """,
    """
    INSERT INTO screenings (
        tenant_id, content_hash, policy_version, decision, undecided, severities, blocklist_hits, findings, reason,
        screen, screen_version, screened_at
    ) VALUES (current_setting('liftline.tenant'), 'h', 'p', 'pass', false, '{}', '{}', '[]', 'r', 'test', '1', now())
    ON CONFLICT DO NOTHING
    """,
    f"""
    INSERT INTO experiments (
        tenant_id, experiment_key, campaign_id, kind, design, design_hash, state, created_by, created_at
    ) VALUES (current_setting('liftline.tenant'), %(c)s, %(c)s, 'ab', '{DESIGN}', 'h', 'designed', 'ada', now())
    """,
    """
    INSERT INTO experiment_arms (tenant_id, experiment_key, arm, position, weight, control, strategy)
    VALUES
        (current_setting('liftline.tenant'), %(c)s, 'a', 1, 0.4, false, 'a'),
        (current_setting('liftline.tenant'), %(c)s, 'b', 2, 0.4, false, 'b'),
        (current_setting('liftline.tenant'), %(c)s, 'control', 3, 0.2, true, NULL)
    """,
    """
    INSERT INTO customers (tenant_id, customer_id, email, source_seq, source_line, changed_seq)
    SELECT
        current_setting('liftline.tenant'), 'c' || n, 'person' || n || '@firm' || mod(n, 40) || '.example.com', 1, n, 1
    FROM generate_series(1, %(n)s) AS n
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO assignments (tenant_id, experiment_key, customer_id, unit_id, arm, code, assigned_at)
    SELECT
        current_setting('liftline.tenant'), %(c)s, 'c' || n, 'loyal',
        (ARRAY['control', 'a', 'b', 'a', 'b'])[1 + mod(n, 5)], 'assigned', %(at)s
    FROM generate_series(1, %(n)s) AS n
    """,
    "UPDATE experiments SET state = 'running', started_at = %(at)s WHERE experiment_key = %(c)s",
    """
    INSERT INTO sends (
        tenant_id, campaign_id, customer_id, step, channel, message_id, variant_id, version, content_hash,
        policy_version, arm, state, marketing, queued_at, claimed_at, unit_id, provider, provider_id
    )
    SELECT
        current_setting('liftline.tenant'), %(c)s, customer_id, 1, 'email',
        %(c)s || '-m' || substr(customer_id, 2), %(c)s || '-' || arm, 1, 'h', 'p', arm, 'accepted', true, %(at)s,
        %(at)s, 'loyal', 'sendgrid', %(c)s || 'req'
    FROM assignments
    WHERE tenant_id = current_setting('liftline.tenant') AND experiment_key = %(c)s AND arm <> 'control'
    """,
    """
    INSERT INTO provider_requests VALUES (current_setting('liftline.tenant'), %(c)s || 'req')
    """,
    """
    INSERT INTO message_links (tenant_id, campaign_id, link_id, variant_id, version, kind, url)
    SELECT
        current_setting('liftline.tenant'), %(c)s, kind || place, %(c)s || '-a', 1, kind,
        'https://www.example.com/' || kind || place || '?utm_content=' || kind || place
    FROM (VALUES ('action', 1), ('body', 1), ('body', 2), ('body', 3), ('hidden', 1)) AS l (kind, place)
    """,
)


def send(database, tenant, campaign, people, at=SENT_AT):
    """The campaign with as many people, every fifth of them in the control arm."""
    with database.transaction(tenant) as connection:
        for statement in STATEMENTS:
            # A cursor that puts values in by itself: a select of constants knows no type of a parameter else.
            ClientCursor(connection).execute(statement, {"c": campaign, "n": people, "at": at})
    return campaign
