WITH messages AS (
    SELECT tenant_id, campaign_id, sum(sent) AS sent, sum(engaged) AS engaged
    FROM {{ ref('int_messages_counted') }}
    GROUP BY tenant_id, campaign_id
)

SELECT
    k.tenant_id,
    k.campaign_id,
    c.name,
    k.generation_cost_usd,
    k.sending_cost_usd,
    k.cost_usd,
    k.orders,
    k.revenue_usd,
    k.revenue_usd - k.cost_usd AS profit_usd,
    {{ rate('k.revenue_usd - k.cost_usd', 'k.cost_usd') }} AS return_on_cost,
    {{ rate('k.cost_usd', 'm.sent') }} AS cost_per_message_usd,
    {{ rate('k.cost_usd', 'm.engaged') }} AS cost_per_engagement_usd
FROM {{ ref('int_campaign_costs') }} AS k
INNER JOIN {{ ref('stg_campaigns') }} AS c ON c.tenant_id = k.tenant_id AND c.campaign_id = k.campaign_id
LEFT JOIN messages AS m ON m.tenant_id = k.tenant_id AND m.campaign_id = k.campaign_id
