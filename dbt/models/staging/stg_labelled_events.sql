SELECT
    e.tenant_id,
    e.provider,
    e.event_id,
    e.seq,
    e.event,
    e.hard,
    e.occurred_at,
    e.message_id,
    e.campaign_id,
    coalesce(a.customer_id, e.customer_id) AS customer_id,
    e.channel,
    e.link_id,
    e.value,
    coalesce(e.currency, 'unknown') AS currency,
    coalesce(e.verdict, 'unlabelled') AS verdict,
    e.rule_version
FROM {{ source('liftline', 'labelled_events') }} AS e
LEFT JOIN {{ source('liftline', 'customer_aliases') }} AS a ON a.tenant_id = e.tenant_id AND a.alias_id = e.customer_id
