SELECT
    tenant_id,
    experiment_key,
    customer_id,
    unit_id,
    arm,
    code,
    assigned_at
FROM {{ source('liftline', 'assignments') }}
