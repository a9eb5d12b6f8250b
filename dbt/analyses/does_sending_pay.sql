-- What each arm earned against its control, by person, and what the campaign cost and made.
SELECT
    r.experiment_key AS campaign_id,
    r.arm,
    r.control,
    r.n_arm,
    r.lift_abs AS revenue_per_person,
    r.ci_low,
    r.ci_high,
    r.verdict,
    c.cost_usd,
    c.revenue_usd,
    c.profit_usd
FROM liftline_marts.experiment_results AS r
LEFT JOIN liftline_marts.cost_and_roi AS c ON c.tenant_id = r.tenant_id AND c.campaign_id = r.experiment_key
WHERE r.metric = 'revenue'
ORDER BY r.lift_abs DESC NULLS LAST;
