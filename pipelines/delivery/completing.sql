-- name: perhaps_over
-- What is asked of the whole ledger of a campaign is asked of few: of those that wait for nothing and learn nothing.
SELECT c.campaign_id FROM campaigns AS c
WHERE
    c.tenant_id = %(tenant)s
    AND c.status = 'active'
    AND NOT EXISTS (
        SELECT FROM sends AS s
        WHERE s.tenant_id = c.tenant_id AND s.campaign_id = c.campaign_id AND s.waiting
    )
    AND NOT EXISTS (
        SELECT FROM open_claims AS o
        WHERE o.tenant_id = c.tenant_id AND o.campaign_id = c.campaign_id
    )
    AND NOT EXISTS (
        SELECT FROM experiments AS e
        WHERE e.tenant_id = c.tenant_id AND e.campaign_id = c.campaign_id AND e.state = 'running'
    )
ORDER BY c.campaign_id;

-- name: is_over
-- Everybody was sent to or skipped, nobody's next step is still to come, nothing is in doubt, and the experiment has
-- said what it can.
SELECT
    EXISTS (
        SELECT FROM sends AS s
        WHERE s.tenant_id = %(tenant)s AND s.campaign_id = %(campaign_id)s
    )
    AND NOT EXISTS (
        SELECT FROM sends AS s
        WHERE
            s.tenant_id = %(tenant)s
            AND s.campaign_id = %(campaign_id)s
            AND s.state IN ('queued', 'claimed', 'unknown')
    )
    AND NOT EXISTS (
        SELECT FROM experiments AS e
        WHERE e.tenant_id = %(tenant)s AND e.campaign_id = %(campaign_id)s AND e.state = 'running'
    )
    AND NOT EXISTS (
        SELECT FROM ({next_steps}) AS n
        LEFT JOIN sends AS l
            ON
                l.tenant_id = n.tenant_id
                AND l.campaign_id = n.campaign_id
                AND l.customer_id = n.customer_id
                AND l.step = n.next_step
        WHERE l.customer_id IS NULL
    )
AS yes;
