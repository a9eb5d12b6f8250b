SELECT
    tenant_id,
    insight_id,
    dimension,
    value,
    segment,
    effect,
    state
FROM {{ source('liftline', 'insights') }}
