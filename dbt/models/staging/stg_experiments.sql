SELECT
    tenant_id,
    experiment_key,
    campaign_id,
    kind,
    state,
    started_at
FROM {{ source('liftline', 'experiments') }}
