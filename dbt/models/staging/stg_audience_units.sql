SELECT
    tenant_id,
    campaign_id,
    unit_kind,
    unit_id,
    label,
    size
FROM {{ source('liftline', 'audience_units') }}
