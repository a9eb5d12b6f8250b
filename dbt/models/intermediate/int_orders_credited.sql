{# Grain: order × attribution model × message credited; an order that no message earned is credited to none. A message
   earns an order that follows it in time, if its reader, a person, opened, clicked or answered it before ordering, or
   ordered by it or one of its links. What a shop told as a conversion is an order, unless the same order was uploaded
   too or told before. #}
WITH told AS (
    SELECT
        tenant_id,
        provider || ' ' || event_id AS order_id,
        provider,
        customer_id,
        occurred_at AS ordered_at,
        value AS amount,
        currency,
        link_id,
        message_id
    FROM {{ ref('stg_labelled_events') }}
    WHERE event = 'converted' AND verdict IN ('human', 'unlabelled') AND value > 0 AND customer_id IS NOT NULL
),

earned AS (
    SELECT tenant_id, order_id, customer_id, ordered_at, amount, currency, NULL AS link_id, NULL AS message_id
    FROM {{ ref('stg_orders') }}
    UNION ALL
    SELECT t.tenant_id, t.order_id, t.customer_id, t.ordered_at, t.amount, t.currency, t.link_id, t.message_id
    FROM told AS t
    WHERE
        NOT EXISTS (
            SELECT 1
            FROM {{ ref('stg_orders') }} AS o
            WHERE
                o.tenant_id = t.tenant_id AND o.customer_id = t.customer_id AND o.amount = t.amount
                AND o.ordered_at BETWEEN t.ordered_at - interval '1 day' AND t.ordered_at + interval '1 day'
        )
        -- Told under each of the ids that were merged, or by the page and by the shop's system: what knows its message
        -- stays.
        AND NOT EXISTS (
            SELECT 1
            FROM told AS b
            WHERE
                b.tenant_id = t.tenant_id AND b.customer_id = t.customer_id AND b.amount = t.amount
                AND b.currency = t.currency
                AND (b.ordered_at = t.ordered_at OR (
                    b.provider <> t.provider
                    AND b.ordered_at BETWEEN t.ordered_at - interval '1 day' AND t.ordered_at + interval '1 day'
                ))
                AND (b.message_id IS NULL, b.ordered_at, b.order_id) < (t.message_id IS NULL, t.ordered_at, t.order_id)
        )
),

-- Whoever was merged with another since is known by one id.
messages AS (
    SELECT m.*, coalesce(a.customer_id, m.customer_id) AS person_id
    FROM {{ ref('int_messages_followed') }} AS m
    LEFT JOIN {{ ref('stg_customer_aliases') }} AS a ON a.tenant_id = m.tenant_id AND a.alias_id = m.customer_id
),

touched AS (
    SELECT
        o.tenant_id,
        o.order_id,
        o.ordered_at,
        m.campaign_id,
        m.message_id,
        -- Whoever ordered by a link of the message has read it, if nothing else tells when.
        CASE
            WHEN m.first_human_at <= o.ordered_at THEN m.first_human_at
            WHEN k.link_id IS NOT NULL OR m.message_id = o.message_id THEN o.ordered_at
        END AS touched_at
    FROM earned AS o
    INNER JOIN messages AS m ON m.tenant_id = o.tenant_id AND m.person_id = o.customer_id
    LEFT JOIN {{ ref('stg_message_links') }} AS k
        ON
            k.tenant_id = o.tenant_id AND k.link_id = o.link_id AND k.campaign_id = m.campaign_id
            AND k.variant_id = m.variant_id AND k.version = m.version
    LEFT JOIN {{ ref('stg_experiments') }} AS x ON x.tenant_id = m.tenant_id AND x.campaign_id = m.campaign_id
    WHERE {{ within_attribution('o.ordered_at', 'm.sent_at', 'x.attribution_days') }}
),

touches AS (
    SELECT
        tenant_id,
        order_id,
        campaign_id,
        message_id,
        row_number() OVER earlier AS place,
        count(*) OVER (PARTITION BY tenant_id, order_id) AS places,
        power(0.5, extract(EPOCH FROM ordered_at - touched_at) / 604800.0) AS freshness
    FROM touched
    WHERE touched_at IS NOT NULL
    WINDOW earlier AS (PARTITION BY tenant_id, order_id ORDER BY touched_at, message_id)
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
FROM earned AS o
CROSS JOIN (VALUES
    ('first touch'), ('last touch'), ('linear'), ('time decay'), ('position based')
) AS m (attribution_model)
LEFT JOIN weighted AS w
    ON w.tenant_id = o.tenant_id AND w.order_id = o.order_id
    AND w.attribution_model = m.attribution_model AND w.share > 0
