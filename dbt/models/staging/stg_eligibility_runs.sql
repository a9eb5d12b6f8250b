SELECT
    tenant_id,
    campaign_id,
    run,
    audience,
    included,
    excluded,
    review,
    decided_at
FROM {{ source('liftline', 'eligibility_runs') }}
