{# Grain: one row a person with an arm, and whether they converted in time; the control counts from the start. #}
WITH reached AS (
    SELECT
        tenant_id,
        campaign_id,
        customer_id,
        min(sent_at) FILTER (WHERE was_sent) AS reached_at,
        bool_or(clicked OR replied) AS engaged
    FROM {{ ref('int_messages_followed') }}
    GROUP BY tenant_id, campaign_id, customer_id
),

people AS (
    SELECT
        a.tenant_id,
        a.experiment_key,
        e.campaign_id,
        a.customer_id,
        a.person_id,
        a.unit_id,
        a.arm,
        r.control,
        m.reached_at,
        coalesce(m.engaged, false) AS engaged,
        coalesce(m.reached_at, e.started_at) AS since
    FROM {{ ref('stg_assignments') }} AS a
    INNER JOIN {{ ref('stg_experiments') }} AS e
        ON e.tenant_id = a.tenant_id AND e.experiment_key = a.experiment_key
    INNER JOIN {{ ref('stg_experiment_arms') }} AS r
        ON r.tenant_id = a.tenant_id AND r.experiment_key = a.experiment_key AND r.arm = a.arm
    LEFT JOIN reached AS m
        ON m.tenant_id = a.tenant_id AND m.campaign_id = e.campaign_id AND m.customer_id = a.person_id
    WHERE a.arm IS NOT NULL
),

conversions AS (
    SELECT p.tenant_id, p.experiment_key, p.customer_id
    FROM people AS p
    INNER JOIN {{ ref('stg_labelled_events') }} AS v
        ON v.tenant_id = p.tenant_id AND v.campaign_id = p.campaign_id AND v.customer_id = p.person_id
    WHERE v.event = 'converted' AND v.verdict = 'human' AND {{ within_attribution('v.occurred_at', 'p.since') }}
    GROUP BY p.tenant_id, p.experiment_key, p.customer_id
),

bought AS (
    SELECT p.tenant_id, p.experiment_key, p.customer_id, sum({{ in_usd('o.amount', 'o.currency') }}) AS revenue_usd
    FROM people AS p
    INNER JOIN {{ ref('stg_orders') }} AS o ON o.tenant_id = p.tenant_id AND o.customer_id = p.person_id
    WHERE {{ within_attribution('o.ordered_at', 'p.since') }}
    GROUP BY p.tenant_id, p.experiment_key, p.customer_id
)

SELECT
    p.tenant_id,
    p.experiment_key,
    p.campaign_id,
    p.customer_id,
    p.unit_id,
    p.arm,
    p.control,
    p.reached_at IS NOT NULL AS reached,
    p.engaged,
    c.customer_id IS NOT NULL OR b.customer_id IS NOT NULL AS converted,
    coalesce(b.revenue_usd, 0) AS revenue_usd
FROM people AS p
LEFT JOIN conversions AS c
    ON c.tenant_id = p.tenant_id AND c.experiment_key = p.experiment_key AND c.customer_id = p.customer_id
LEFT JOIN bought AS b
    ON b.tenant_id = p.tenant_id AND b.experiment_key = p.experiment_key AND b.customer_id = p.customer_id
