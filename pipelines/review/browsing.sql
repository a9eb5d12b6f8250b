-- name: campaigns
-- The newest campaigns with how far each has come.
SELECT
    c.campaign_id,
    c.name,
    c.status,
    c.channel,
    c.created_by,
    c.created_at,
    u.units,
    v.drafted,
    v.blocked,
    v.screened,
    v.cleared,
    e.included,
    e.audience,
    coalesce(s.state, 'unasked') AS approval,
    s.waits_for,
    s.due_at,
    exists(SELECT FROM sends AS m WHERE m.tenant_id = c.tenant_id AND m.campaign_id = c.campaign_id) AS begun,
    exists(
        SELECT FROM sends AS m WHERE m.tenant_id = c.tenant_id AND m.campaign_id = c.campaign_id AND m.waiting
    ) AS waiting
FROM (
    SELECT * FROM campaigns
    WHERE
        tenant_id = current_setting('liftline.tenant')
        AND (%(campaign_id)s::text IS NULL OR campaign_id = %(campaign_id)s)
        AND (created_at, campaign_id) < (coalesce(%(before)s::timestamptz, 'infinity'), %(before_id)s)
    ORDER BY created_at DESC, campaign_id DESC
    LIMIT %(most)s
) AS c
CROSS JOIN LATERAL (
    SELECT count(*) AS units FROM audience_units AS a
    WHERE a.tenant_id = c.tenant_id AND a.campaign_id = c.campaign_id
) AS u
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE n.status = 'drafted') AS drafted,
        count(*) FILTER (WHERE n.status = 'blocked') AS blocked,
        count(g.content_hash) AS screened,
        count(*) FILTER (WHERE g.cleared) AS cleared
    FROM (
        SELECT DISTINCT ON (w.variant_id)
            w.status,
            w.content_hash
        FROM variants AS w
        WHERE w.tenant_id = c.tenant_id AND w.campaign_id = c.campaign_id
        ORDER BY w.variant_id ASC, w.version DESC
    ) AS n
    LEFT JOIN policies_in_force AS f ON f.tenant_id = c.tenant_id AND f.kind = 'content'
    LEFT JOIN screenings AS g
        ON g.tenant_id = c.tenant_id AND g.content_hash = n.content_hash AND g.policy_version = f.version
) AS v
LEFT JOIN LATERAL (
    SELECT
        r.included,
        r.audience
    FROM eligibility_runs AS r
    WHERE r.tenant_id = c.tenant_id AND r.campaign_id = c.campaign_id
    ORDER BY r.run DESC
    LIMIT 1
) AS e ON true
LEFT JOIN LATERAL request_as_it_stands(c.campaign_id) AS s ON true
ORDER BY c.created_at DESC, c.campaign_id DESC;

-- name: waiting_for
-- Open requests whose next stage this person may fill: by their role, with no hand in it, and with no yes given yet.
SELECT
    r.campaign_id,
    c.name,
    n.stage,
    r.due_at
FROM approval_requests AS r
INNER JOIN campaigns AS c ON c.tenant_id = r.tenant_id AND c.campaign_id = r.campaign_id
CROSS JOIN LATERAL next_stage(r) AS n (stage)
WHERE
    r.tenant_id = current_setting('liftline.tenant')
    AND r.state = 'open'
    AND r.due_at > clock_timestamp()
    AND c.status NOT IN ('cancelled', 'completed')
    AND r.approved_hash = approval_hash(r.campaign_id)
    AND has_role(%(by)s, stage_roles(n.stage))
    AND NOT made_campaign(%(by)s, r.campaign_id, r.approved_hash)
    AND NOT EXISTS (
        SELECT FROM approvals AS a
        WHERE
            a.tenant_id = r.tenant_id
            AND a.campaign_id = r.campaign_id
            AND a.approved_hash = r.approved_hash
            AND a.round = r.round
            AND a.decision = 'approve'
            AND lower(btrim(a.decided_by)) = lower(btrim(%(by)s))
    )
ORDER BY r.due_at, r.campaign_id;

-- name: since
-- What was done since a moment, by the ledger: every decision stands there. It is read from its end back to the moment.
SELECT
    c.action,
    c.decision,
    count(*) AS times
FROM audit_entries AS e
CROSS JOIN LATERAL audit_cells(e.body) AS c
WHERE
    e.tenant_id = current_setting('liftline.tenant')
    AND e.seq > coalesce((
        SELECT b.seq FROM audit_entries AS b
        WHERE b.tenant_id = current_setting('liftline.tenant') AND b.occurred_at < %(since)s
        ORDER BY b.seq DESC
        LIMIT 1
    ), 0)
    AND c.action = ANY(%(actions)s::text[])
GROUP BY c.action, c.decision;

-- name: who_fills
-- Everybody who may fill this stage of the request: by role, had no hand in it, filled no stage yet.
SELECT DISTINCT g.user_name
FROM access_grants AS g
WHERE
    g.tenant_id = current_setting('liftline.tenant')
    AND g.revoked_at IS NULL
    AND g.role = ANY(stage_roles(%(stage)s))
    AND NOT made_campaign(g.user_name, %(campaign_id)s, %(approved_hash)s)
    AND lower(g.user_name) <> ALL(%(given)s::text[])
ORDER BY g.user_name;
