SELECT
    tenant_id,
    experiment_key,
    campaign_id,
    kind,
    state,
    started_at,
    design ->> 'primary_metric' AS primary_metric,
    (design ->> 'attribution_days')::integer AS attribution_days
FROM {{ source('liftline', 'experiments') }}
