{# Grain: experiment × metric × arm × audience unit (none: everybody) of the newest read-out. Nothing is computed here:
   what an experiment says is said once, by its read-out. #}
{{ config(materialized='ephemeral') }}

SELECT
    r.tenant_id,
    r.experiment_key,
    c.metric,
    c.arm,
    c.control,
    regexp_replace(c.segment, '^unit=', '') AS unit_id,
    c.metric = x.primary_metric AS decides,
    CASE WHEN c.metric = 'revenue' THEN r.currency END AS currency,
    c.n_arm,
    c.n_control,
    c.value_arm,
    c.value_control,
    c.lift_abs,
    c.lift_rel,
    c.ci_low,
    c.ci_high,
    c.p_value,
    c.p_adjusted,
    c.verdict,
    c.reason,
    r.as_of,
    r.final,
    r.verdict AS experiment_verdict,
    r.winner
FROM (
    SELECT DISTINCT ON (tenant_id, experiment_key) *
    FROM {{ ref('stg_experiment_readouts') }}
    ORDER BY tenant_id ASC, experiment_key ASC, readout DESC
) AS r
INNER JOIN {{ ref('stg_experiments') }} AS x ON x.tenant_id = r.tenant_id AND x.experiment_key = r.experiment_key
CROSS JOIN LATERAL jsonb_to_recordset(r.comparisons) AS c (
    metric text, arm text, control text, segment text, n_arm bigint, n_control bigint, value_arm numeric,
    value_control numeric, lift_abs numeric, lift_rel numeric, ci_low numeric, ci_high numeric, p_value numeric,
    p_adjusted numeric, verdict text, reason text
)
