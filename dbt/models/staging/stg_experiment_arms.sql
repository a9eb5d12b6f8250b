SELECT
    tenant_id,
    experiment_key,
    arm,
    control,
    strategy
FROM {{ source('liftline', 'experiment_arms') }}
