SELECT
    tenant_id,
    snapshot_id,
    scheme,
    as_of,
    campaign_id,
    taken_at
FROM {{ source('liftline', 'segment_snapshots') }}
