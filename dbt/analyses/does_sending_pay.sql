-- What each campaign earned against its control, and what it cost.
SELECT
    r.experiment_key AS campaign_id,
    r.arm,
    r.assigned,
    r.conversion_rate,
    r.lift,
    r.verdict,
    c.cost_usd,
    c.revenue_usd,
    c.profit_usd
FROM liftline_marts.experiment_results AS r
LEFT JOIN liftline_marts.cost_and_roi AS c ON c.tenant_id = r.tenant_id AND c.campaign_id = r.experiment_key
WHERE NOT r.control
ORDER BY r.lift DESC NULLS LAST;
