WITH monthly AS (
    SELECT
        tenant_id,
        date_trunc('month', sent_on)::date AS month,
        channel,
        domain,
        sum(sent) AS sent,
        sum(delivered) AS delivered,
        sum(bounced) AS bounced,
        sum(hard_bounced) AS hard_bounced,
        sum(pending) AS pending,
        sum(complained) AS complained,
        sum(unsubscribed) AS unsubscribed
    FROM {{ ref('int_messages_counted') }}
    GROUP BY 1, 2, 3, 4
),

-- A domain of one person or two would name them.
grouped AS (
    SELECT
        tenant_id,
        month,
        channel,
        CASE WHEN domain = 'none' OR sent >= 5 THEN domain ELSE 'other' END AS domain,
        sum(sent)::bigint AS sent,
        sum(delivered)::bigint AS delivered,
        sum(bounced)::bigint AS bounced,
        sum(hard_bounced)::bigint AS hard_bounced,
        sum(pending)::bigint AS pending,
        sum(complained)::bigint AS complained,
        sum(unsubscribed)::bigint AS unsubscribed
    FROM monthly
    GROUP BY 1, 2, 3, 4
)

SELECT
    tenant_id,
    month,
    channel,
    domain,
    sent,
    delivered,
    bounced,
    hard_bounced,
    pending,
    complained,
    unsubscribed,
    {{ rate('delivered', 'sent') }} AS delivery_rate,
    {{ rate('bounced', 'sent') }} AS bounce_rate,
    {{ rate('complained', 'delivered') }} AS complaint_rate,
    sent >= 20 AND (complained > 0.001 * delivered OR bounced > 0.05 * sent) AS at_risk
FROM grouped
