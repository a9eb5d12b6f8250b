WITH messages AS (
    SELECT
        tenant_id,
        variant_id,
        version,
        sum(planned)::bigint AS planned,
        sum(sent)::bigint AS sent,
        sum(delivered)::bigint AS delivered,
        sum(bounced)::bigint AS bounced,
        sum(pending)::bigint AS pending,
        sum(opened)::bigint AS opened,
        sum(clicked)::bigint AS clicked,
        sum(replied)::bigint AS replied,
        sum(converted)::bigint AS converted,
        sum(unsubscribed)::bigint AS unsubscribed,
        sum(complained)::bigint AS complained
    FROM {{ ref('int_messages_counted') }}
    GROUP BY tenant_id, variant_id, version
)

SELECT
    m.tenant_id,
    v.campaign_id,
    m.variant_id,
    m.version,
    v.unit_kind,
    v.unit_id,
    v.tone,
    v.confidence,
    m.planned,
    m.sent,
    m.delivered,
    m.bounced,
    m.pending,
    m.opened,
    m.clicked,
    m.replied,
    m.converted,
    m.unsubscribed,
    m.complained,
    {{ rate('m.delivered', 'm.sent') }} AS delivery_rate,
    {{ rate('m.opened', 'm.delivered') }} AS open_rate,
    {{ rate('m.clicked', 'm.opened') }} AS click_rate,
    {{ rate('m.replied', 'm.delivered') }} AS reply_rate,
    {{ rate('m.converted', 'm.delivered') }} AS conversion_rate
FROM messages AS m
INNER JOIN {{ ref('stg_variants') }} AS v
    ON v.tenant_id = m.tenant_id AND v.variant_id = m.variant_id AND v.version = m.version
