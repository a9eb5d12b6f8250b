-- name: campaign_exists
SELECT 1 AS found FROM campaigns
WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s;

-- name: links
SELECT
    kind,
    url
FROM message_links
WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s
ORDER BY kind, link_id;

-- name: set_based
-- Whole tables are joined here; right after a campaign was sent the planner knows nothing of them and expects one row.
SELECT set_config('enable_nestloop', 'off', true);

-- name: copy_sent
COPY (
    SELECT
        s.message_id, s.customer_id, coalesce(s.arm, ''), coalesce(a.unit_id, s.unit_id, ''), c.email,
        coalesce(s.provider_id, ''), extract(EPOCH FROM coalesce(s.claimed_at, s.queued_at))::bigint
    FROM sends AS s
    INNER JOIN customers AS c ON c.tenant_id = s.tenant_id AND c.customer_id = s.customer_id
    LEFT JOIN assignments AS a
        ON a.tenant_id = s.tenant_id AND a.experiment_key = s.campaign_id AND a.customer_id = s.customer_id
    WHERE
        s.tenant_id = current_setting('liftline.tenant') AND s.campaign_id = {campaign_id}
        AND s.state IN ('accepted', 'unknown', 'delivered', 'bounced', 'complained') AND c.email IS NOT NULL
    ORDER BY s.message_id
) TO STDOUT (FORMAT csv);

-- name: copy_held
COPY (
    SELECT
        a.customer_id, a.arm, a.unit_id, extract(EPOCH FROM coalesce(x.started_at, a.assigned_at))::bigint
    FROM assignments AS a
    INNER JOIN experiments AS x ON x.tenant_id = a.tenant_id AND x.experiment_key = a.experiment_key
    INNER JOIN experiment_arms AS r
        ON r.tenant_id = a.tenant_id AND r.experiment_key = a.experiment_key AND r.arm = a.arm AND r.control
    WHERE a.tenant_id = current_setting('liftline.tenant') AND a.experiment_key = {campaign_id}
    ORDER BY a.customer_id
) TO STDOUT (FORMAT csv);

-- name: copy_told
COPY (
    SELECT e.event_id, e.event, e.customer_id, e.verdict
    FROM labelled_events AS e
    WHERE
        e.tenant_id = current_setting('liftline.tenant') AND e.campaign_id = {campaign_id}
        AND e.event IN ('opened', 'clicked')
) TO STDOUT (FORMAT csv);
