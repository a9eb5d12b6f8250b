SELECT
    tenant_id,
    escalation_id,
    kind,
    campaign_id,
    object,
    opened_at,
    due_at,
    settled_at,
    settlement
FROM {{ source('liftline', 'escalations') }}
