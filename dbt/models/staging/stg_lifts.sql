SELECT
    tenant_id,
    address_hash,
    channel,
    said_at
FROM {{ source('liftline', 'lifts_in_force') }}
