-- name: audience
-- How many were approved to be sent to, and why some of them have no row in the ledger.
SELECT
    n.code,
    count(*) AS customers
FROM (
    SELECT
        coalesce(
            CASE WHEN a.customer_id IS NULL THEN 'not_assigned' WHEN a.arm IS NULL THEN a.code END,
            CASE WHEN r.control THEN 'control' WHEN r.strategy IS NULL THEN 'arm_without_message' END,
            CASE WHEN a.cohort > %(cohort)s::smallint THEN 'later_cohort' END,
            'no_approved_variant'
        ) AS code
    FROM recipient_decisions AS d
    LEFT JOIN experiments AS e ON e.tenant_id = d.tenant_id AND e.campaign_id = d.campaign_id
    LEFT JOIN assignments AS a
        ON a.tenant_id = e.tenant_id AND a.experiment_key = e.experiment_key AND a.customer_id = d.customer_id
    LEFT JOIN experiment_arms AS r
        ON r.tenant_id = a.tenant_id AND r.experiment_key = a.experiment_key AND r.arm = a.arm
    WHERE
        d.tenant_id = %(tenant)s
        AND d.campaign_id = %(campaign_id)s
        AND d.run = %(run)s
        AND d.verdict = 'included'
        AND NOT EXISTS (
            SELECT FROM sends AS s
            WHERE s.tenant_id = d.tenant_id AND s.campaign_id = d.campaign_id AND s.customer_id = d.customer_id
        )
) AS n
GROUP BY n.code;

-- name: states
SELECT
    s.step,
    s.state,
    s.reason_code AS code,
    min(s.reason) AS reason,
    count(*) AS messages,
    min(greatest(s.send_at, s.not_before)) AS next_at,
    count(*) FILTER (WHERE s.state = 'unknown' AND s.settled_at <= %(overdue)s) AS overdue
FROM sends AS s
WHERE s.tenant_id = %(tenant)s AND s.campaign_id = %(campaign_id)s
GROUP BY s.step, s.state, s.reason_code
ORDER BY s.step, s.state, s.reason_code;

-- name: run_of_audience
-- The decisions that were approved last; before any approval, the newest.
SELECT coalesce(
    (
        SELECT (r.content -> 'eligibility' ->> 'run')::integer FROM approval_requests AS r
        WHERE r.tenant_id = %(tenant)s AND r.campaign_id = %(campaign_id)s AND r.state = 'approved'
        ORDER BY r.asked_at DESC
        LIMIT 1
    ),
    (
        SELECT max(e.run) FROM eligibility_runs AS e
        WHERE e.tenant_id = %(tenant)s AND e.campaign_id = %(campaign_id)s
    )
) AS run;

-- name: pace
-- Messages by the minute of their claim, the newest minutes last.
SELECT
    date_trunc('minute', claimed_at) AS minute,
    count(*) AS messages
FROM sends
WHERE
    tenant_id = %(tenant)s
    AND campaign_id = %(campaign_id)s
    AND claimed_at > %(since)s
GROUP BY date_trunc('minute', claimed_at)
ORDER BY minute;

-- name: doubtful
SELECT
    message_id,
    customer_id,
    channel,
    provider,
    reason_code,
    reason,
    claimed_at,
    settled_at,
    count(*) OVER () AS of_all
FROM sends
WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign_id)s AND state = 'unknown'
ORDER BY claimed_at, message_id
LIMIT %(most)s;

-- name: going
-- Campaigns with something in the queue that may go now; and, however they stand, with a claim that somebody may have
-- left.
SELECT c.campaign_id FROM campaigns AS c
WHERE
    c.tenant_id = %(tenant)s
    AND (
        (
            c.status = 'active'
            AND EXISTS (
                SELECT FROM sends AS s
                WHERE
                    s.tenant_id = c.tenant_id
                    AND s.campaign_id = c.campaign_id
                    AND s.waiting
                    AND coalesce(greatest(s.send_at, s.not_before) <= %(now)s, true)
            )
        )
        OR EXISTS (
            SELECT FROM open_claims AS o
            WHERE o.tenant_id = c.tenant_id AND o.campaign_id = c.campaign_id
        )
    )
ORDER BY c.campaign_id;

-- name: under_way
-- Campaigns that messages of were queued for, the newest first.
SELECT
    c.campaign_id,
    c.name,
    c.channel,
    c.status,
    c.created_at,
    s.queued_at,
    s.waiting,
    s.accepted,
    s.rejected,
    s.in_doubt,
    s.skipped
FROM campaigns AS c
CROSS JOIN LATERAL (
    SELECT
        min(l.queued_at) AS queued_at,
        count(*) FILTER (WHERE l.state = 'queued') AS waiting,
        count(*) FILTER (WHERE l.state IN ('accepted', 'delivered', 'bounced', 'complained')) AS accepted,
        count(*) FILTER (WHERE l.state = 'rejected') AS rejected,
        count(*) FILTER (WHERE l.state IN ('claimed', 'unknown')) AS in_doubt,
        count(*) FILTER (WHERE l.state IN ('skipped', 'cancelled')) AS skipped
    FROM sends AS l
    WHERE l.tenant_id = c.tenant_id AND l.campaign_id = c.campaign_id
) AS s
WHERE
    c.tenant_id = %(tenant)s
    AND s.queued_at IS NOT NULL
    AND (%(before)s::timestamptz IS NULL OR (c.created_at, c.campaign_id) < (%(before)s, %(before_id)s::text))
ORDER BY c.created_at DESC, c.campaign_id DESC
LIMIT %(most)s;
