SELECT
    tenant_id,
    model,
    customer_id,
    version,
    score,
    as_of
FROM {{ source('liftline', 'model_scores') }}
