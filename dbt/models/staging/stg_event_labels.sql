SELECT
    l.tenant_id,
    l.provider,
    l.event_id,
    l.rule_version,
    l.labelled_at,
    l.xmin AS written_by,
    e.message_id
FROM {{ source('liftline', 'event_labels') }} AS l
-- Event by event: few labels are asked for at a time, and a join would read every event that ever was.
CROSS JOIN LATERAL (
    SELECT p.message_id FROM {{ source('liftline', 'provider_events') }} AS p
    WHERE p.tenant_id = l.tenant_id AND p.provider = l.provider AND p.event_id = l.event_id
    OFFSET 0
) AS e
