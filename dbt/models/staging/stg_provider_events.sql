SELECT
    tenant_id,
    provider,
    event_id,
    seq,
    message_id,
    received_at
FROM {{ source('liftline', 'provider_events') }}
