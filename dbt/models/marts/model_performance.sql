WITH decided AS (
    SELECT DISTINCT ON (tenant_id, model, version) tenant_id, model, version, decision, reason
    FROM {{ ref('stg_model_decisions') }}
    ORDER BY tenant_id ASC, model ASC, version ASC, seq DESC
),

scored AS (
    SELECT tenant_id, model, version, count(*) AS customers
    FROM {{ ref('stg_model_scores') }}
    GROUP BY tenant_id, model, version
)

SELECT
    v.tenant_id,
    v.model,
    v.version,
    v.state,
    (v.trained_at AT TIME ZONE 'UTC')::date AS trained_on,
    v.training_rows,
    round((v.metrics ->> 'auc')::numeric, 6) AS auc,
    round((v.metrics ->> 'brier')::numeric, 6) AS brier,
    d.decision,
    d.reason AS decision_reason,
    coalesce(s.customers, 0) AS scored_customers
FROM {{ ref('stg_model_versions') }} AS v
LEFT JOIN decided AS d ON d.tenant_id = v.tenant_id AND d.model = v.model AND d.version = v.version
LEFT JOIN scored AS s ON s.tenant_id = v.tenant_id AND s.model = v.model AND s.version = v.version
