-- name: customers
SELECT customer_id, email, phone, first_name, last_name, company, account_id, country, city, signup_date
FROM customers
WHERE tenant_id = current_setting('liftline.tenant') AND customer_id > %(after)s
ORDER BY customer_id
LIMIT %(most)s;

-- name: customers_exactly
-- By an index each; with OR between them none would be used.
SELECT customer_id, email, phone, first_name, last_name, company, account_id, country, city, signup_date
FROM customers
WHERE tenant_id = current_setting('liftline.tenant') AND customer_id > %(after)s AND customer_id IN (
    SELECT %(text)s
    UNION
    SELECT c.customer_id FROM customers AS c
    WHERE c.tenant_id = current_setting('liftline.tenant') AND c.email = lower(%(text)s)
    UNION
    SELECT a.customer_id FROM customer_aliases AS a
    WHERE a.tenant_id = current_setting('liftline.tenant') AND a.alias_id = %(text)s
)
ORDER BY customer_id
LIMIT %(most)s;

-- name: customers_called
-- Parts of a name are found by reading on from the cursor.
SELECT customer_id, email, phone, first_name, last_name, company, account_id, country, city, signup_date
FROM customers
WHERE
    tenant_id = current_setting('liftline.tenant') AND customer_id > %(after)s
    AND (
        phone = %(text)s OR account_id = %(text)s
        OR strpos(lower(concat_ws(' ', first_name, last_name)), lower(%(text)s)) > 0
        OR strpos(lower(company), lower(%(text)s)) > 0
    )
ORDER BY customer_id
LIMIT %(most)s;

-- name: customer
SELECT
    c.customer_id, c.email, c.phone, c.first_name, c.last_name, c.company, c.account_id, c.job_title, c.country,
    c.region, c.city, c.time_zone, c.locale, c.signup_date, c.last_purchase_date, c.orders, c.total_spend, c.opens,
    c.clicks, c.tags, c.attributes, b.file_name AS source_file, c.source_line,
    (
        SELECT array_agg(a.alias_id ORDER BY a.alias_id) FROM customer_aliases AS a
        WHERE a.tenant_id = c.tenant_id AND a.customer_id = c.customer_id
    ) AS aliases
FROM customers AS c
LEFT JOIN import_batches AS b ON c.tenant_id = b.tenant_id AND c.source_seq = b.seq
WHERE
    c.tenant_id = current_setting('liftline.tenant')
    -- Not coalesce(): it is not leakproof, and so no index would serve it.
    AND c.customer_id = any(array(
        SELECT a.customer_id FROM customer_aliases AS a
        WHERE a.tenant_id = current_setting('liftline.tenant') AND a.alias_id = %(customer)s
        UNION ALL
        SELECT %(customer)s
    ))
ORDER BY c.customer_id = %(customer)s
LIMIT 1;

-- name: profile
SELECT
    as_of, recency_days, frequency, monetary, average_order, r, f, m, engagement_score, inactive_days,
    lifecycle_stage, churn_risk, preferred_hour
FROM profiles
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND as_of = (SELECT max(s.as_of) FROM segment_snapshots AS s WHERE s.tenant_id = current_setting('liftline.tenant'))
    AND customer_id = %(customer)s;

-- name: memberships
SELECT DISTINCT ON (s.scheme) s.scheme, s.as_of, m.segment, m.reason, m.snapshot_id
FROM segment_snapshots AS s
INNER JOIN segment_members AS m
    ON s.tenant_id = m.tenant_id AND s.snapshot_id = m.snapshot_id AND m.customer_id = %(customer)s
WHERE s.tenant_id = current_setting('liftline.tenant')
ORDER BY s.scheme ASC, s.as_of DESC, s.taken_at DESC;

-- name: consents_of
-- Entries stay under the id they were given for, so those of the aliases belong here too.
SELECT
    c.customer_id, c.channel, c.purpose, c.occurred_at, c.status, c.source, c.text_version, c.lawful_basis,
    c.evidence, b.file_name AS source_file, c.source_line
FROM consents AS c
LEFT JOIN import_batches AS b ON c.tenant_id = b.tenant_id AND c.source_seq = b.seq
WHERE
    c.tenant_id = current_setting('liftline.tenant')
    AND c.customer_id = any(array(
        SELECT %(customer)s
        UNION ALL
        SELECT a.alias_id FROM customer_aliases AS a
        WHERE a.tenant_id = current_setting('liftline.tenant') AND a.customer_id = %(customer)s
    ))
ORDER BY c.occurred_at DESC, c.channel, c.purpose
LIMIT %(most)s;

-- name: consents_now
-- As liftline.consents_as_of() has it, for one person by the ledger's key: where two entries bear the same moment the
-- stricter one counts.
SELECT DISTINCT ON (channel, purpose) channel, purpose, status, occurred_at
FROM consents
WHERE
    tenant_id = current_setting('liftline.tenant') AND occurred_at <= %(now)s
    AND customer_id = any(array(
        SELECT %(customer)s
        UNION ALL
        SELECT a.alias_id FROM customer_aliases AS a
        WHERE a.tenant_id = current_setting('liftline.tenant') AND a.customer_id = %(customer)s
    ))
ORDER BY channel, purpose, occurred_at DESC, status;

-- name: consents
SELECT
    customer_id, channel, purpose, occurred_at, status, source, text_version, lawful_basis
FROM consents
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND (customer_id, channel, purpose, occurred_at, status)
    > (%(customer)s, %(channel)s, %(purpose)s, %(occurred_at)s::timestamptz, %(status)s)
ORDER BY customer_id, channel, purpose, occurred_at, status
LIMIT %(most)s;

-- name: suppressions
SELECT
    s.address_hash, s.channel, s.reason, s.occurred_at, s.source,
    array(
        SELECT DISTINCT f.channel FROM lifts_in_force AS f
        WHERE
            f.tenant_id = s.tenant_id AND f.address_hash = s.address_hash AND s.channel IN (f.channel, 'all')
            AND s.reason = 'unsubscribe' AND f.said_at > s.occurred_at
            AND NOT EXISTS (
                SELECT FROM suppressions_again AS g
                WHERE
                    g.tenant_id = s.tenant_id AND g.address_hash = s.address_hash AND g.channel = s.channel
                    AND g.reason = s.reason AND g.occurred_at >= f.said_at
            )
        ORDER BY f.channel
    ) AS lifted_for
FROM suppressions AS s
WHERE
    s.tenant_id = current_setting('liftline.tenant')
    AND (s.address_hash, s.channel, s.reason) > (%(address_hash)s, %(channel)s, %(reason)s)
ORDER BY s.address_hash, s.channel, s.reason
LIMIT %(most)s;

-- name: suppressions_of
-- A stop for all channels may be lifted for some. What was said several times stands once before a lift, once after.
SELECT
    s.channel, s.reason, l.lifted_for, min(s.occurred_at) AS occurred_at,
    (array_agg(s.source ORDER BY s.occurred_at))[1] AS source
FROM customers AS c
CROSS JOIN LATERAL (VALUES (c.email), (c.phone)) AS a (address)
INNER JOIN stops_heard AS s
    ON c.tenant_id = s.tenant_id AND address_hash(c.tenant_id, a.address) = s.address_hash
CROSS JOIN LATERAL (
    SELECT array(
        SELECT DISTINCT f.channel FROM lifts_in_force AS f
        WHERE
            f.tenant_id = s.tenant_id AND f.address_hash = s.address_hash AND s.channel IN (f.channel, 'all')
            AND s.reason = 'unsubscribe' AND f.said_at > s.occurred_at
        ORDER BY f.channel
    ) AS lifted_for
) AS l
WHERE c.tenant_id = current_setting('liftline.tenant') AND c.customer_id = %(customer)s
GROUP BY s.channel, s.reason, l.lifted_for
ORDER BY occurred_at DESC, s.channel, s.reason;

-- name: preferences_of
-- The newest of each kind counts, also under an alias.
SELECT
    p.what, p.value, p.occurred_at, p.source,
    row_number() OVER (PARTITION BY p.what ORDER BY p.occurred_at DESC, p.value DESC) = 1 AS in_force
FROM preferences AS p
WHERE
    p.tenant_id = current_setting('liftline.tenant')
    AND p.customer_id = any(array(
        SELECT %(customer)s
        UNION ALL
        SELECT a.alias_id FROM customer_aliases AS a
        WHERE a.tenant_id = current_setting('liftline.tenant') AND a.customer_id = %(customer)s
    ))
ORDER BY p.occurred_at DESC, p.what
LIMIT %(most)s;

-- name: recent_orders
SELECT order_id, ordered_at, amount, currency, product
FROM orders
WHERE tenant_id = current_setting('liftline.tenant') AND customer_id = %(customer)s
ORDER BY ordered_at DESC
LIMIT %(most)s;

-- name: recent_events
SELECT event_id, event, occurred_at, value, label, properties
FROM events
WHERE tenant_id = current_setting('liftline.tenant') AND customer_id = %(customer)s
ORDER BY occurred_at DESC
LIMIT %(most)s;

-- name: recent_messages
-- What was written to a customer, also under ids that are theirs by now.
SELECT
    s.message_id,
    s.campaign_id,
    k.name AS campaign,
    s.channel,
    s.step,
    s.state,
    s.reason,
    coalesce(s.claimed_at, s.settled_at, s.queued_at) AS moment
FROM sends AS s
INNER JOIN campaigns AS k ON k.tenant_id = s.tenant_id AND k.campaign_id = s.campaign_id
WHERE
    s.tenant_id = current_setting('liftline.tenant')
    AND s.customer_id = ANY(
        ARRAY(
            SELECT a.alias_id FROM customer_aliases AS a
            WHERE a.tenant_id = current_setting('liftline.tenant') AND a.customer_id = %(customer)s
        ) || %(customer)s::text
    )
ORDER BY moment DESC, s.message_id ASC
LIMIT %(most)s;

-- name: recent_batches
SELECT batch_id, kind, file_name, rows, loaded, merged, quarantined, imported_at
FROM import_batches
WHERE tenant_id = current_setting('liftline.tenant')
ORDER BY seq DESC
LIMIT %(most)s;
