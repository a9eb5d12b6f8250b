WITH sent AS (
    SELECT
        m.tenant_id,
        v.tone,
        m.unit_id,
        sum(m.delivered)::bigint AS delivered,
        sum(m.opened)::bigint AS opened,
        sum(m.engaged)::bigint AS engaged,
        sum(m.converted)::bigint AS converted
    FROM {{ ref('int_messages_counted') }} AS m
    INNER JOIN {{ ref('stg_variants') }} AS v
        ON v.tenant_id = m.tenant_id AND v.variant_id = m.variant_id AND v.version = m.version
    GROUP BY m.tenant_id, v.tone, m.unit_id
),

segments AS (
    SELECT tenant_id, unit_id, sum(engaged) AS engaged, sum(delivered) AS delivered
    FROM sent
    GROUP BY tenant_id, unit_id
),

judged AS (
    SELECT
        f.tenant_id,
        v.tone,
        v.unit_id,
        trim_scale(round(avg(f.rating), 2)) AS rating,
        sum(f.flags)::bigint AS flags
    FROM {{ ref('stg_ai_feedback') }} AS f
    INNER JOIN {{ ref('stg_variants') }} AS v
        ON v.tenant_id = f.tenant_id AND v.variant_id = f.variant_id AND v.version = f.version
    GROUP BY f.tenant_id, v.tone, v.unit_id
)

SELECT
    s.tenant_id,
    s.tone,
    s.unit_id,
    s.delivered,
    s.opened,
    s.engaged,
    s.converted,
    {{ rate('s.engaged', 's.delivered') }} AS engagement_rate,
    {{ rate('s.converted', 's.delivered') }} AS conversion_rate,
    {{ rate('g.engaged', 'g.delivered') }} AS segment_rate,
    {{ rate('s.engaged * g.delivered', 's.delivered * g.engaged') }} AS index_to_segment,
    j.rating,
    coalesce(j.flags, 0) AS flags
FROM sent AS s
INNER JOIN segments AS g ON g.tenant_id = s.tenant_id AND g.unit_id = s.unit_id
LEFT JOIN judged AS j ON j.tenant_id = s.tenant_id AND j.tone = s.tone AND j.unit_id = s.unit_id
