-- name: tenant_exists
SELECT 1 AS found FROM tenants
WHERE tenant_id = current_setting('liftline.tenant');

-- name: alone
-- One hand at a time on the experiments of a tenant: two designs would take the same part of a namespace.
SELECT pg_advisory_xact_lock(hashtextextended('experiments ' || current_setting('liftline.tenant'), 0));

-- name: campaign
SELECT
    c.campaign_id,
    c.status,
    c.brief
FROM campaigns AS c
WHERE c.tenant_id = current_setting('liftline.tenant') AND c.campaign_id = %(campaign_id)s;

-- name: units
SELECT count(*) AS units FROM audience_units
WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s;

-- name: strategies
SELECT
    v.strategy,
    count(DISTINCT v.unit_id) AS units
FROM approvable_variants(%(campaign_id)s) AS a
INNER JOIN variants AS v
    ON
        v.tenant_id = current_setting('liftline.tenant')
        AND v.variant_id = a.variant_id
        AND v.version = a.version
GROUP BY v.strategy;

-- name: proven
-- The strategy that won last on this channel: what comes next is compared with it.
SELECT p.strategy FROM promotions AS p
INNER JOIN experiments AS x ON x.tenant_id = p.tenant_id AND x.experiment_key = p.experiment_key
INNER JOIN campaigns AS c ON c.tenant_id = x.tenant_id AND c.campaign_id = x.campaign_id
WHERE
    p.tenant_id = current_setting('liftline.tenant')
    AND p.outcome = 'promoted'
    AND c.channel = (
        SELECT o.channel FROM campaigns AS o
        WHERE o.tenant_id = current_setting('liftline.tenant') AND o.campaign_id = %(campaign_id)s
    )
ORDER BY p.decided_at DESC, p.experiment_key
LIMIT 1;

-- name: complete_units
-- Units of which every arm that is sent something has its variant; elsewhere the arms could not be compared.
SELECT v.unit_id
FROM approvable_variants(%(campaign_id)s) AS a
INNER JOIN variants AS v
    ON
        v.tenant_id = current_setting('liftline.tenant')
        AND v.variant_id = a.variant_id
        AND v.version = a.version
WHERE v.strategy = ANY(%(strategies)s::text[])
GROUP BY v.unit_id
HAVING count(DISTINCT v.strategy) = cardinality(%(strategies)s::text[]);

-- name: experiment
SELECT
    x.experiment_key,
    x.campaign_id,
    x.kind,
    x.design,
    x.design_hash,
    x.state,
    x.created_by,
    x.created_at,
    x.started_at,
    x.concluded_at,
    x.conclusion,
    x.assigned
FROM experiments AS x
WHERE x.tenant_id = current_setting('liftline.tenant') AND x.experiment_key = %(key)s;

-- name: experiments
SELECT
    x.experiment_key,
    x.campaign_id,
    x.kind,
    x.state,
    x.design_hash,
    x.created_by,
    x.created_at,
    x.started_at,
    x.concluded_at
FROM experiments AS x
WHERE
    x.tenant_id = current_setting('liftline.tenant')
    AND (%(before)s::timestamptz IS NULL OR (x.created_at, x.experiment_key) < (%(before)s::timestamptz, %(key)s))
ORDER BY x.created_at DESC, x.experiment_key DESC
LIMIT %(most)s;

-- name: in_namespace
SELECT
    x.experiment_key,
    (x.design #>> '{namespace,start}')::double precision AS start,
    (x.design #>> '{namespace,end}')::double precision AS "end"
FROM experiments AS x
WHERE
    x.tenant_id = current_setting('liftline.tenant')
    AND x.experiment_key <> %(key)s
    AND x.state IN ('designed', 'running')
    AND x.design #>> '{namespace,name}' = %(name)s
ORDER BY (x.design #>> '{namespace,start}')::double precision, x.experiment_key;

-- name: keep_experiment
INSERT INTO experiments (
    tenant_id, experiment_key, campaign_id, kind, design, design_hash, created_by, created_at
)
VALUES (
    current_setting('liftline.tenant'), %(key)s, %(campaign_id)s, %(kind)s, %(design)s, %(design_hash)s, %(by)s, %(now)s
)
ON CONFLICT (tenant_id, experiment_key) DO UPDATE
SET kind = excluded.kind, design = excluded.design, design_hash = excluded.design_hash;

-- name: forget_arms
DELETE FROM experiment_arms
WHERE tenant_id = current_setting('liftline.tenant') AND experiment_key = %(key)s;

-- name: keep_arms
INSERT INTO experiment_arms (tenant_id, experiment_key, arm, position, weight, control, strategy)
SELECT
    current_setting('liftline.tenant'),
    %(key)s,
    a.arm,
    a.place - 1,
    a.share,
    a.arm = %(control)s,
    a.strategy
FROM
    unnest(%(arms)s::text[], %(shares)s::double precision[], %(strategies)s::text[])
    WITH ORDINALITY AS a (arm, share, strategy, place);

-- name: newest_run
SELECT
    e.run,
    e.included,
    e.digest
FROM eligibility_runs AS e
WHERE e.tenant_id = current_setting('liftline.tenant') AND e.campaign_id = %(campaign_id)s
ORDER BY e.run DESC
LIMIT 1;

-- name: included
COPY (
    SELECT
        d.customer_id,
        d.unit_id
    FROM recipient_decisions AS d
    WHERE
        d.tenant_id = current_setting('liftline.tenant')
        AND d.campaign_id = %(campaign_id)s
        AND d.run = %(run)s
        AND d.verdict = 'included'
    ORDER BY d.customer_id
) TO STDOUT (FORMAT csv);

-- name: stage
CREATE TEMP TABLE dealt (
    customer_id text NOT NULL,
    unit_id text NOT NULL,
    step smallint NOT NULL,
    arm smallint,
    code smallint NOT NULL,
    cohort smallint
) ON COMMIT DROP;

-- name: fill_stage
COPY dealt FROM STDIN (FORMAT csv);

-- name: keep_assignments
-- Only what is new or, before anything was sent, another than before is touched: a second run locks and writes no row.
INSERT INTO assignments (
    tenant_id, experiment_key, customer_id, unit_id, arm, bucket, code, cohort, assigned_at
)
SELECT
    current_setting('liftline.tenant'),
    %(key)s,
    d.customer_id,
    d.unit_id,
    d.arm,
    d.bucket,
    d.code,
    d.cohort,
    %(now)s
FROM (
    SELECT
        customer_id,
        unit_id,
        (%(arms)s::text[])[arm] AS arm,
        step::double precision / %(steps)s AS bucket,
        (%(codes)s::text[])[code] AS code,
        cohort
    FROM dealt
) AS d
LEFT JOIN assignments AS a
    ON
        a.tenant_id = current_setting('liftline.tenant')
        AND a.experiment_key = %(key)s
        AND a.customer_id = d.customer_id
WHERE
    a.customer_id IS NULL
    OR (
        NOT %(started)s
        AND (a.unit_id, a.arm, a.bucket, a.code, a.cohort)
        IS DISTINCT FROM (d.unit_id, d.arm, d.bucket, d.code, d.cohort)
    )
ON CONFLICT (tenant_id, experiment_key, customer_id) DO UPDATE
SET
    unit_id = excluded.unit_id, arm = excluded.arm, bucket = excluded.bucket, code = excluded.code,
    cohort = excluded.cohort, assigned_at = excluded.assigned_at;

-- name: left_out_since
UPDATE assignments AS a
SET arm = NULL, cohort = NULL, code = %(code)s, assigned_at = %(now)s
WHERE
    a.tenant_id = current_setting('liftline.tenant')
    AND a.experiment_key = %(key)s
    AND a.code <> %(code)s
    AND NOT EXISTS (SELECT FROM dealt AS d WHERE d.customer_id = a.customer_id);

-- name: counted
SELECT
    a.arm,
    a.code,
    a.cohort,
    count(*) AS customers
FROM assignments AS a
WHERE a.tenant_id = current_setting('liftline.tenant') AND a.experiment_key = %(key)s
GROUP BY a.arm, a.code, a.cohort;

-- name: listed
-- The exact bytes that the digest is taken over.
COPY (
    SELECT
        a.customer_id,
        a.unit_id,
        a.arm,
        a.bucket,
        a.code,
        a.cohort
    FROM assignments AS a
    WHERE a.tenant_id = current_setting('liftline.tenant') AND a.experiment_key = %(key)s
    ORDER BY a.customer_id COLLATE "C"
) TO STDOUT (FORMAT csv, HEADER);

-- name: keep_counts
UPDATE experiments SET assigned = %(assigned)s
WHERE tenant_id = current_setting('liftline.tenant') AND experiment_key = %(key)s;

-- name: assignments
SELECT
    a.customer_id,
    a.unit_id,
    a.arm,
    a.bucket,
    a.code,
    a.cohort,
    a.assigned_at
FROM assignments AS a
WHERE
    a.tenant_id = current_setting('liftline.tenant')
    AND a.experiment_key = %(key)s
    AND (%(arm)s::text IS NULL OR a.arm = %(arm)s)
    AND (%(after)s::text IS NULL OR a.customer_id > %(after)s)
ORDER BY a.customer_id
LIMIT %(most)s;

-- name: log
SELECT append_audit(audit_entry(
    actor => %(by)s,
    actor_kind => 'system',
    action => %(action)s,
    object => %(object)s,
    campaign_id => %(campaign_id)s,
    decision => %(decision)s,
    reason => %(reason)s,
    guardrails => %(facts)s::jsonb,
    execution_status => 'done'
)) AS seq;
