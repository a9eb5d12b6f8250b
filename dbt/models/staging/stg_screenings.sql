SELECT
    tenant_id,
    content_hash,
    policy_version,
    decision,
    undecided,
    released_by IS NOT NULL AS released,
    cleared,
    screened_at,
    released_at
FROM {{ source('liftline', 'screenings') }}
