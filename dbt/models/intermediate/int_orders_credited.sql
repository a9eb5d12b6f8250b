{# Grain: order × attribution model × message credited; an order that no message earned is credited to none. A message
   earns an order that follows it in time, if its reader, a person, opened, clicked or answered it before ordering. #}
WITH touches AS (
    SELECT
        o.tenant_id,
        o.order_id,
        m.campaign_id,
        m.message_id,
        row_number() OVER earlier AS place,
        count(*) OVER (PARTITION BY o.tenant_id, o.order_id) AS places,
        power(0.5, extract(EPOCH FROM o.ordered_at - m.first_human_at) / 604800.0) AS freshness
    FROM {{ ref('stg_orders') }} AS o
    INNER JOIN {{ ref('int_messages_followed') }} AS m
        ON m.tenant_id = o.tenant_id AND m.customer_id = o.customer_id
    WHERE m.first_human_at <= o.ordered_at AND {{ within_attribution('o.ordered_at', 'm.sent_at') }}
    WINDOW earlier AS (PARTITION BY o.tenant_id, o.order_id ORDER BY m.first_human_at, m.message_id)
),

weighted AS (
    SELECT
        t.tenant_id,
        t.order_id,
        t.campaign_id,
        t.message_id,
        w.attribution_model,
        w.weight / sum(w.weight) OVER (PARTITION BY t.tenant_id, t.order_id, w.attribution_model) AS share
    FROM touches AS t
    CROSS JOIN LATERAL (VALUES
        ('first touch', (t.place = 1)::integer::numeric),
        ('last touch', (t.place = t.places)::integer::numeric),
        ('linear', 1.0),
        ('time decay', t.freshness::numeric),
        ('position based', CASE
            WHEN t.places <= 2 THEN 1.0
            WHEN t.place IN (1, t.places) THEN 0.4
            ELSE 0.2 / (t.places - 2)
        END)
    ) AS w (attribution_model, weight)
)

SELECT
    o.tenant_id,
    o.order_id,
    m.attribution_model,
    coalesce(w.campaign_id, 'none') AS campaign_id,
    coalesce(w.message_id, 'none') AS message_id,
    {{ month_of('o.ordered_at') }} AS month,
    o.currency,
    trim_scale(round(coalesce(w.share, 1), 9)) AS orders,
    coalesce(w.share, 1) * o.amount AS revenue,
    coalesce(w.share, 1) * {{ in_usd('o.amount', 'o.currency') }} AS revenue_usd
FROM {{ ref('stg_orders') }} AS o
CROSS JOIN (VALUES
    ('first touch'), ('last touch'), ('linear'), ('time decay'), ('position based')
) AS m (attribution_model)
LEFT JOIN weighted AS w
    ON w.tenant_id = o.tenant_id AND w.order_id = o.order_id
    AND w.attribution_model = m.attribution_model AND w.share > 0
