-- The last profiles of a day stand for it.
WITH moments AS (
    SELECT
        tenant_id,
        as_of,
        day,
        lag(as_of) OVER earlier AS before_as_of,
        lag(day) OVER earlier AS before_day
    FROM (
        SELECT tenant_id, (as_of AT TIME ZONE 'UTC')::date AS day, max(as_of) AS as_of
        FROM {{ ref('stg_profiles') }}
        GROUP BY 1, 2
    ) AS days
    WINDOW earlier AS (PARTITION BY tenant_id ORDER BY as_of)
),

pairs AS (
    SELECT m.tenant_id, m.before_day, m.day, p.customer_id, p.lifecycle_stage AS from_stage, NULL AS to_stage
    FROM moments AS m
    INNER JOIN {{ ref('stg_profiles') }} AS p ON p.tenant_id = m.tenant_id AND p.as_of = m.before_as_of
    UNION ALL
    SELECT m.tenant_id, m.before_day, m.day, p.customer_id, NULL AS from_stage, p.lifecycle_stage AS to_stage
    FROM moments AS m
    INNER JOIN {{ ref('stg_profiles') }} AS p ON p.tenant_id = m.tenant_id AND p.as_of = m.as_of
    WHERE m.before_as_of IS NOT NULL
),

moves AS (
    SELECT tenant_id, before_day, day, customer_id, max(from_stage) AS from_stage, max(to_stage) AS to_stage
    FROM pairs
    GROUP BY tenant_id, before_day, day, customer_id
)

SELECT
    tenant_id,
    before_day AS from_day,
    day AS to_day,
    coalesce(from_stage, 'absent') AS from_stage,
    coalesce(to_stage, 'absent') AS to_stage,
    count(*) AS customers
FROM moves
GROUP BY 1, 2, 3, 4, 5
