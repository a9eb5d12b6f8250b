SELECT
    tenant_id,
    alias_id,
    customer_id
FROM {{ source('liftline', 'customer_aliases') }}
