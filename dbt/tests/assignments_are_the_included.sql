-- Everybody whom the guardrails included when arms were last given has one, or a code that says why not. A later look
-- at who may be sent to changes nothing of that.
WITH assigned AS (
    SELECT e.tenant_id, e.campaign_id, count(*) AS assigned, max(a.assigned_at) AS given_at
    FROM {{ ref('stg_assignments') }} AS a
    INNER JOIN {{ ref('stg_experiments') }} AS e
        ON e.tenant_id = a.tenant_id AND e.experiment_key = a.experiment_key
    WHERE e.campaign_id IS NOT NULL AND e.state IN ('running', 'concluded')
    GROUP BY e.tenant_id, e.campaign_id
),

included AS (
    SELECT DISTINCT ON (a.tenant_id, a.campaign_id) a.tenant_id, a.campaign_id, a.assigned, r.included
    FROM assigned AS a
    LEFT JOIN {{ ref('stg_eligibility_runs') }} AS r
        ON r.tenant_id = a.tenant_id AND r.campaign_id = a.campaign_id AND r.decided_at <= a.given_at
    ORDER BY a.tenant_id ASC, a.campaign_id ASC, r.run DESC
)

SELECT tenant_id, campaign_id, assigned, included
FROM included
WHERE included IS NULL OR assigned < included
