SELECT
    c.tenant_id,
    coalesce(a.customer_id, c.customer_id) AS customer_id,
    c.channel,
    c.purpose,
    c.occurred_at,
    c.status
FROM {{ source('liftline', 'consents') }} AS c
LEFT JOIN {{ source('liftline', 'customer_aliases') }} AS a ON a.tenant_id = c.tenant_id AND a.alias_id = c.customer_id
