SELECT
    tenant_id,
    campaign_id,
    approved_hash,
    state,
    asked_at,
    settled_at
FROM {{ source('liftline', 'approval_requests') }}
