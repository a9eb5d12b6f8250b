SELECT
    tenant_id,
    kind,
    version AS policy_version
FROM {{ source('liftline', 'policies_in_force') }}
