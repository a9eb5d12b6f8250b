SELECT
    n.tenant_id,
    n.experiment_key,
    n.customer_id,
    coalesce(a.customer_id, n.customer_id) AS person_id,
    n.unit_id,
    n.arm,
    n.code,
    n.assigned_at
FROM {{ source('liftline', 'assignments') }} AS n
LEFT JOIN {{ source('liftline', 'customer_aliases') }} AS a ON a.tenant_id = n.tenant_id AND a.alias_id = n.customer_id
