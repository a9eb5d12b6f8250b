-- Which tone does best in each segment; one that reached fewer than 30 is named only where none reached more.
SELECT DISTINCT ON (unit_id)
    unit_id AS segment,
    tone,
    delivered,
    delivered >= 30 AS enough_to_tell,
    engagement_rate,
    index_to_segment
FROM liftline_marts.content_effectiveness
WHERE delivered > 0
ORDER BY unit_id ASC, enough_to_tell DESC, engagement_rate DESC NULLS LAST, tone ASC;
