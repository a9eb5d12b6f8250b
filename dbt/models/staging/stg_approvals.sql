SELECT
    tenant_id,
    approval_id,
    campaign_id,
    decision,
    decided_at
FROM {{ source('liftline', 'approvals') }}
