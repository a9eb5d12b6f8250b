SELECT
    tenant_id,
    provider,
    event_id,
    rule_version,
    labelled_at
FROM {{ source('liftline', 'event_labels') }}
