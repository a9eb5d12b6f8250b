SELECT
    tenant_id,
    experiment_key,
    unit_id,
    metric,
    arm,
    control,
    decides,
    currency,
    n_arm,
    n_control,
    value_arm,
    value_control,
    lift_abs,
    lift_rel,
    ci_low,
    ci_high,
    p_value,
    p_adjusted,
    verdict,
    reason
FROM {{ ref('int_comparisons_read_out') }}
WHERE unit_id IS NOT NULL
