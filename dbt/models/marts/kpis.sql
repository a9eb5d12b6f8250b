WITH messages AS (
    SELECT
        tenant_id,
        date_trunc('month', sent_on)::date AS month,
        sum(sent) AS sent,
        sum(delivered) AS delivered,
        sum(bounced) AS bounced,
        sum(opened) AS opened,
        sum(clicked) AS clicked,
        sum(engaged) AS engaged,
        sum(replied) AS replied,
        sum(converted) AS converted,
        sum(complained) AS complained,
        sum(unsubscribed) AS unsubscribed,
        sum(delivered) FILTER (WHERE marketing) AS touches,
        sum(cost_usd) AS cost_usd
    FROM {{ ref('int_messages_counted') }}
    GROUP BY 1, 2
),

written AS (
    SELECT tenant_id, {{ month_of('asked_at') }} AS month, sum(cost_usd) AS cost_usd
    FROM {{ ref('stg_generations') }}
    GROUP BY 1, 2
),

earned AS (
    SELECT tenant_id, month, {{ whole_sum('revenue_usd') }} AS revenue_usd
    FROM {{ ref('int_orders_credited') }}
    WHERE attribution_model = 'last touch' AND campaign_id <> 'none'
    GROUP BY 1, 2
),

safe AS (
    SELECT
        c.tenant_id,
        {{ month_of('c.created_at') }} AS month,
        count(*) FILTER (WHERE v.status = 'drafted') AS drafted,
        count(v.decision) FILTER (WHERE v.status = 'drafted') AS screened,
        count(*) FILTER (WHERE v.status = 'drafted' AND v.released) AS released
    FROM {{ ref('stg_campaigns') }} AS c
    INNER JOIN {{ ref('int_variants_screened') }} AS v ON v.tenant_id = c.tenant_id AND v.campaign_id = c.campaign_id
    GROUP BY 1, 2
),

reviewed AS (
    SELECT
        tenant_id,
        {{ month_of('settled_at') }} AS month,
        sum(extract(EPOCH FROM settled_at - asked_at) / 3600.0) AS hours,
        count(*) AS settled
    FROM {{ ref('stg_approval_requests') }}
    WHERE settled_at IS NOT NULL
    GROUP BY 1, 2
),

months AS (
    SELECT tenant_id, month FROM messages
    UNION
    SELECT tenant_id, month FROM written
    UNION
    SELECT tenant_id, month FROM earned
    UNION
    SELECT tenant_id, month FROM safe
    UNION
    SELECT tenant_id, month FROM reviewed
)

SELECT
    p.tenant_id,
    p.month,
    k.kpi,
    k.place AS position,
    {{ rate('k.numerator', 'k.denominator') }} AS value,
    k.numerator::numeric AS numerator,
    k.denominator::numeric AS denominator,
    k.unit,
    k.higher_is_better,
    k.definition
FROM months AS p
LEFT JOIN messages AS m ON m.tenant_id = p.tenant_id AND m.month = p.month
LEFT JOIN written AS w ON w.tenant_id = p.tenant_id AND w.month = p.month
LEFT JOIN earned AS e ON e.tenant_id = p.tenant_id AND e.month = p.month
LEFT JOIN safe AS s ON s.tenant_id = p.tenant_id AND s.month = p.month
LEFT JOIN reviewed AS r ON r.tenant_id = p.tenant_id AND r.month = p.month
CROSS JOIN LATERAL (VALUES
    (
        1, 'revenue per marketing touch', CASE WHEN e.month IS NULL THEN 0 ELSE e.revenue_usd END, m.touches, 'usd',
        true,
        'Revenue credited to messages by the last touch, for each marketing message that arrived.'
    ),
    (
        2, 'conversion rate', m.converted, m.delivered, 'share', true,
        'Messages followed by a conversion, of delivered.'
    ),
    (
        3, 'human engagement rate', m.engaged, m.delivered, 'share', true,
        'Messages clicked or answered by a person, of delivered.'
    ),
    (
        4, 'human open rate', m.opened, m.delivered, 'share', true,
        'Messages opened or clicked by a person, of delivered; machines are not counted.'
    ),
    (5, 'reply rate', m.replied, m.delivered, 'share', true, 'Messages answered, of delivered.'),
    (6, 'delivery rate', m.delivered, m.sent, 'share', true, 'Messages that arrived, of sent.'),
    (7, 'bounce rate', m.bounced, m.sent, 'share', false, 'Messages that came back, of sent.'),
    (
        8, 'complaint rate', m.complained, m.delivered, 'share', false,
        'Messages reported as spam, of delivered.'
    ),
    (
        9, 'unsubscribe rate', m.unsubscribed, m.delivered, 'share', false,
        'Messages through which somebody unsubscribed, of delivered.'
    ),
    (
        10, 'cost per engagement', coalesce(m.cost_usd, 0) + coalesce(w.cost_usd, 0), m.engaged, 'usd', false,
        'What writing and sending cost, for each message clicked or answered by a person.'
    ),
    (
        11, 'return on cost', CASE WHEN e.month IS NULL THEN 0 ELSE e.revenue_usd END,
        coalesce(m.cost_usd, 0) + coalesce(w.cost_usd, 0), 'times', true,
        'Revenue credited by the last touch, for each dollar of writing and sending.'
    ),
    (
        12, 'screening coverage', s.screened, s.drafted, 'share', true,
        'Drafted variants with a verdict under the policy in force.'
    ),
    (
        13, 'release rate', s.released, s.screened, 'share', false,
        'Doubtful variants that a person released, of screened.'
    ),
    (
        14, 'hours in review', r.hours, r.settled, 'hours', false,
        'From a request for approval to its end, on average.'
    )
) AS k (place, kpi, numerator, denominator, unit, higher_is_better, definition)
