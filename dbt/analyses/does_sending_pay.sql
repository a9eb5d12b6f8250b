-- What each arm earned against its control, by person and in the currency of the shop; beside it what the whole
-- campaign cost and made in US dollars, once an arm.
SELECT
    r.experiment_key AS campaign_id,
    r.arm,
    r.control,
    r.n_arm AS people_in_arm,
    r.lift_abs AS more_per_person,
    r.currency,
    r.ci_low,
    r.ci_high,
    r.verdict,
    round(c.cost_usd, 2) AS campaign_cost_usd,
    round(c.revenue_usd, 2) AS campaign_revenue_usd,
    round(c.profit_usd, 2) AS campaign_profit_usd
FROM liftline_marts.experiment_results AS r
LEFT JOIN liftline_marts.cost_and_roi AS c ON c.tenant_id = r.tenant_id AND c.campaign_id = r.experiment_key
WHERE r.metric = 'revenue'
ORDER BY r.lift_abs DESC NULLS LAST, r.experiment_key ASC, r.arm ASC;
