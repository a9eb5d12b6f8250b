WITH touches AS (
    SELECT tenant_id, campaign_id, nullif(sum(touched), 0)::bigint AS touches
    FROM {{ ref('int_messages_counted') }}
    GROUP BY tenant_id, campaign_id
),

credited AS (
    SELECT
        tenant_id,
        campaign_id,
        attribution_model,
        round(sum(orders), 6) AS orders,
        round({{ whole_sum('revenue_usd') }}, 2) AS revenue_usd
    FROM {{ ref('int_orders_credited') }}
    GROUP BY tenant_id, campaign_id, attribution_model
),

readouts AS (
    SELECT DISTINCT ON (r.tenant_id, x.campaign_id) r.tenant_id, x.campaign_id, r.incremental
    FROM {{ ref('stg_experiment_readouts') }} AS r
    INNER JOIN {{ ref('stg_experiments') }} AS x
        ON x.tenant_id = r.tenant_id AND x.experiment_key = r.experiment_key
    ORDER BY r.tenant_id ASC, x.campaign_id ASC, r.readout DESC
),

told AS (
    SELECT
        c.tenant_id,
        c.campaign_id,
        m.attribution_model,
        coalesce(k.orders, 0) AS orders,
        CASE WHEN k.campaign_id IS NULL THEN 0 ELSE k.revenue_usd END AS revenue_usd,
        NULL::numeric AS revenue_low_usd,
        NULL::numeric AS revenue_high_usd
    FROM {{ ref('stg_campaigns') }} AS c
    CROSS JOIN (VALUES
        ('first touch'), ('last touch'), ('linear'), ('time decay'), ('position based')
    ) AS m (attribution_model)
    LEFT JOIN credited AS k
        ON
            k.tenant_id = c.tenant_id AND k.campaign_id = c.campaign_id
            AND k.attribution_model = m.attribution_model
    UNION ALL
    -- What the messages caused, as the newest read-out tells it.
    SELECT
        r.tenant_id,
        r.campaign_id,
        'incremental' AS attribution_model,
        NULL AS orders,
        round(
            {{ in_usd("(r.incremental ->> 'revenue')::numeric", "r.incremental ->> 'currency'") }}, 2
        ) AS revenue_usd,
        round(
            {{ in_usd("(r.incremental ->> 'low')::numeric", "r.incremental ->> 'currency'") }}, 2
        ) AS revenue_low_usd,
        round(
            {{ in_usd("(r.incremental ->> 'high')::numeric", "r.incremental ->> 'currency'") }}, 2
        ) AS revenue_high_usd
    FROM readouts AS r
    WHERE jsonb_typeof(r.incremental) = 'object'
)

SELECT
    a.tenant_id,
    a.campaign_id,
    a.attribution_model,
    coalesce(t.touches, 0) AS touches,
    a.orders,
    a.revenue_usd,
    a.revenue_low_usd,
    a.revenue_high_usd,
    {{ rate('a.revenue_usd', 't.touches') }} AS revenue_per_touch_usd,
    k.cost_usd,
    a.revenue_usd - k.cost_usd AS profit_usd
FROM told AS a
INNER JOIN {{ ref('int_campaign_costs') }} AS k ON k.tenant_id = a.tenant_id AND k.campaign_id = a.campaign_id
LEFT JOIN touches AS t ON t.tenant_id = a.tenant_id AND t.campaign_id = a.campaign_id
