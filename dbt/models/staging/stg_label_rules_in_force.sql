SELECT
    tenant_id,
    rule_version,
    in_force_since,
    xmin AS written_by
FROM {{ source('liftline', 'label_rules_in_force') }}
