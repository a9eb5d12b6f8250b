SELECT
    tenant_id,
    seq,
    occurred_at
FROM {{ source('liftline', 'audit_entries') }}
