SELECT
    tenant_id,
    model,
    version,
    state,
    rows AS training_rows,
    metrics,
    trained_at
FROM {{ source('liftline', 'model_versions') }}
