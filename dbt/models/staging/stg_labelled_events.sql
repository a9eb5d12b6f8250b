SELECT
    tenant_id,
    provider,
    event_id,
    seq,
    event,
    hard,
    occurred_at,
    message_id,
    campaign_id,
    customer_id,
    channel,
    link_id,
    value,
    coalesce(currency, 'unknown') AS currency,
    coalesce(verdict, 'unlabelled') AS verdict,
    rule_version
FROM {{ source('liftline', 'labelled_events') }}
