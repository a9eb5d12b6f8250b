SELECT
    tenant_id,
    model,
    seq,
    version,
    decision,
    code,
    reason,
    decided_at
FROM {{ source('liftline', 'model_decisions') }}
