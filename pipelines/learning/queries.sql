-- name: tenant_exists
SELECT 1 AS found FROM tenants
WHERE tenant_id = current_setting('liftline.tenant');

-- name: one_at_a_time
SELECT pg_advisory_xact_lock(
    hashtextextended('learning ' || current_setting('liftline.tenant') || ' ' || %(model)s::text, 0)
);

-- name: champion
SELECT * FROM model_versions
WHERE tenant_id = current_setting('liftline.tenant') AND model = %(model)s AND state = 'champion';

-- name: version
SELECT * FROM model_versions
WHERE tenant_id = current_setting('liftline.tenant') AND model = %(model)s AND version = %(version)s;

-- name: of_data
SELECT * FROM model_versions
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND model = %(model)s
    AND data_hash = %(data_hash)s
    AND code_version = %(code_version)s;

-- name: next_version
SELECT coalesce(max(version), 0) + 1 AS version FROM model_versions
WHERE tenant_id = current_setting('liftline.tenant') AND model = %(model)s;

-- name: keep_version
INSERT INTO model_versions (
    tenant_id, model, version, state, artifact, artifact_sha256, data_hash, code_version, window_from, window_to, rows,
    features, metrics, card, trained_by, trained_at
)
VALUES (
    current_setting('liftline.tenant'), %(model)s, %(version)s, %(state)s, %(artifact)s, %(artifact_sha256)s,
    %(data_hash)s, %(code_version)s, %(window_from)s, %(window_to)s, %(rows)s, %(features)s, %(metrics)s, %(card)s,
    %(by)s, %(now)s
);

-- name: set_state
UPDATE model_versions SET state = %(state)s
WHERE tenant_id = current_setting('liftline.tenant') AND model = %(model)s AND version = %(version)s;

-- name: newest_decision
SELECT * FROM model_decisions
WHERE tenant_id = current_setting('liftline.tenant') AND model = %(model)s
ORDER BY seq DESC
LIMIT 1;

-- name: decision_on
SELECT * FROM model_decisions
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND model = %(model)s
    AND version = %(version)s
    AND decision <> 'roll_back'
ORDER BY seq DESC
LIMIT 1;

-- name: decide
INSERT INTO model_decisions (
    tenant_id, model, version, champion_before, champion_after, decision, code, reason, evidence, decided_by, decided_at
)
VALUES (
    current_setting('liftline.tenant'), %(model)s, %(version)s, %(before)s, %(after)s, %(decision)s, %(code)s,
    %(reason)s, %(evidence)s, %(by)s, %(now)s
);

-- name: log
SELECT append_audit(audit_entry(
    actor => %(by)s,
    actor_kind => %(kind)s,
    action => %(action)s,
    decision => %(decision)s,
    reason => %(reason)s,
    object => %(object)s,
    model => %(model)s,
    prompt_version => %(prompt_version)s
)) AS seq;

-- name: predecessor
-- The newest version that was live before and was not taken back.
SELECT v.version
FROM model_versions AS v
WHERE
    v.tenant_id = current_setting('liftline.tenant')
    AND v.model = %(model)s
    AND v.state = 'retired'
ORDER BY
    (
        SELECT max(d.seq) FROM model_decisions AS d
        WHERE
            d.tenant_id = v.tenant_id
            AND d.model = v.model
            AND d.champion_after = v.version
    ) DESC
LIMIT 1;

-- name: escalate
INSERT INTO escalations (tenant_id, kind, object, code, reason, priority, opened_at, due_at)
VALUES (current_setting('liftline.tenant'), 'model', %(model)s, 'degraded', %(reason)s, 1, %(now)s, %(due)s)
ON CONFLICT DO NOTHING;

-- name: measured
SELECT 1 AS found FROM model_measurements
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND model = %(model)s
    AND version = %(version)s
    AND as_of = %(as_of)s;

-- name: measure
INSERT INTO model_measurements (tenant_id, model, version, as_of, rows, metrics, verdict, reason)
VALUES (
    current_setting('liftline.tenant'), %(model)s, %(version)s, %(as_of)s, %(rows)s, %(metrics)s, %(verdict)s,
    %(reason)s
);

-- name: versions
SELECT * FROM model_versions
WHERE tenant_id = current_setting('liftline.tenant') AND (%(model)s::text IS NULL OR model = %(model)s)
ORDER BY model ASC, version DESC
LIMIT 200;

-- name: decisions
SELECT
    seq, model, version, champion_before, champion_after, decision, code, reason, evidence, decided_by, decided_at
FROM model_decisions
WHERE tenant_id = current_setting('liftline.tenant') AND (%(model)s::text IS NULL OR model = %(model)s)
ORDER BY seq DESC
LIMIT 50;

-- name: measurements
SELECT
    model, version, as_of, rows, metrics, verdict, reason
FROM model_measurements
WHERE tenant_id = current_setting('liftline.tenant') AND model = %(model)s
ORDER BY as_of DESC
LIMIT 20;

-- name: scored
SELECT count(*) AS customers FROM model_scores
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND model = %(model)s
    AND version = %(version)s
    AND as_of = %(as_of)s;

-- name: stage_scores
CREATE TEMP TABLE new_scores (customer_id text, score float8) ON COMMIT DROP;

-- name: merge_scores
INSERT INTO model_scores (tenant_id, model, customer_id, version, score, as_of)
SELECT
    current_setting('liftline.tenant'), %(model)s, n.customer_id, %(version)s, n.score, %(as_of)s
FROM new_scores AS n
ORDER BY n.customer_id
ON CONFLICT (tenant_id, model, customer_id) DO UPDATE
SET version = excluded.version, score = excluded.score, as_of = excluded.as_of
WHERE (model_scores.version, model_scores.score, model_scores.as_of)
    IS DISTINCT FROM (excluded.version, excluded.score, excluded.as_of);

-- name: forget_scores
DELETE FROM model_scores
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND model = %(model)s
    AND NOT EXISTS (SELECT FROM new_scores AS n WHERE n.customer_id = model_scores.customer_id);
