-- name: tenant_exists
SELECT 1 AS found FROM tenants WHERE tenant_id = %(tenant)s;

-- name: has_campaign
SELECT 1 AS found FROM audit_entries
WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign)s AND seq > %(after)s
LIMIT 1;

-- name: log_export
SELECT append_audit(audit_entry(
    actor => %(actor)s,
    actor_kind => 'person',
    action => 'audit.export',
    object => %(scope)s,
    campaign_id => %(campaign)s,
    decision => %(decision)s,
    reason => %(reason)s,
    execution_status => %(status)s
)) AS seq;

-- name: head
SELECT seq, hash FROM audit_entries
WHERE tenant_id = current_setting('liftline.tenant')
ORDER BY seq DESC
LIMIT 1;

-- name: hash_of
SELECT hash FROM audit_entries WHERE tenant_id = current_setting('liftline.tenant') AND seq = %(seq)s;

-- name: stretch
SELECT
    min(seq) AS first,
    max(seq) AS last,
    count(*) AS entries,
    count(*) FILTER (
        WHERE %(campaign)s::text IS NULL OR campaign_id IS NOT DISTINCT FROM %(campaign)s
    ) AS shown
FROM audit_entries
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND seq <= %(until_seq)s
    AND (%(since)s::timestamptz IS NULL OR occurred_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR occurred_at < %(until)s);

-- name: ends
SELECT
    (array_agg(previous_hash ORDER BY seq))[1] AS start,
    (array_agg(hash ORDER BY seq DESC))[1] AS hash
FROM audit_entries
WHERE tenant_id = current_setting('liftline.tenant') AND seq IN (%(first)s, %(last)s);

-- name: export
COPY (
    SELECT
        concat_ws(
            ',',
            seq,
            audit_moment(occurred_at),
            tenant_id,
            coalesce(campaign_id, ''),
            CASE WHEN %(campaign)s::text IS NULL OR campaign_id = %(campaign)s THEN body ELSE %(withheld)s END,
            encode(sha256(convert_to(body, 'UTF8')), 'hex'),
            previous_hash,
            hash
        )
    FROM audit_entries
    WHERE tenant_id = current_setting('liftline.tenant') AND seq BETWEEN %(first)s AND %(last)s
    ORDER BY seq
) TO STDOUT (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02', ENCODING 'UTF8');

-- name: decided_runs
SELECT max(run) AS run FROM eligibility_runs
WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign)s;

-- name: decisions
-- The bytes whose SHA-256 the entry of the run holds as its digest.
COPY (
    SELECT
        customer_id,
        verdict,
        code,
        nullif(array_to_string(codes, ' '), '') AS codes
    FROM recipient_decisions
    WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign)s AND run = %(run)s
    ORDER BY customer_id COLLATE "C"
) TO STDOUT (FORMAT csv, HEADER);

-- name: latest
SELECT *
FROM audit_log
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND (%(campaign)s::text IS NULL OR campaign_id = %(campaign)s)
    AND seq < coalesce(%(before)s, 9223372036854775807)
ORDER BY seq DESC
LIMIT %(most)s;

-- name: entries
-- What a body cannot hold is told by its bytes alone: only entries that may match are taken apart.
SELECT
    e.seq, e.occurred_at, e.campaign_id, c.actor, c.actor_kind, c.action, c.object, c.subject_id, c.decision, c.reason,
    c.content_hash, c.model, c.prompt_version, c.passage_ids, c.severities, c.blocklist_hits, c.thresholds,
    c.policy_version, c.guardrails, c.confidence::double precision AS confidence, c.overrides, c.override_reason,
    c.execution_status, e.previous_hash, e.hash
FROM (
    SELECT *
    FROM audit_entries AS a
    WHERE
        a.tenant_id = current_setting('liftline.tenant')
        AND a.seq < coalesce(%(before)s, 9223372036854775807)
        AND (%(campaign)s::text IS NULL OR a.campaign_id = %(campaign)s)
        AND (%(since)s::timestamptz IS NULL OR a.occurred_at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR a.occurred_at < %(until)s)
        AND (%(needles)s::text[] = '{}' OR NOT EXISTS (
            SELECT FROM unnest(%(needles)s::text[]) AS n (needle) WHERE strpos(a.body, n.needle) = 0
        ))
        AND (%(subjects)s::text[] = '{}' OR NOT %(plain_subjects)s OR EXISTS (
            SELECT FROM unnest(%(subjects)s::text[]) AS n (needle) WHERE strpos(a.body, n.needle) > 0
        ))
    ORDER BY a.seq DESC
    OFFSET 0
) AS e
CROSS JOIN LATERAL audit_cells(e.body) AS c
WHERE
    (%(actor)s::text IS NULL OR c.actor = %(actor)s)
    AND (%(action)s::text IS NULL OR c.action = %(action)s)
    AND (%(decision)s::text IS NULL OR c.decision = %(decision)s)
    AND (%(subjects)s::text[] = '{}' OR c.subject_id = any(%(subjects)s::text[]))
ORDER BY e.seq DESC
LIMIT %(most)s;
