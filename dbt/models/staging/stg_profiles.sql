SELECT
    tenant_id,
    customer_id,
    as_of,
    recency_days,
    frequency,
    monetary,
    engagement_score,
    inactive_days,
    lifecycle_stage,
    churn_risk,
    preferred_hour
FROM {{ source('liftline', 'profiles') }}
