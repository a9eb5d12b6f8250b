-- name: find_erased
-- Under every id that they were known by.
CREATE TEMP TABLE erased ON COMMIT DROP AS
SELECT
    c.customer_id, c.email, c.phone, r.line, r.source, coalesce(r.occurred_at, %(imported_at)s) AS occurred_at,
    c.customer_id || ARRAY(SELECT a.alias_id FROM customer_aliases AS a WHERE a.customer_id = c.customer_id) AS ids
FROM (SELECT DISTINCT ON (owner) * FROM resolved WHERE reason = 'erasure' ORDER BY owner, line) AS r
INNER JOIN customers AS c ON r.owner = c.customer_id;

-- name: suppress_erased
-- An id as well: a list that still holds the person under it may have another address.
INSERT INTO suppressions (tenant_id, address_hash, channel, reason, occurred_at, source, source_seq, source_line)
SELECT %(tenant)s, address_hash(%(tenant)s, known), 'all', 'erasure', occurred_at, source, %(seq)s, line
FROM erased
CROSS JOIN LATERAL unnest(ids || email || phone) AS known
WHERE known IS NOT NULL
ORDER BY line
ON CONFLICT DO NOTHING;

-- name: log_erased
SELECT append_audit(audit_entry(
    actor => %(by)s,
    actor_kind => 'person',
    action => 'customers.erase',
    object => %(batch)s,
    -- The ledger names nobody by an address.
    subject_id => CASE WHEN strpos(customer_id, '@') = 0 THEN customer_id END,
    decision => 'erased',
    reason => coalesce(source, 'no source was told')
)) AS seq
FROM erased
ORDER BY customer_id;

-- name: erase_customers
DELETE FROM customers USING erased WHERE customers.customer_id = erased.customer_id;

-- name: erase_aliases
DELETE FROM customer_aliases USING erased WHERE customer_aliases.customer_id = erased.customer_id;

-- name: erase_profiles
DELETE FROM profiles USING erased WHERE profiles.customer_id = ANY(erased.ids);

-- name: erase_scores
DELETE FROM model_scores USING erased WHERE model_scores.customer_id = ANY(erased.ids);

-- name: erase_orders
UPDATE orders SET attributes = NULL FROM erased WHERE orders.customer_id = ANY(erased.ids);

-- name: erase_events
UPDATE events SET properties = NULL FROM erased WHERE events.customer_id = ANY(erased.ids);

-- name: erase_evidence
-- By the line's own id; only where nobody can say which cell that is, any cell may be it.
UPDATE quarantined_lines AS q SET original = '', sentences = 'Erased on request.', customer_id = ''
FROM erased AS e
WHERE
    strpos(lower(q.original), lower(e.email)) > 0
    OR strpos(regexp_replace(q.original, '[^0-9]', '', 'g'), right(e.phone, 9)) > 0
    OR q.customer_id = ANY(e.ids)
    OR (q.customer_id IS NULL AND regexp_split_to_array(btrim(q.original), '\s*[,;|\t"]\s*') && e.ids);

-- name: erase_units
UPDATE audience_units SET traits = '{}'
FROM erased
WHERE unit_kind = 'person' AND unit_id = ANY(ids);

-- name: erase_reports
UPDATE message_events SET channel_data = '{}'
FROM outreach_messages AS m, erased
WHERE message_events.message_id = m.message_id AND m.lead_id = ANY(ids);

-- name: erase_memberships
-- Why somebody was in a segment says what they bought; that they were in it, what was counted.
UPDATE segment_members SET reason = 'Erased on request.'
FROM erased
WHERE segment_members.customer_id = ANY(erased.ids);

-- name: erase_answers
-- What a job made for single leads holds their names.
UPDATE jobs SET result = jobs.result || '{"messages": []}'
FROM erased
WHERE
    jobs.kind = 'outreach.generate'
    AND jsonb_path_query_array(jobs.result, '$.messages[*].lead_id') ?| erased.ids;

-- name: erase_kept_answers
-- What the API would say again to the same request; without it the request is done anew.
DELETE FROM idempotency_keys AS k
USING erased AS e
WHERE
    strpos(lower(k.body), lower(e.email)) > 0
    OR strpos(k.body, e.phone) > 0
    OR EXISTS (SELECT FROM unnest(e.ids) AS one (known) WHERE strpos(k.body, to_json(one.known)::text) > 0);
