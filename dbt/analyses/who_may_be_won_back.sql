-- Customers at risk who bought before and may be written to: the most likely to leave first, then who ordered for most.
SELECT customer_id, segment, churn_score, churn_risk, orders, revenue_usd, last_order_on, last_engaged_on
FROM liftline_marts.customer_360
WHERE lifecycle_stage = 'at_risk' AND orders > 0 AND email_consent = 'granted' AND NOT suppressed
ORDER BY churn_score DESC NULLS LAST, churn_risk DESC NULLS LAST, revenue_usd DESC NULLS LAST, customer_id
LIMIT 100;
