WITH monthly AS (
    SELECT
        p.tenant_id,
        p.month,
        p.channel,
        coalesce(c.email_domain, 'none') AS domain,
        count(DISTINCT coalesce(a.customer_id, p.customer_id)) AS people,
        sum(p.sent) AS sent,
        sum(p.delivered) AS delivered,
        sum(p.bounced) AS bounced,
        sum(p.hard_bounced) AS hard_bounced,
        sum(p.pending) AS pending,
        sum(p.complained) AS complained,
        sum(p.unsubscribed) AS unsubscribed
    FROM {{ ref('int_people_counted') }} AS p
    LEFT JOIN {{ ref('stg_customer_aliases') }} AS a ON a.tenant_id = p.tenant_id AND a.alias_id = p.customer_id
    LEFT JOIN {{ ref('stg_customers') }} AS c
        ON c.tenant_id = p.tenant_id AND c.customer_id = coalesce(a.customer_id, p.customer_id)
    GROUP BY 1, 2, 3, 4
),

-- A domain of a few people would name them, however much they are sent.
grouped AS (
    SELECT
        tenant_id,
        month,
        channel,
        CASE WHEN domain = 'none' OR people >= 5 THEN domain ELSE 'other' END AS domain,
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
