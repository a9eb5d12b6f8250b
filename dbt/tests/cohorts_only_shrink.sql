SELECT tenant_id, cohort, months_later, customers, retained, churned, active
FROM {{ ref('churn_cohorts') }}
WHERE customers <> retained + churned OR active > retained
