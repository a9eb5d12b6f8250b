-- Everybody whom the guardrails included has an assignment, with an arm or with a code that says why not.
WITH included AS (
    SELECT DISTINCT ON (tenant_id, campaign_id) tenant_id, campaign_id, included
    FROM {{ ref('stg_eligibility_runs') }}
    ORDER BY tenant_id ASC, campaign_id ASC, run DESC
),

assigned AS (
    SELECT e.tenant_id, e.campaign_id, count(*) AS assigned
    FROM {{ ref('stg_assignments') }} AS a
    INNER JOIN {{ ref('stg_experiments') }} AS e
        ON e.tenant_id = a.tenant_id AND e.experiment_key = a.experiment_key
    WHERE e.campaign_id IS NOT NULL AND e.state IN ('running', 'concluded')
    GROUP BY e.tenant_id, e.campaign_id
)

SELECT a.tenant_id, a.campaign_id, a.assigned, i.included
FROM assigned AS a
LEFT JOIN included AS i ON i.tenant_id = a.tenant_id AND i.campaign_id = a.campaign_id
WHERE a.assigned IS DISTINCT FROM i.included
