WITH messages AS (
    SELECT
        tenant_id,
        campaign_id,
        min(sent_on) FILTER (WHERE sent > 0) AS first_sent_on,
        max(sent_on) FILTER (WHERE sent > 0) AS last_sent_on,
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
    GROUP BY tenant_id, campaign_id
),

guarded AS (
    SELECT DISTINCT ON (tenant_id, campaign_id) tenant_id, campaign_id, audience, included, excluded
    FROM {{ ref('stg_eligibility_runs') }}
    ORDER BY tenant_id ASC, campaign_id ASC, run DESC
)

SELECT
    c.tenant_id,
    c.campaign_id,
    c.name,
    c.channel,
    c.status,
    (c.created_at AT TIME ZONE 'UTC')::date AS created_on,
    coalesce(g.audience, 0) AS audience,
    coalesce(g.included, 0) AS included,
    coalesce(g.excluded, 0) AS excluded,
    coalesce(m.planned, 0) AS planned,
    coalesce(m.sent, 0) AS sent,
    coalesce(m.delivered, 0) AS delivered,
    coalesce(m.bounced, 0) AS bounced,
    coalesce(m.pending, 0) AS pending,
    coalesce(m.opened, 0) AS opened,
    coalesce(m.clicked, 0) AS clicked,
    coalesce(m.replied, 0) AS replied,
    coalesce(m.converted, 0) AS converted,
    coalesce(m.unsubscribed, 0) AS unsubscribed,
    coalesce(m.complained, 0) AS complained,
    {{ rate('m.delivered', 'm.sent') }} AS delivery_rate,
    {{ rate('m.opened', 'm.delivered') }} AS open_rate,
    {{ rate('m.clicked', 'm.opened') }} AS click_rate,
    {{ rate('m.replied', 'm.delivered') }} AS reply_rate,
    {{ rate('m.converted', 'm.delivered') }} AS conversion_rate,
    m.first_sent_on,
    m.last_sent_on,
    k.cost_usd,
    k.revenue_usd
FROM {{ ref('stg_campaigns') }} AS c
INNER JOIN {{ ref('int_campaign_costs') }} AS k ON k.tenant_id = c.tenant_id AND k.campaign_id = c.campaign_id
LEFT JOIN messages AS m ON m.tenant_id = c.tenant_id AND m.campaign_id = c.campaign_id
LEFT JOIN guarded AS g ON g.tenant_id = c.tenant_id AND g.campaign_id = c.campaign_id
