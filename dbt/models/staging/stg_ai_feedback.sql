SELECT
    tenant_id,
    feedback_id,
    variant_id,
    version,
    rating,
    cardinality(flags) AS flags,
    decision
FROM {{ source('liftline', 'ai_feedback') }}
