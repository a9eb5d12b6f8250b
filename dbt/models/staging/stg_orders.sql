SELECT
    tenant_id,
    order_id,
    customer_id,
    ordered_at,
    amount,
    coalesce(currency, 'unknown') AS currency
FROM {{ source('liftline', 'orders') }}
