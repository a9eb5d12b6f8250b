-- name: keep_listed
-- Only of people whom this tenant knows: an account may send for several. Nobody becomes unsubscribed because we told
-- the vendor of their complaint.
INSERT INTO suppressions (
    tenant_id, address_hash, channel, reason, occurred_at, source, source_seq, source_line
)
SELECT
    c.tenant_id,
    address_hash(c.tenant_id, c.email),
    'email',
    l.reason,
    min(l.since),
    %(source)s,
    0,
    0
FROM unnest(%(addresses)s::text[], %(reasons)s::text[], %(since)s::timestamptz[]) AS l (address, reason, since)
INNER JOIN customers AS c ON c.tenant_id = %(tenant)s AND c.email = l.address
LEFT JOIN stops_on('email') AS s ON s.address_hash = address_hash(c.tenant_id, c.email)
WHERE l.reason <> 'unsubscribe' OR s.address_hash IS NULL
GROUP BY c.tenant_id, c.email, l.reason
ON CONFLICT DO NOTHING;

-- name: unknown_to_vendor
SELECT c.email FROM customers AS c
INNER JOIN stops_on('email') AS s ON s.address_hash = address_hash(c.tenant_id, c.email)
LEFT JOIN unnest(%(addresses)s::text[]) AS l (address) ON l.address = c.email
WHERE c.tenant_id = %(tenant)s AND c.email IS NOT NULL AND l.address IS NULL
GROUP BY c.email
ORDER BY c.email;
