SELECT
    tenant_id,
    attribution_model,
    month,
    campaign_id,
    currency,
    round(sum(orders), 6) AS orders,
    round(sum(revenue), 6) AS revenue,
    round(sum(revenue_usd), 6) AS revenue_usd
FROM {{ ref('int_orders_credited') }}
GROUP BY tenant_id, attribution_model, month, campaign_id, currency
