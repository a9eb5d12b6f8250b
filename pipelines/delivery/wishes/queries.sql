-- name: customer_of_message
SELECT s.customer_id, s.campaign_id
FROM sends AS s
WHERE s.tenant_id = current_setting('liftline.tenant') AND s.message_id = %(message_id)s;

-- name: reader
-- By id or by an alias of it. Who is not there any more has neither addresses nor a language.
SELECT
    coalesce(a.customer_id, asked.customer_id) AS customer_id, c.email, c.phone, c.attributes, c.locale,
    c.customer_id IS NOT NULL AS known
FROM (SELECT %(customer_id)s::text AS customer_id) AS asked
LEFT JOIN customer_aliases AS a
    ON a.tenant_id = current_setting('liftline.tenant') AND a.alias_id = asked.customer_id
LEFT JOIN customers AS c
    ON
        c.tenant_id = current_setting('liftline.tenant')
        AND c.customer_id = coalesce(a.customer_id, asked.customer_id);

-- name: alone
-- Two wishes of one reader at once must not pass each other.
SELECT pg_advisory_xact_lock(hashtextextended('liftline.wishes ' || %(customer_id)s, 0));

-- name: said
-- The newest word of one reader on each channel and purpose, also under aliases; at the same moment the stricter one.
SELECT DISTINCT ON (channel, purpose) channel, purpose, status, occurred_at
FROM consents
WHERE
    tenant_id = current_setting('liftline.tenant') AND occurred_at <= %(now)s
    AND customer_id = ANY(ARRAY(
        SELECT %(customer_id)s::text
        UNION ALL
        SELECT a.alias_id FROM customer_aliases AS a
        WHERE a.tenant_id = current_setting('liftline.tenant') AND a.customer_id = %(customer_id)s
    ))
ORDER BY channel, purpose, occurred_at DESC, status;

-- name: stopped
SELECT 1 AS found
FROM stops_on(%(channel)s) AS s
WHERE
    s.address_hash = ANY(ARRAY(
        SELECT address_hash(current_setting('liftline.tenant'), held.address)
        FROM unnest(%(addresses)s::text[]) AS held (address)
    ))
LIMIT 1;

-- name: lifted
-- Addresses whose stop stands in the ledger, but holds no more.
SELECT count(*) AS addresses
FROM suppressions AS s
LEFT JOIN stops_on(%(channel)s) AS o ON o.address_hash = s.address_hash
WHERE
    s.tenant_id = current_setting('liftline.tenant') AND s.channel = %(channel)s AND s.reason = 'unsubscribe'
    AND o.address_hash IS NULL
    AND s.address_hash = ANY(ARRAY(
        SELECT address_hash(current_setting('liftline.tenant'), held.address)
        FROM unnest(%(addresses)s::text[]) AS held (address)
    ));

-- name: suppress
INSERT INTO suppressions (
    tenant_id, address_hash, channel, reason, occurred_at, source, source_seq, source_line
)
SELECT
    current_setting('liftline.tenant'), address_hash(current_setting('liftline.tenant'), held.address), %(channel)s,
    'unsubscribe', %(now)s, %(source)s, 0, 0
FROM unnest(%(addresses)s::text[]) AS held (address)
ON CONFLICT DO NOTHING;

-- name: enter_consents
INSERT INTO consents (
    tenant_id, customer_id, channel, purpose, occurred_at, status, source, text_version, lawful_basis, evidence,
    source_seq, source_line
)
SELECT
    current_setting('liftline.tenant'), %(customer_id)s, entry.channel, entry.purpose, %(now)s, entry.status,
    %(source)s, %(text_version)s, CASE entry.status WHEN 'granted' THEN 'consent' END, %(evidence)s::jsonb, 0, 0
FROM unnest(%(channels)s::text[], %(purposes)s::text[], %(statuses)s::text[]) AS entry (channel, purpose, status)
ON CONFLICT DO NOTHING;

-- name: preferences
SELECT DISTINCT ON (what) what, value
FROM preferences
WHERE
    tenant_id = current_setting('liftline.tenant') AND occurred_at <= %(now)s
    AND customer_id = ANY(ARRAY(
        SELECT %(customer_id)s::text
        UNION ALL
        SELECT a.alias_id FROM customer_aliases AS a
        WHERE a.tenant_id = current_setting('liftline.tenant') AND a.customer_id = %(customer_id)s
    ))
ORDER BY what, occurred_at DESC, value DESC;

-- name: prefer
INSERT INTO preferences (tenant_id, customer_id, what, occurred_at, value, source)
SELECT current_setting('liftline.tenant'), %(customer_id)s, entry.what, %(now)s, entry.value, %(source)s
FROM unnest(%(whats)s::text[], %(values)s::text[]) AS entry (what, value)
ON CONFLICT DO NOTHING;

-- name: topics
SELECT DISTINCT brief ->> 'topic' AS topic
FROM campaigns
WHERE tenant_id = current_setting('liftline.tenant') AND brief ->> 'topic' <> ''
ORDER BY topic
LIMIT 20;

-- name: customers_with_phone
SELECT customer_id, locale
FROM customers
WHERE tenant_id = current_setting('liftline.tenant') AND phone = %(phone)s
ORDER BY customer_id;

-- name: log
SELECT append_audit(audit_entry(
    actor => 'reader',
    actor_kind => 'person',
    action => %(action)s,
    decision => %(decision)s,
    reason => %(reason)s,
    object => %(object)s,
    campaign_id => %(campaign_id)s,
    subject_id => %(subject_id)s
)) AS seq;

-- name: why_no_lift
SELECT why_no_lift(%(customer_id)s, %(channel)s, %(said_at)s) AS why;

-- name: has_role
SELECT has_role(%(by)s, %(roles)s::text[]) AS held;

-- name: ask_to_lift
INSERT INTO lifts_asked (
    tenant_id, lift_id, customer_id, channel, purpose, address_hashes, said_at, evidence, reason, asked_by, asked_at
)
SELECT
    current_setting('liftline.tenant'), %(lift_id)s, %(customer_id)s, %(channel)s, %(purpose)s,
    array_agg(DISTINCT s.address_hash), %(said_at)s, %(evidence)s, %(reason)s, %(by)s, now()
FROM stops_on(%(channel)s) AS s
WHERE
    s.address_hash = ANY(ARRAY(
        SELECT address_hash(current_setting('liftline.tenant'), held.address)
        FROM unnest(%(addresses)s::text[]) AS held (address)
    ));

-- name: answer_lift
INSERT INTO lifts_answered (tenant_id, lift_id, decision, comment, answered_by, answered_at)
VALUES (current_setting('liftline.tenant'), %(lift_id)s, %(decision)s, %(comment)s, %(by)s, now());

-- name: lifts
-- Those that wait first; of one customer also what was asked under an id of before.
SELECT
    a.lift_id, coalesce(k.customer_id, a.customer_id) AS customer_id, a.channel, a.purpose, a.said_at, a.evidence,
    a.reason, a.asked_by, a.asked_at, y.decision, y.comment, y.answered_by, y.answered_at
FROM lifts_asked AS a
LEFT JOIN lifts_answered AS y ON y.tenant_id = a.tenant_id AND y.lift_id = a.lift_id
LEFT JOIN customer_aliases AS k ON k.tenant_id = a.tenant_id AND k.alias_id = a.customer_id
WHERE
    a.tenant_id = current_setting('liftline.tenant')
    AND (%(lift_id)s::text IS NULL OR a.lift_id = %(lift_id)s)
    AND (%(customer_id)s::text IS NULL OR %(customer_id)s IN (a.customer_id, k.customer_id))
    AND (NOT %(waiting)s OR y.lift_id IS NULL)
ORDER BY y.lift_id IS NOT NULL, a.asked_at DESC, a.lift_id
LIMIT %(most)s;

-- name: log_lift
SELECT append_audit(audit_entry(
    actor => %(by)s,
    actor_kind => 'person',
    action => 'suppression.lift',
    decision => %(decision)s,
    reason => %(reason)s,
    object => %(object)s,
    subject_id => %(subject_id)s
)) AS seq;
