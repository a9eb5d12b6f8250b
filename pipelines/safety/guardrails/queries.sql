-- name: tenant_exists
SELECT 1 AS found FROM tenants
WHERE tenant_id = current_setting('liftline.tenant');

-- name: alone
-- One decision at a time for a campaign: two would write the same run.
SELECT pg_advisory_xact_lock(hashtextextended(
    'eligibility ' || current_setting('liftline.tenant') || ' ' || %(campaign_id)s, 0
));

-- name: campaign
-- All units of a campaign are of one kind and found in one snapshot.
SELECT
    c.campaign_id,
    c.channel,
    c.status,
    c.brief,
    u.unit_kind,
    u.snapshot_id,
    s.as_of AS profiles_as_of
FROM campaigns AS c
LEFT JOIN LATERAL (
    SELECT
        a.tenant_id,
        a.unit_kind,
        a.snapshot_id
    FROM audience_units AS a
    WHERE a.tenant_id = c.tenant_id AND a.campaign_id = c.campaign_id
    ORDER BY a.retrieved_at DESC, a.unit_id ASC
    LIMIT 1
) AS u ON true
LEFT JOIN segment_snapshots AS s ON s.tenant_id = u.tenant_id AND s.snapshot_id = u.snapshot_id
WHERE c.tenant_id = current_setting('liftline.tenant') AND c.campaign_id = %(campaign_id)s;

-- name: foreseen
-- What is temporary is found before what is kept: the statements about an audience then speak of this one.
CREATE TEMP TABLE audience_units ON COMMIT DROP AS
SELECT
    current_setting('liftline.tenant') AS tenant_id,
    ''::text AS campaign_id,
    %(unit_kind)s::text AS unit_kind,
    u.unit_id,
    %(snapshot_id)s::text AS snapshot_id
FROM (
    SELECT n.unit_id FROM unnest(%(units)s::text[]) AS n (unit_id)
    UNION ALL
    SELECT s.segment FROM segments AS s
    WHERE
        %(everybody)s AND %(unit_kind)s = 'segment'
        AND s.tenant_id = current_setting('liftline.tenant') AND s.snapshot_id = %(snapshot_id)s
    UNION ALL
    SELECT k.persona FROM unnest(%(personas)s::text[]) AS k (persona)
    WHERE %(everybody)s AND %(unit_kind)s = 'persona'
    UNION ALL
    SELECT DISTINCT c.account_id FROM customers AS c
    WHERE
        %(everybody)s AND %(unit_kind)s = 'account'
        AND c.tenant_id = current_setting('liftline.tenant') AND c.account_id IS NOT NULL
    UNION ALL
    SELECT c.customer_id FROM customers AS c
    WHERE %(everybody)s AND %(unit_kind)s = 'person' AND c.tenant_id = current_setting('liftline.tenant')
) AS u;

-- name: snapshot_as_of
SELECT as_of FROM segment_snapshots
WHERE tenant_id = current_setting('liftline.tenant') AND snapshot_id = %(snapshot_id)s;

-- name: counts
SELECT
    mask,
    count(*) AS customers,
    min(customer_id COLLATE "C") AS example
FROM decided
GROUP BY mask
ORDER BY mask;

-- name: outcomes
CREATE TEMP TABLE outcomes ON COMMIT DROP AS
SELECT
    o.mask,
    o.verdict,
    o.code,
    string_to_array(o.codes, ' ') AS codes
FROM
    unnest(%(masks)s::integer[], %(verdicts)s::text[], %(firsts)s::text[], %(codes)s::text[])
        AS o (mask, verdict, code, codes);

-- name: listed
-- The exact bytes that the digest is taken over, and that an export shows.
COPY (
    SELECT
        d.customer_id,
        o.verdict,
        o.code,
        nullif(array_to_string(o.codes, ' '), '') AS codes
    FROM decided AS d
    INNER JOIN outcomes AS o ON o.mask = d.mask
    ORDER BY d.customer_id COLLATE "C"
) TO STDOUT (FORMAT csv, HEADER);

-- name: variants
-- The newest version of every text, with its screening under the policy in force.
SELECT
    v.variant_id,
    v.channel,
    v.content_hash,
    s.decision,
    s.cleared,
    s.findings
FROM (
    SELECT DISTINCT ON (variant_id)
        tenant_id,
        variant_id,
        channel,
        content_hash,
        status
    FROM variants
    WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s
    ORDER BY variant_id ASC, version DESC
) AS v
LEFT JOIN policies_in_force AS f ON f.tenant_id = v.tenant_id AND f.kind = 'content'
LEFT JOIN screenings AS s
    ON s.tenant_id = v.tenant_id AND s.content_hash = v.content_hash AND s.policy_version = f.version
WHERE v.status = 'drafted'
ORDER BY v.variant_id;

-- name: in_ledger
-- What went out on a channel and what became of it, in all and of the campaign, and what both have cost, of what was
-- claimed from one moment to another.
SELECT
    coalesce(sum(l.messages) FILTER (WHERE l.went_out), 0)::bigint AS messages,
    coalesce(sum(l.messages) FILTER (WHERE l.went_out AND l.state = 'bounced'), 0)::bigint AS bounces,
    coalesce(sum(l.messages) FILTER (WHERE l.went_out AND l.state = 'complained'), 0)::bigint AS complaints,
    coalesce(sum(l.messages) FILTER (WHERE l.went_out AND l.own), 0)::bigint AS own_messages,
    coalesce(sum(l.messages) FILTER (WHERE l.went_out AND l.own AND l.state = 'bounced'), 0)::bigint AS own_bounces,
    coalesce(sum(l.messages) FILTER (WHERE l.went_out AND l.own AND l.state = 'complained'), 0)::bigint
        AS own_complaints,
    coalesce(sum(l.cost_usd) FILTER (WHERE l.own), 0) AS by_campaign,
    coalesce(sum(l.cost_usd) FILTER (WHERE l.of_month), 0) AS by_channel
FROM (
    SELECT
        g.state,
        g.own,
        g.messages,
        g.cost_usd,
        g.of_channel AND g.of_month AS of_month,
        g.of_channel AND g.of_late AND g.state IN ('accepted', 'delivered', 'bounced', 'complained') AS went_out
    FROM (
        SELECT
            s.state,
            s.campaign_id = %(campaign_id)s AS own,
            s.channel = %(channel)s AS of_channel,
            s.claimed_at >= %(month)s AS of_month,
            s.claimed_at > %(since)s AND s.claimed_at <= %(now)s AS of_late,
            count(*) AS messages,
            sum(s.cost_usd) AS cost_usd
        FROM sends AS s
        WHERE
            s.tenant_id = current_setting('liftline.tenant')
            AND (
                s.campaign_id = %(campaign_id)s
                OR s.claimed_at >= least(%(since)s::timestamptz, %(month)s)
            )
            AND s.claimed_at >= %(first)s
            AND s.claimed_at < %(last)s
        GROUP BY s.state, own, of_channel, of_month, of_late
    ) AS g
) AS l;

-- name: spent_on_texts
SELECT coalesce(sum(coalesce(cost_usd, reserved_usd)), 0) AS usd FROM generations
WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s;

-- name: claimed_between
SELECT claimed_since(%(first)s) - claimed_since(%(last)s) AS messages;

-- name: may_log
SELECT has_function_privilege('append_audit(audit_draft)', 'EXECUTE') AS yes;

-- name: settled
-- The newest answer to each question about the campaign.
SELECT DISTINCT ON (kind, object, code)
    kind,
    object,
    code,
    settlement,
    settled_by
FROM escalations
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND campaign_id = %(campaign_id)s
    AND settlement IN ('approved', 'rejected')
ORDER BY kind, object, code, settled_at DESC;

-- name: has_begun
SELECT has_begun(%(campaign_id)s) AS yes;

-- name: newest_run
SELECT
    run,
    as_of,
    policy_version,
    snapshot_id,
    audience,
    included,
    excluded,
    review,
    reasons,
    guardrails,
    digest,
    decided_at,
    decided_by
FROM eligibility_runs
WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s
ORDER BY run DESC
LIMIT 1;

-- name: keep_run
INSERT INTO eligibility_runs (
    tenant_id, campaign_id, run, as_of, policy_version, snapshot_id, audience, included, excluded, review, reasons,
    guardrails, digest, decided_at, decided_by
)
VALUES (
    current_setting('liftline.tenant'), %(campaign_id)s, %(run)s, %(as_of)s, %(policy_version)s, %(snapshot_id)s,
    %(audience)s, %(included)s, %(excluded)s, %(review)s, %(reasons)s::jsonb, %(guardrails)s::jsonb, %(digest)s,
    %(decided_at)s, %(decided_by)s
);

-- name: keep_decisions
INSERT INTO recipient_decisions (tenant_id, campaign_id, run, customer_id, unit_id, verdict, code, codes)
SELECT
    current_setting('liftline.tenant') AS tenant_id,
    %(campaign_id)s AS campaign_id,
    %(run)s AS run,
    d.customer_id,
    d.unit_id,
    o.verdict,
    o.code,
    o.codes
FROM decided AS d
INNER JOIN outcomes AS o ON o.mask = d.mask
ORDER BY d.customer_id;

-- name: verdicts_about
SELECT
    r.campaign_id,
    k.name AS campaign,
    r.decided_at,
    d.verdict,
    d.code
FROM (
    SELECT DISTINCT ON (campaign_id)
        campaign_id,
        run,
        decided_at
    FROM eligibility_runs
    WHERE tenant_id = current_setting('liftline.tenant')
    ORDER BY campaign_id ASC, run DESC
) AS r
INNER JOIN campaigns AS k ON k.tenant_id = current_setting('liftline.tenant') AND k.campaign_id = r.campaign_id
INNER JOIN recipient_decisions AS d
    ON
        d.tenant_id = current_setting('liftline.tenant') AND d.campaign_id = r.campaign_id AND d.run = r.run
        AND d.customer_id = any(%(customers)s)
ORDER BY r.decided_at DESC, r.campaign_id ASC
LIMIT %(most)s;

-- name: readable
-- The same in the same order with the sentence, safe to open in a spreadsheet.
COPY (
    SELECT
        CASE WHEN d.customer_id ~ %(formula)s THEN '''' ELSE '' END || d.customer_id AS customer_id,
        d.verdict,
        d.code,
        nullif(array_to_string(d.codes, ' '), '') AS codes,
        o.sentence
    FROM recipient_decisions AS d
    INNER JOIN unnest(%(codes)s::text[], %(sentences)s::text[]) AS o (code, sentence) ON o.code = d.code
    WHERE d.tenant_id = current_setting('liftline.tenant') AND d.campaign_id = %(campaign_id)s AND d.run = %(run)s
    ORDER BY d.customer_id COLLATE "C"
) TO STDOUT (FORMAT csv, HEADER);

-- name: log
SELECT append_audit(audit_entry(
    actor => %(by)s,
    actor_kind => %(actor_kind)s,
    action => %(action)s,
    object => %(object)s,
    campaign_id => %(campaign_id)s,
    subject_id => %(subject_id)s,
    decision => %(decision)s,
    reason => %(reason)s,
    policy_version => %(policy_version)s,
    thresholds => %(thresholds)s::jsonb,
    guardrails => %(guardrails)s::jsonb,
    execution_status => 'done'
)) AS seq;

-- name: logged_digests
SELECT
    seq,
    guardrails
FROM audit_log
WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s AND action = 'eligibility';

-- name: open_escalation
INSERT INTO escalations (
    tenant_id, escalation_id, kind, campaign_id, object, code, reason, priority, opened_at, due_at
)
VALUES (
    current_setting('liftline.tenant'), %(escalation_id)s, %(kind)s, %(campaign_id)s, %(object)s, %(code)s,
    %(reason)s, %(priority)s, %(now)s, %(due_at)s
)
ON CONFLICT DO NOTHING
RETURNING escalation_id;

-- name: any_claim_open
SELECT exists(
    SELECT FROM open_claims
    WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s
) AS yes;

-- name: pause
UPDATE campaigns SET status = 'paused'
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND campaign_id = %(campaign_id)s
    AND status IN ('draft', 'active')
RETURNING campaign_id;
