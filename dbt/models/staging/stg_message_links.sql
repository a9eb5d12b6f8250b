SELECT
    tenant_id,
    campaign_id,
    link_id,
    variant_id,
    version
FROM {{ source('liftline', 'message_links') }}
