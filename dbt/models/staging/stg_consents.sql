SELECT
    tenant_id,
    customer_id,
    channel,
    purpose,
    occurred_at,
    status
FROM {{ source('liftline', 'consents') }}
