SELECT
    l.tenant_id,
    l.provider,
    l.event_id,
    l.rule_version,
    l.labelled_at,
    e.message_id
FROM {{ source('liftline', 'event_labels') }} AS l
INNER JOIN {{ source('liftline', 'provider_events') }} AS e
    ON e.tenant_id = l.tenant_id AND e.provider = l.provider AND e.event_id = l.event_id
