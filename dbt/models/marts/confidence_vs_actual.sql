WITH variants AS (
    SELECT
        m.tenant_id,
        m.channel,
        m.variant_id,
        m.version,
        v.confidence::numeric AS confidence,
        sum(m.delivered) AS delivered,
        sum(m.engaged) AS engaged
    FROM {{ ref('int_messages_counted') }} AS m
    INNER JOIN {{ ref('stg_variants') }} AS v
        ON v.tenant_id = m.tenant_id AND v.variant_id = m.variant_id AND v.version = m.version
    WHERE v.confidence IS NOT NULL
    GROUP BY m.tenant_id, m.channel, m.variant_id, m.version, v.confidence
)

SELECT
    tenant_id,
    channel,
    least(floor(confidence * 10), 9)::integer AS bucket,
    count(*) AS variants,
    sum(delivered)::bigint AS delivered,
    sum(engaged)::bigint AS engaged,
    {{ rate('sum(confidence * delivered)', 'sum(delivered)') }} AS expected,
    {{ rate('sum(engaged)', 'sum(delivered)') }} AS actual,
    {{ rate('sum(engaged) - sum(confidence * delivered)', 'sum(delivered)') }} AS gap
FROM variants
GROUP BY 1, 2, 3
