-- name: any_trace
-- By the keys, so that the rows of other tenants are never walked through.
SELECT 1 AS found
WHERE
    EXISTS (SELECT FROM (SELECT 1 FROM customers ORDER BY tenant_id, customer_id LIMIT 1) AS c)
    OR EXISTS (SELECT FROM (SELECT 1 FROM customer_aliases ORDER BY tenant_id, alias_id LIMIT 1) AS a)
    OR EXISTS (SELECT FROM (SELECT 1 FROM consents ORDER BY tenant_id, customer_id LIMIT 1) AS k)
    OR EXISTS (SELECT FROM suppressions WHERE reason = 'erasure')
    OR EXISTS (SELECT FROM import_batches WHERE kind = 'customers');

-- name: name_batch
UPDATE import_batches SET batch_id = %(batch)s, file_sha256 = %(sha)s WHERE seq = %(seq)s;

-- name: stage_first
CREATE TEMP TABLE waiting (LIKE stage INCLUDING DEFAULTS) ON COMMIT DROP;

-- name: await_the_rest
INSERT INTO waiting SELECT * FROM stage WHERE NOT ({sure});

-- name: empty_stage
TRUNCATE stage;

-- name: drop_stage
DROP TABLE stage;

-- name: stage_waiting
ALTER TABLE waiting RENAME TO stage;
