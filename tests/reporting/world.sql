-- A small consistent world of one tenant: from customers over a campaign to what people and machines did with it.

-- name: customers
INSERT INTO customers (tenant_id, customer_id, email, country, signup_date, source_seq, source_line, changed_seq)
SELECT
    current_setting('liftline.tenant'), 'c' || n,
    'person' || n || CASE WHEN mod(n, 4) = 0 THEN '@mail.example' ELSE '@example.com' END,
    'DE', date '2026-01-01' + n, 1, n, 1
FROM generate_series(1, 40) AS n;

-- name: batch
INSERT INTO import_batches (tenant_id, batch_id, kind, file_name, file_sha256, rows, loaded, merged, quarantined, reasons, imported_at)
VALUES (current_setting('liftline.tenant'), 'b1', 'customers', 'people.csv', 'x', 44, 40, 1, 3, '{"bad_email": 2, "no_id": 1}', '2026-11-01');

-- name: orders
INSERT INTO orders (tenant_id, order_id, customer_id, ordered_at, amount, currency, source_seq, source_line, changed_seq)
SELECT current_setting('liftline.tenant'), 'o' || n || m, 'c' || n, m::timestamptz + n * interval '1 hour', 10 * n, 'EUR', 1, n, 1
FROM generate_series(1, 40) AS n
CROSS JOIN (VALUES ('2026-09-05'), ('2026-11-06')) AS x (m)
WHERE mod(n, 3) = 0 OR m = '2026-09-05';

-- name: profiles
INSERT INTO profiles (
    tenant_id, customer_id, as_of, frequency, monetary, r, f, m, engagement_score, lifecycle_stage, churn_risk
)
SELECT
    current_setting('liftline.tenant'), 'c' || n, at::timestamptz, 1, 10 * n, 3, 3, 3, 0.5,
    CASE WHEN at = '2026-11-02' AND mod(n, 5) = 0 THEN 'at_risk' ELSE 'active' END, 0.2
FROM generate_series(1, 40) AS n
CROSS JOIN (VALUES ('2026-10-02'), ('2026-11-02')) AS x (at);

-- name: snapshot
INSERT INTO segment_snapshots (tenant_id, snapshot_id, scheme, as_of, definition, customers)
VALUES (current_setting('liftline.tenant'), 'rfm-1', 'rfm', '2026-11-02', '{}', 40);

-- name: members
INSERT INTO segment_members (tenant_id, snapshot_id, customer_id, segment, reason)
SELECT current_setting('liftline.tenant'), 'rfm-1', 'c' || n, CASE WHEN n <= 20 THEN 'champions' ELSE 'at risk' END, 'so'
FROM generate_series(1, 40) AS n;

-- name: consents
INSERT INTO consents (tenant_id, customer_id, channel, purpose, occurred_at, status, source_seq, source_line)
SELECT current_setting('liftline.tenant'), 'c' || n, 'email', 'marketing', '2026-01-01', 'granted', 1, n
FROM generate_series(1, 40) AS n;

-- name: suppressions
INSERT INTO suppressions (tenant_id, address_hash, channel, reason, occurred_at, source_seq, source_line)
SELECT tenant_id, address_hash(tenant_id, email), 'email', 'unsubscribe', now(), 1, 1 FROM customers WHERE customer_id = 'c7';

-- name: campaign
INSERT INTO campaigns (tenant_id, campaign_id, name, brief_hash, brief, channel, status, created_by, created_at)
VALUES (current_setting('liftline.tenant'), %(campaign)s, 'Spring & warmth', 'h', '{}', 'email', 'active', 'olga', '2026-11-01');

-- name: units
INSERT INTO audience_units (
    tenant_id, campaign_id, unit_kind, unit_id, label, description, traits, size, snapshot_id, query, passage_ids, retrieved_at
)
SELECT current_setting('liftline.tenant'), %(campaign)s, 'segment', u, u, u, '{}', 20, 'rfm-1', 'q', '{}', '2026-11-01'
FROM (VALUES ('champions'), ('at risk')) AS x (u);

-- name: generations
INSERT INTO generations (
    tenant_id, generation_id, campaign_id, purpose, unit_kind, unit_id, strategy, round, attempt, inputs_hash, prompt,
    provider, model, writer_version, passage_ids, seed, temperature, reserved_usd, outcome, input_tokens, output_tokens,
    cost_usd, asked_at
)
SELECT
    current_setting('liftline.tenant'), %(campaign)s || '-g' || t, %(campaign)s, 'variant', 'segment', 'champions', t, 1, 1,
    'h', 'p', 'offline', 'composer', '1', '{}', 1, 0, 0.02, 'written', 100, 50, 0.01, '2026-11-01'
FROM (VALUES ('professional'), ('friendly')) AS x (t);

-- name: variants
INSERT INTO variants (
    tenant_id, variant_id, version, campaign_id, unit_kind, unit_id, strategy, channel, status, code, reason, message,
    content_hash, subject, preheader, html, body, confidence, source, created_by, created_at
)
SELECT
    current_setting('liftline.tenant'), %(campaign)s || '-' || u || '-' || t, 1, %(campaign)s, 'segment', u, t, 'email',
    CASE WHEN t = 'urgent' THEN 'blocked' ELSE 'drafted' END, 'c', 'r', 'm', %(campaign)s || u || t,
    'A ' || t || ' hello for ' || u, 'p', '<p>x</p>', 'b', CASE WHEN t = 'friendly' THEN 0.85 ELSE 0.4 END,
    'offline', 'olga', '2026-11-01'
FROM (VALUES ('champions'), ('at risk')) AS x (u)
CROSS JOIN (VALUES ('professional'), ('friendly'), ('direct'), ('urgent')) AS y (t);

-- name: policy
INSERT INTO policies_in_force (tenant_id, kind, version, in_force_since)
VALUES (current_setting('liftline.tenant'), 'content', 'p1', '2026-01-01')
ON CONFLICT DO NOTHING;

-- name: screenings
INSERT INTO screenings (
    tenant_id, content_hash, policy_version, decision, undecided, severities, blocklist_hits, findings, reason, screen,
    screen_version, screened_at
)
SELECT
    current_setting('liftline.tenant'), %(campaign)s || u || t, 'p1',
    CASE WHEN t = 'direct' THEN 'block' WHEN t = 'friendly' AND u = 'at risk' THEN 'review' ELSE 'pass' END,
    false, '{}', '{}', '[]', 'so', 'offline', '1', '2026-11-01'
FROM (VALUES ('champions'), ('at risk')) AS x (u)
CROSS JOIN (VALUES ('professional'), ('friendly'), ('direct')) AS y (t);

-- name: release
UPDATE screenings SET released_by = 'cora', released_at = '2026-11-01 12:00', release_reason = 'harmless'
WHERE decision = 'review' AND content_hash LIKE %(campaign)s || '%%';

-- name: feedback
INSERT INTO ai_feedback (tenant_id, variant_id, version, by, at, rating)
VALUES (current_setting('liftline.tenant'), %(campaign)s || '-champions-friendly', 1, 'rita', '2026-11-01', 5);

-- name: eligibility
INSERT INTO eligibility_runs (
    tenant_id, campaign_id, run, as_of, policy_version, snapshot_id, audience, included, excluded, review, reasons,
    guardrails, digest, decided_at, decided_by
)
VALUES (
    current_setting('liftline.tenant'), %(campaign)s, 1, '2026-11-01', 'g1', 'rfm-1', 40, 36, 4, 0, '{"no_consent": 4}',
    '{}', 'd', '2026-11-01', 'olga'
);

-- name: experiment
INSERT INTO experiments (
    tenant_id, experiment_key, campaign_id, kind, design, design_hash, state, created_by, created_at, started_at
)
VALUES (current_setting('liftline.tenant'), %(campaign)s, %(campaign)s, 'ab', '{}', 'd', 'designed', 'olga', '2026-11-01', NULL);

-- name: arms
INSERT INTO experiment_arms (tenant_id, experiment_key, arm, position, weight, control, strategy)
VALUES
    (current_setting('liftline.tenant'), %(campaign)s, 'professional', 1, 1, false, 'professional'),
    (current_setting('liftline.tenant'), %(campaign)s, 'friendly', 2, 1, false, 'friendly'),
    (current_setting('liftline.tenant'), %(campaign)s, 'nobody writes', 3, 1, true, NULL);

-- name: begun
UPDATE experiments SET state = 'running', started_at = '2026-11-03'
WHERE experiment_key = %(campaign)s;

-- name: readout
INSERT INTO experiment_readouts (
    tenant_id, experiment_key, readout, as_of, final, analysis, verdict, winner, reason, made_by, made_at
)
SELECT
    current_setting('liftline.tenant'), %(campaign)s, 1, '2026-11-20', false,
    jsonb_build_object('comparisons', jsonb_agg(c.compared)), 'inconclusive', NULL, 'r', 'olga', '2026-11-20'
FROM (
    SELECT jsonb_build_object(
        'metric', m, 'arm', 'friendly', 'control', 'nobody writes', 'n_arm', 11, 'n_control', 11, 'value_arm', 0.25,
        'value_control', 0.125, 'lift_abs', 0.125, 'lift_rel', 1.0, 'ci_low', -0.1, 'ci_high', 0.35, 'p_value', 0.2,
        'p_adjusted', 0.4, 'verdict', 'inconclusive', 'reason', 'r'
    ) || CASE WHEN u IS NULL THEN '{}' ELSE jsonb_build_object('segment', 'unit=' || u) END AS compared
    FROM unnest(ARRAY['converted', 'revenue']) AS m, unnest(ARRAY[NULL, 'champions', 'at risk']) AS u
) AS c;

-- name: assignments
INSERT INTO assignments (tenant_id, experiment_key, customer_id, unit_id, arm, bucket, code, assigned_at)
SELECT
    current_setting('liftline.tenant'), %(campaign)s, 'c' || n, CASE WHEN n <= 20 THEN 'champions' ELSE 'at risk' END,
    CASE WHEN n > 34 THEN NULL ELSE (ARRAY['professional', 'friendly', 'nobody writes'])[1 + mod(n, 3)] END, 0.5,
    CASE WHEN n > 34 THEN 'global_holdout' ELSE 'assigned' END, '2026-11-02'
FROM generate_series(1, 36) AS n;

-- name: sends
INSERT INTO sends (
    tenant_id, campaign_id, customer_id, step, channel, message_id, variant_id, version, content_hash, policy_version,
    arm, unit_id, state, marketing, cost_usd, queued_at, claimed_at, settled_at
)
SELECT
    a.tenant_id, %(campaign)s, a.customer_id, 1, 'email', %(campaign)s || '-' || a.customer_id,
    %(campaign)s || '-' || a.unit_id || '-' || r.strategy, 1, %(campaign)s || a.unit_id || r.strategy, 'p1', a.arm, a.unit_id,
    CASE mod(substr(a.customer_id, 2)::integer, 10) WHEN 4 THEN 'bounced' WHEN 9 THEN 'accepted' ELSE 'delivered' END,
    true, 0.001, '2026-11-03', '2026-11-03 08:00', '2026-11-03 09:00'
FROM assignments AS a
INNER JOIN experiment_arms AS r ON r.tenant_id = a.tenant_id AND r.experiment_key = a.experiment_key AND r.arm = a.arm
WHERE a.experiment_key = %(campaign)s AND r.strategy IS NOT NULL;

-- name: events
-- Everybody's mail is opened by a proxy; every other reader opens it as well, some click, one in five orders.
INSERT INTO provider_events (
    tenant_id, provider, event_id, event, occurred_at, received_at, message_id, campaign_id, customer_id, channel, value,
    currency, raw
)
SELECT
    s.tenant_id, 'sendgrid', s.message_id || e.event || e.kind, e.event,
    timestamptz '2026-11-04 10:00' + e.after * interval '1 hour', clock_timestamp(), s.message_id, s.campaign_id,
    s.customer_id, 'email', CASE WHEN e.event = 'converted' THEN 20 END, 'EUR', '{}'
FROM sends AS s
CROSS JOIN (VALUES
    ('delivered', 'x', 1, 0), ('opened', 'proxy', 1, 1), ('opened', 'human', 2, 2), ('clicked', 'human', 4, 3),
    ('clicked', 'bot', 3, 1), ('converted', 'human', 5, 5), ('unsubscribed', 'bot', 7, 6)
) AS e (event, kind, every, after)
WHERE s.campaign_id = %(campaign)s AND s.state = 'delivered' AND mod(substr(s.customer_id, 2)::integer, e.every) = 0;

-- name: rules
INSERT INTO label_rules_in_force (tenant_id, rule_version, in_force_since)
VALUES (current_setting('liftline.tenant'), 'r1', '2026-01-01')
ON CONFLICT DO NOTHING;

-- name: labels
INSERT INTO event_labels (tenant_id, provider, event_id, rule_version, verdict, score, reasons, labelled_at)
SELECT
    tenant_id, provider, event_id, %(rules)s,
    CASE WHEN event_id LIKE '%%proxy' THEN 'proxy' WHEN event_id LIKE '%%bot' THEN 'bot' ELSE 'human' END, 0.5, '{}',
    clock_timestamp()
FROM provider_events
ON CONFLICT DO NOTHING;

-- name: insights
INSERT INTO insights (
    tenant_id, insight_id, dimension, value, statement, effect, ci_low, ci_high, evidence, state, offered_at, decided_by
)
VALUES
    (current_setting('liftline.tenant'), 'i1', 'tone', 'friendly', 'Friendly works better.', 0.1, 0.02, 0.2, '{}', 'offered', '2026-11-05', NULL),
    (current_setting('liftline.tenant'), 'i2', 'length', 'short', 'Short may work better.', 0.1, -0.02, 0.2, '{}', 'offered', '2026-11-05', NULL);

-- name: models
INSERT INTO model_versions (
    tenant_id, model, version, state, artifact, artifact_sha256, data_hash, code_version, window_from, window_to, rows,
    features, metrics, card, trained_by, trained_at
)
VALUES (
    current_setting('liftline.tenant'), 'churn', 1, 'champion', 'a', 'x', 'd', '1', '2026-01-01', '2026-11-01', 100, '[]',
    '{"auc": 0.81, "brier": 0.12}', 'card', 'airflow', '2026-11-02'
);

-- name: scores
INSERT INTO model_scores (tenant_id, model, customer_id, version, score, as_of)
SELECT current_setting('liftline.tenant'), 'churn', 'c' || n, 1, n / 40.0, '2026-11-02' FROM generate_series(1, 40) AS n;

-- name: roles
INSERT INTO access_grants (tenant_id, user_name, role, granted_by)
VALUES (current_setting('liftline.tenant'), 'rita', 'reviewer', 'test'), (current_setting('liftline.tenant'), 'cora', 'qa', 'test'),
    (current_setting('liftline.tenant'), 'tara', 'ai_template_manager', 'test');

-- name: accept
UPDATE insights SET state = 'accepted', decided_by = 'tara'
WHERE insight_id = 'i1';

-- name: ask
INSERT INTO approval_requests (
    tenant_id, campaign_id, approved_hash, content, needs, policy_version, asked_by, asked_at, answer_within, due_at
)
SELECT
    current_setting('liftline.tenant'), %(campaign)s, approval_hash(%(campaign)s), approval_content(%(campaign)s),
    '{marketing,quality}', 'a1', 'olga', now(), interval '1 day', now() + interval '1 day';

-- name: asked_variants
INSERT INTO approval_variants (tenant_id, campaign_id, approved_hash, variant_id, version, content_hash, policy_version)
SELECT current_setting('liftline.tenant'), %(campaign)s, approval_hash(%(campaign)s), variant_id, version, content_hash, policy_version
FROM approvable_variants(%(campaign)s)
ON CONFLICT DO NOTHING;

-- name: approve
INSERT INTO approvals (tenant_id, campaign_id, approved_hash, round, stage, role, decided_by, decision, decided_at, via)
VALUES
    (current_setting('liftline.tenant'), %(campaign)s, approval_hash(%(campaign)s), 1, 'marketing', 'reviewer', 'rita', 'approve', now(), 'cli'),
    (current_setting('liftline.tenant'), %(campaign)s, approval_hash(%(campaign)s), 1, 'quality', 'qa', 'cora', 'approve', now(), 'cli');

-- name: approved
UPDATE approval_requests SET state = 'approved'
WHERE campaign_id = %(campaign)s AND state = 'open';
