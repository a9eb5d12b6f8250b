-- Which tone does best in each segment, where at least 30 messages arrived.
SELECT DISTINCT ON (unit_id) unit_id AS segment, tone, delivered, engagement_rate, index_to_segment
FROM liftline_marts.content_effectiveness
WHERE delivered >= 30
ORDER BY unit_id ASC, engagement_rate DESC NULLS LAST;
