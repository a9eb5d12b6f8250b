{# Grain: one row a day. What the semantic layer lays its months along. #}
SELECT day::date AS day
FROM generate_series(date '2024-01-01', date '2035-12-31', interval '1 day') AS day
