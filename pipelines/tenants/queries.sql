-- name: create
INSERT INTO tenants (tenant_id, name) VALUES (%(tenant)s, %(name)s) ON CONFLICT DO NOTHING;

-- name: all_tenants
SELECT tenant_id, name, created_at FROM tenants ORDER BY tenant_id;

-- name: begun
-- Whether there is any: to count them reads them all. By min(), because a plain LIMIT 1 reads other tenants' rows.
SELECT
    t.tenant_id, t.name,
    (SELECT min(customer_id) FROM customers) IS NOT NULL AS customers,
    (SELECT min(customer_id) FROM consents) IS NOT NULL AS consents,
    (SELECT min(passage_id) FROM passages WHERE retired_at IS NULL) IS NOT NULL AS passages
FROM tenants AS t
WHERE t.tenant_id = %(tenant)s;

-- name: holdings
SELECT
    t.tenant_id, t.name, t.created_at,
    (SELECT count(*) FROM customers) AS customers,
    (SELECT count(*) FROM accounts) AS accounts,
    (SELECT count(*) FROM orders) AS orders,
    (SELECT count(*) FROM events) AS events,
    (SELECT count(*) FROM consents) AS consent_entries,
    (SELECT count(*) FROM suppressions) AS suppressions,
    (SELECT count(*) FROM passages WHERE retired_at IS NULL) AS passages,
    (SELECT count(*) FROM import_batches) AS import_batches,
    (SELECT max(imported_at) FROM import_batches) AS last_import
FROM tenants AS t
WHERE t.tenant_id = %(tenant)s;
