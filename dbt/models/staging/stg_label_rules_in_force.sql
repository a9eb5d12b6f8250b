SELECT
    tenant_id,
    rule_version,
    in_force_since
FROM {{ source('liftline', 'label_rules_in_force') }}
