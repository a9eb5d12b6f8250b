-- Customers at risk who may be written to and responded to the last messages.
SELECT customer_id, segment, churn_score, orders, revenue, last_order_on, last_engaged_on
FROM liftline_marts.customer_360
WHERE lifecycle_stage = 'at_risk' AND email_consent = 'granted' AND NOT suppressed
ORDER BY churn_score DESC NULLS LAST, customer_id
LIMIT 100;
