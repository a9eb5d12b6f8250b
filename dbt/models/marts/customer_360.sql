WITH profiles AS (
    SELECT p.*
    FROM {{ ref('stg_profiles') }} AS p
    INNER JOIN (
        SELECT tenant_id, max(as_of) AS as_of
        FROM {{ ref('stg_profiles') }}
        GROUP BY tenant_id
    ) AS newest ON newest.tenant_id = p.tenant_id AND newest.as_of = p.as_of
),

snapshots AS (
    SELECT DISTINCT ON (tenant_id) tenant_id, snapshot_id
    FROM {{ ref('stg_segment_snapshots') }}
    WHERE scheme = 'rfm' AND campaign_id IS NULL
    ORDER BY tenant_id ASC, as_of DESC, taken_at DESC
),

members AS (
    SELECT m.tenant_id, m.customer_id, m.segment
    FROM snapshots AS s
    INNER JOIN {{ ref('stg_segment_members') }} AS m ON m.tenant_id = s.tenant_id AND m.snapshot_id = s.snapshot_id
),

bought_by_currency AS (
    SELECT
        o.tenant_id,
        o.customer_id,
        count(*) AS orders,
        {{ in_usd('sum(o.amount)', 'o.currency') }} AS revenue_usd,
        max(o.ordered_at) AS last_order_at
    FROM {{ ref('stg_orders') }} AS o
    GROUP BY o.tenant_id, o.customer_id, o.currency
),

bought AS (
    SELECT
        tenant_id,
        customer_id,
        sum(orders)::bigint AS orders,
        round({{ whole_sum('revenue_usd') }}, 2) AS revenue_usd,
        max(last_order_at) AS last_order_at
    FROM bought_by_currency
    GROUP BY tenant_id, customer_id
),

touched AS (
    SELECT
        p.tenant_id,
        coalesce(a.customer_id, p.customer_id) AS customer_id,
        sum(p.delivered)::bigint AS messages,
        sum(p.opened)::bigint AS opened,
        sum(p.clicked)::bigint AS clicked,
        sum(p.replied)::bigint AS replied,
        max(p.last_engaged_at) AS last_engaged_at
    FROM {{ ref('int_people_counted') }} AS p
    LEFT JOIN {{ ref('stg_customer_aliases') }} AS a ON a.tenant_id = p.tenant_id AND a.alias_id = p.customer_id
    GROUP BY 1, 2
),

consented AS (
    SELECT DISTINCT ON (tenant_id, customer_id) tenant_id, customer_id, status
    FROM {{ ref('stg_consents') }}
    WHERE channel = 'email' AND purpose = 'marketing'
    ORDER BY tenant_id ASC, customer_id ASC, occurred_at DESC, status ASC
),

stopped AS (
    SELECT DISTINCT a.tenant_id, a.customer_id
    FROM {{ ref('stg_suppressions') }} AS s
    INNER JOIN {{ ref('stg_mail_addresses') }} AS a ON a.tenant_id = s.tenant_id AND a.address_hash = s.address_hash
    LEFT JOIN {{ ref('stg_lifts') }} AS l
        ON
            l.tenant_id = s.tenant_id
            AND l.address_hash = s.address_hash
            AND l.channel = 'email'
            AND l.said_at > s.occurred_at
            AND s.reason = 'unsubscribe'
    WHERE s.channel IN ('email', 'all') AND l.address_hash IS NULL
),

scored AS (
    SELECT
        tenant_id,
        customer_id,
        max(score) FILTER (WHERE model = 'churn') AS churn_score,
        max(score) FILTER (WHERE model = 'conversion') AS conversion_score
    FROM {{ ref('stg_model_scores') }}
    GROUP BY tenant_id, customer_id
)

SELECT
    c.tenant_id,
    c.customer_id,
    c.account_id,
    c.country,
    c.signup_date,
    (p.as_of AT TIME ZONE 'UTC')::date AS profiled_on,
    p.lifecycle_stage,
    p.churn_risk,
    m.segment,
    coalesce(b.orders, 0) AS orders,
    CASE WHEN b.orders IS NULL THEN 0 ELSE b.revenue_usd END AS revenue_usd,
    (b.last_order_at AT TIME ZONE 'UTC')::date AS last_order_on,
    coalesce(t.messages, 0) AS messages,
    coalesce(t.opened, 0) AS opened,
    coalesce(t.clicked, 0) AS clicked,
    coalesce(t.replied, 0) AS replied,
    (t.last_engaged_at AT TIME ZONE 'UTC')::date AS last_engaged_on,
    coalesce(g.status, 'unknown') AS email_consent,
    x.customer_id IS NOT NULL AS suppressed,
    s.churn_score,
    s.conversion_score
FROM {{ ref('stg_customers') }} AS c
LEFT JOIN profiles AS p ON p.tenant_id = c.tenant_id AND p.customer_id = c.customer_id
LEFT JOIN members AS m ON m.tenant_id = c.tenant_id AND m.customer_id = c.customer_id
LEFT JOIN bought AS b ON b.tenant_id = c.tenant_id AND b.customer_id = c.customer_id
LEFT JOIN touched AS t ON t.tenant_id = c.tenant_id AND t.customer_id = c.customer_id
LEFT JOIN consented AS g ON g.tenant_id = c.tenant_id AND g.customer_id = c.customer_id
LEFT JOIN stopped AS x ON x.tenant_id = c.tenant_id AND x.customer_id = c.customer_id
LEFT JOIN scored AS s ON s.tenant_id = c.tenant_id AND s.customer_id = c.customer_id
