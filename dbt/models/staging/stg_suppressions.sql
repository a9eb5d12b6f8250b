SELECT
    tenant_id,
    address_hash,
    channel,
    reason,
    occurred_at
FROM {{ source('liftline', 'stops_heard') }}
