SELECT
    tenant_id,
    variant_id,
    version,
    campaign_id,
    unit_kind,
    unit_id,
    strategy AS tone,
    channel,
    status,
    code,
    content_hash,
    confidence,
    created_by,
    created_at
FROM {{ source('liftline', 'variants') }}
