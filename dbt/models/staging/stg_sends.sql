SELECT
    tenant_id,
    message_id,
    campaign_id,
    customer_id,
    step,
    channel,
    variant_id,
    version,
    coalesce(unit_id, 'none') AS unit_id,
    coalesce(arm, 'none') AS arm,
    state,
    marketing,
    coalesce(cost_usd, 0) AS cost_usd,
    queued_at,
    claimed_at,
    settled_at
FROM {{ source('liftline', 'sends') }}
