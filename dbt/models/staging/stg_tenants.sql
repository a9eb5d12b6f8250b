SELECT
    tenant_id,
    created_at
FROM {{ source('liftline', 'tenants') }}
