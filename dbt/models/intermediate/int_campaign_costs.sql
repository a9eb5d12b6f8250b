{# Grain: one row a campaign: what writing and sending cost and what it earned by the last touch. #}
WITH written AS (
    SELECT tenant_id, campaign_id, sum(cost_usd) AS generation_cost_usd
    FROM {{ ref('stg_generations') }}
    WHERE campaign_id IS NOT NULL
    GROUP BY tenant_id, campaign_id
),

sent AS (
    SELECT tenant_id, campaign_id, sum(cost_usd) AS sending_cost_usd
    FROM {{ ref('int_messages_counted') }}
    GROUP BY tenant_id, campaign_id
),

earned AS (
    SELECT tenant_id, campaign_id, round({{ whole_sum('revenue_usd') }}, 2) AS revenue_usd, sum(orders) AS orders
    FROM {{ ref('int_orders_credited') }}
    WHERE attribution_model = 'last touch'
    GROUP BY tenant_id, campaign_id
)

SELECT
    c.tenant_id,
    c.campaign_id,
    coalesce(w.generation_cost_usd, 0) AS generation_cost_usd,
    coalesce(s.sending_cost_usd, 0) AS sending_cost_usd,
    coalesce(w.generation_cost_usd, 0) + coalesce(s.sending_cost_usd, 0) AS cost_usd,
    CASE WHEN e.campaign_id IS NULL THEN 0 ELSE e.revenue_usd END AS revenue_usd,
    coalesce(e.orders, 0) AS orders
FROM {{ ref('stg_campaigns') }} AS c
LEFT JOIN written AS w ON w.tenant_id = c.tenant_id AND w.campaign_id = c.campaign_id
LEFT JOIN sent AS s ON s.tenant_id = c.tenant_id AND s.campaign_id = c.campaign_id
LEFT JOIN earned AS e ON e.tenant_id = c.tenant_id AND e.campaign_id = c.campaign_id
