SELECT tenant_id, order_id, attribution_model, sum(orders) AS credited
FROM {{ ref('int_orders_credited') }}
GROUP BY tenant_id, order_id, attribution_model
HAVING abs(sum(orders) - 1) > 0.000001
UNION ALL
-- A model that was forgotten altogether would pass above.
SELECT tenant_id, min(order_id), 'some', count(DISTINCT attribution_model)
FROM {{ ref('int_orders_credited') }}
GROUP BY tenant_id
HAVING count(DISTINCT attribution_model) <> 5
