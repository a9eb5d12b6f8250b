SELECT
    tenant_id,
    campaign_id,
    run,
    audience,
    included,
    excluded,
    review
FROM {{ source('liftline', 'eligibility_runs') }}
