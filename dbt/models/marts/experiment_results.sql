WITH arms AS (
    SELECT
        tenant_id,
        experiment_key,
        arm,
        bool_or(control) AS control,
        count(*) AS assigned,
        count(*) FILTER (WHERE reached) AS reached,
        count(*) FILTER (WHERE engaged) AS engaged,
        count(*) FILTER (WHERE converted) AS converted,
        sum(revenue_usd) AS revenue_usd
    FROM {{ ref('int_assignments_followed') }}
    GROUP BY tenant_id, experiment_key, arm
),

controls AS (
    SELECT tenant_id, experiment_key, sum(converted) AS converted, sum(assigned) AS assigned
    FROM arms
    WHERE control
    GROUP BY tenant_id, experiment_key
),

readouts AS (
    SELECT DISTINCT ON (tenant_id, experiment_key) tenant_id, experiment_key, verdict, winner, reason
    FROM {{ ref('stg_experiment_readouts') }}
    ORDER BY tenant_id ASC, experiment_key ASC, readout DESC
)

SELECT
    a.tenant_id,
    a.experiment_key,
    a.arm,
    a.control,
    a.assigned,
    a.reached,
    a.engaged,
    a.converted,
    {{ rate('a.converted', 'a.assigned') }} AS conversion_rate,
    {{ rate('t.converted', 't.assigned') }} AS control_rate,
    {{ lift('a.converted', 'a.assigned', 't.converted', 't.assigned') }} AS lift,
    {{ relative_lift('a.converted', 'a.assigned', 't.converted', 't.assigned') }} AS relative_lift,
    {{ rate('a.revenue_usd', 'a.assigned') }} AS revenue_per_person,
    r.verdict,
    r.winner,
    r.reason AS verdict_reason
FROM arms AS a
LEFT JOIN controls AS t ON t.tenant_id = a.tenant_id AND t.experiment_key = a.experiment_key
LEFT JOIN readouts AS r ON r.tenant_id = a.tenant_id AND r.experiment_key = a.experiment_key
