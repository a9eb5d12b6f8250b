SELECT
    tenant_id,
    customer_id,
    address_hash(tenant_id, email) AS address_hash
FROM {{ source('liftline', 'customers') }}
WHERE email IS NOT NULL
