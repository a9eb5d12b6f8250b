SELECT
    s.tenant_id,
    s.message_id,
    s.campaign_id,
    coalesce(a.customer_id, s.customer_id) AS customer_id,
    s.step,
    s.channel,
    s.variant_id,
    s.version,
    coalesce(s.unit_id, 'none') AS unit_id,
    coalesce(s.arm, 'none') AS arm,
    s.state,
    s.marketing,
    coalesce(s.cost_usd, 0) AS cost_usd,
    s.queued_at,
    s.claimed_at,
    s.settled_at
FROM {{ source('liftline', 'sends') }} AS s
LEFT JOIN {{ source('liftline', 'customer_aliases') }} AS a ON a.tenant_id = s.tenant_id AND a.alias_id = s.customer_id
