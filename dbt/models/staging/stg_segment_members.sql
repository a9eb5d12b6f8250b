SELECT
    tenant_id,
    snapshot_id,
    customer_id,
    segment
FROM {{ source('liftline', 'segment_members') }}
