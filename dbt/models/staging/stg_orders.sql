SELECT
    o.tenant_id,
    o.order_id,
    coalesce(a.customer_id, o.customer_id) AS customer_id,
    o.ordered_at,
    o.amount,
    coalesce(o.currency, 'unknown') AS currency
FROM {{ source('liftline', 'orders') }} AS o
LEFT JOIN {{ source('liftline', 'customer_aliases') }} AS a ON a.tenant_id = o.tenant_id AND a.alias_id = o.customer_id
