WITH buyers AS (
    SELECT
        tenant_id,
        customer_id,
        {{ month_of('min(ordered_at)') }} AS cohort,
        {{ month_of('max(ordered_at)') }} AS last_month
    FROM {{ ref('stg_orders') }}
    GROUP BY tenant_id, customer_id
),

bought AS (
    SELECT DISTINCT tenant_id, customer_id, {{ month_of('ordered_at') }} AS month
    FROM {{ ref('stg_orders') }}
),

ends AS (
    SELECT tenant_id, max(last_month) AS last_month
    FROM buyers
    GROUP BY tenant_id
),

steps AS (
    SELECT
        b.tenant_id,
        b.cohort,
        b.customer_id,
        b.last_month,
        n AS months_later,
        (b.cohort + make_interval(months => n))::date AS month
    FROM buyers AS b
    INNER JOIN ends AS e ON e.tenant_id = b.tenant_id
    CROSS JOIN LATERAL generate_series(0, (
        12 * (extract(YEAR FROM e.last_month) - extract(YEAR FROM b.cohort))
        + extract(MONTH FROM e.last_month) - extract(MONTH FROM b.cohort)
    )::integer) AS n
)

SELECT
    s.tenant_id,
    s.cohort,
    s.months_later,
    count(*) AS customers,
    count(o.customer_id) AS active,
    count(*) FILTER (WHERE s.last_month >= s.month) AS retained,
    count(*) FILTER (WHERE s.last_month < s.month) AS churned,
    {{ rate('count(*) FILTER (WHERE s.last_month >= s.month)', 'count(*)') }} AS retention_rate
FROM steps AS s
LEFT JOIN bought AS o ON o.tenant_id = s.tenant_id AND o.customer_id = s.customer_id AND o.month = s.month
GROUP BY s.tenant_id, s.cohort, s.months_later
