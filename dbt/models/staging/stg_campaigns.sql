SELECT
    tenant_id,
    campaign_id,
    name,
    channel,
    status,
    created_by,
    created_at
FROM {{ source('liftline', 'campaigns') }}
