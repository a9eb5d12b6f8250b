-- name: tenant_exists
SELECT 1 AS found FROM tenants WHERE tenant_id = %(tenant)s;

-- name: one_import_at_a_time
SELECT pg_advisory_xact_lock(hashtextextended('import ' || %(tenant)s, 0));

-- name: open_batch
INSERT INTO import_batches (
    tenant_id, batch_id, kind, file_name, file_sha256, rows, loaded, merged, quarantined, reasons, imported_at
) VALUES (%(tenant)s, %(batch)s, %(kind)s, %(file_name)s, %(sha)s, 0, 0, 0, 0, '{}', %(now)s)
ON CONFLICT (tenant_id, batch_id) DO NOTHING;

-- name: find_batch
SELECT seq, imported_at, rows FROM import_batches WHERE batch_id = %(batch)s;

-- name: close_batch
UPDATE import_batches
SET rows = %(rows)s, loaded = %(loaded)s, merged = %(merged)s, quarantined = %(quarantined)s, reasons = %(reasons)s
WHERE batch_id = %(batch)s;

-- name: stage_quarantine
CREATE TEMP TABLE refused (
    line bigint, original text, codes text, sentences text, mend text, customer_id text
) ON COMMIT DROP;

-- name: keep_quarantine
INSERT INTO quarantined_lines (tenant_id, batch_id, line, codes, sentences, original, customer_id)
SELECT %(tenant)s, %(batch)s, line, string_to_array(codes, ' '), sentences || ' ' || mend, original, customer_id
FROM refused
ON CONFLICT DO NOTHING;

-- name: stage_customers
CREATE TEMP TABLE stage (
    line bigint, repeated boolean, fresh boolean DEFAULT true, customer_id text, email text, phone text,
    first_name text, last_name text, company text, account_id text, job_title text, country text, region text,
    city text, time_zone text, locale text, signup_date date, last_purchase_date date, orders bigint,
    total_spend numeric(14, 2), opens bigint, clicks bigint, consent text, consent_date timestamptz,
    consent_source text, consent_purpose text, consent_text_version text, consent_lawful_basis text, tags text,
    attributes jsonb
) ON COMMIT DROP;

-- name: stage_orders
CREATE TEMP TABLE stage (
    line bigint, order_id text, customer_id text, email text, ordered_at timestamptz, amount numeric(14, 2),
    currency text, product text, attributes jsonb
) ON COMMIT DROP;

-- name: stage_events
CREATE TEMP TABLE stage (
    line bigint, event_id text, customer_id text, email text, event text, occurred_at timestamptz,
    value numeric(14, 2), properties jsonb, extra_properties jsonb
) ON COMMIT DROP;

-- name: stage_consents
CREATE TEMP TABLE stage (
    line bigint, customer_id text, email text, phone text, channel text, purpose text, status text,
    occurred_at timestamptz, source text, text_version text, lawful_basis text, evidence jsonb
) ON COMMIT DROP;

-- name: stage_suppressions
CREATE TEMP TABLE stage (
    line bigint, customer_id text, email text, phone text, channel text, reason text, occurred_at timestamptz,
    source text
) ON COMMIT DROP;

-- name: stage_set_aside
CREATE TEMP TABLE set_aside (line bigint, code text, "column" text, value text) ON COMMIT DROP;

-- name: set_aside
SELECT line, code, "column", value FROM set_aside ORDER BY line, code;

-- name: name_the_nameless
UPDATE stage
SET
    customer_id = CASE
        WHEN email IS NOT NULL THEN 'mail-' || left(address_hash(%(tenant)s, email), 20)
        ELSE 'tel-' || left(address_hash(%(tenant)s, phone), 20)
    END,
    repeated = true
WHERE customer_id IS NULL;

-- name: follow_aliases
UPDATE stage
SET customer_id = a.customer_id, repeated = true
FROM customer_aliases AS a
WHERE a.alias_id = stage.customer_id;

-- name: any_erased
SELECT 1 AS found FROM suppressions WHERE reason = 'erasure' LIMIT 1;

-- name: refuse_erased
WITH gone AS (
    DELETE FROM stage
    USING suppressions AS x
    WHERE
        x.reason = 'erasure'
        AND x.address_hash IN (
            address_hash(%(tenant)s, stage.email),
            address_hash(%(tenant)s, stage.phone),
            address_hash(%(tenant)s, stage.customer_id)
        )
    RETURNING stage.line
)

INSERT INTO set_aside SELECT DISTINCT line, 'erased', '', '' FROM gone;

-- name: any_marked
SELECT 1 AS found FROM stage WHERE repeated LIMIT 1;

-- name: find_repeats
-- Whoever is not named on a marked line stands once in the file.
WITH marked AS (SELECT customer_id, email FROM stage WHERE repeated),

repeats AS (
    SELECT line, min(line) OVER (PARTITION BY customer_id) AS first_line
    FROM stage
    WHERE customer_id IN (SELECT customer_id FROM marked)
    UNION
    SELECT line, min(line) OVER (PARTITION BY email) AS first_line
    FROM stage
    WHERE email IN (SELECT email FROM marked)
)

UPDATE stage SET fresh = false FROM repeats AS r WHERE stage.line = r.line AND r.line <> r.first_line;

-- name: any_customers
-- By the key, so that the rows of other tenants are never walked through.
SELECT customer_id FROM customers ORDER BY tenant_id, customer_id LIMIT 1;

-- name: find_known_ids
UPDATE stage SET fresh = false FROM customers AS c WHERE stage.fresh AND stage.customer_id = c.customer_id;

-- name: find_known_emails
UPDATE stage SET fresh = false FROM customers AS c WHERE stage.fresh AND stage.email = c.email;

-- name: insert_customers
-- Who is new is settled before: ON CONFLICT would look into both indexes twice and cost half as much again. A scan
-- without a join keeps the file's order, mostly that of the ids; in any other the index costs several times as much.
INSERT INTO customers (
    tenant_id, customer_id, {fields}, tags, attributes, source_seq, source_line, changed_seq
)
SELECT
    %(tenant)s, customer_id, {fields}, string_to_array(tags, E'\x1f'), known(attributes), %(seq)s, line, %(seq)s
FROM stage
WHERE {new};

-- name: no_leftovers_yet
CREATE TEMP TABLE leftover ON COMMIT DROP AS SELECT *, customer_id AS target FROM stage WITH NO DATA;

-- name: find_leftovers
INSERT INTO leftover
SELECT s.*, coalesce(by_id.customer_id, by_mail.customer_id) AS target
FROM stage AS s
LEFT JOIN customers AS by_id ON s.customer_id = by_id.customer_id
LEFT JOIN customers AS by_mail ON s.email = by_mail.email AND by_id.customer_id IS NULL
WHERE (by_id.source_seq, by_id.source_line) IS DISTINCT FROM (%(seq)s, s.line);

-- name: count_unresolved
SELECT count(*) AS lines FROM leftover WHERE target IS NULL;

-- name: resolve_by_shared
UPDATE leftover
SET target = known_one.target
FROM (
    SELECT DISTINCT ON (l.{key}) l.{key}, l.target
    FROM leftover AS l
    WHERE l.target IS NOT NULL AND l.{key} IN (SELECT u.{key} FROM leftover AS u WHERE u.target IS NULL)
    ORDER BY l.{key} ASC, l.line ASC
) AS known_one
WHERE leftover.target IS NULL AND leftover.{key} = known_one.{key};

-- name: refuse_taken_emails
WITH taken AS (
    SELECT l.line, l.email
    FROM leftover AS l
    INNER JOIN customers AS c ON l.email = c.email
    WHERE c.customer_id <> l.target
    UNION
    SELECT claims.line, claims.email
    FROM (
        SELECT line, email, target, first_value(target) OVER (PARTITION BY email ORDER BY line) AS first_target
        FROM leftover
        WHERE email IS NOT NULL
    ) AS claims
    WHERE claims.target <> claims.first_target
    UNION
    SELECT claims.line, claims.email
    FROM (
        SELECT line, email, target, first_value(target) OVER (PARTITION BY customer_id ORDER BY line) AS first_target
        FROM leftover
        WHERE customer_id <> target
    ) AS claims
    WHERE claims.target <> claims.first_target
)

INSERT INTO set_aside SELECT line, 'email_taken', 'email', email FROM taken;

-- name: drop_set_aside_leftovers
DELETE FROM leftover USING set_aside WHERE leftover.line = set_aside.line;

-- name: drop_set_aside
DELETE FROM stage USING set_aside WHERE stage.line = set_aside.line;

-- name: adopt_real_ids
CREATE TEMP TABLE adopted ON COMMIT DROP AS
SELECT DISTINCT ON (target) target AS old_id, customer_id AS new_id
FROM leftover
WHERE target ~ '^(mail|tel)-[0-9a-f]{{20}}$' AND customer_id <> target
ORDER BY target, line;

-- name: rename_adopted
UPDATE {table} SET customer_id = a.new_id FROM adopted AS a WHERE {table}.customer_id = a.old_id;

-- name: remember_adopted
INSERT INTO customer_aliases (tenant_id, alias_id, customer_id, source_seq)
SELECT %(tenant)s, old_id, new_id, %(seq)s FROM adopted
ON CONFLICT DO NOTHING;

-- name: retarget_adopted
UPDATE leftover SET target = a.new_id FROM adopted AS a WHERE leftover.target = a.old_id;

-- name: remember_aliases
INSERT INTO customer_aliases (tenant_id, alias_id, customer_id, source_seq)
SELECT DISTINCT ON (customer_id) %(tenant)s, customer_id, target, %(seq)s
FROM leftover
WHERE customer_id <> target
ORDER BY customer_id, line
ON CONFLICT DO NOTHING;

-- name: collapse_leftovers
CREATE TEMP TABLE newest ON COMMIT DROP AS
WITH counted AS (SELECT *, count(*) OVER (PARTITION BY target) AS times FROM leftover),

told AS (
    SELECT c.target, jsonb_object_agg(cell.key, cell.value ORDER BY c.line) AS attributes
    FROM counted AS c
    CROSS JOIN LATERAL jsonb_each(known(c.attributes)) AS cell
    WHERE c.times > 1
    GROUP BY c.target
)

SELECT target, line, NULL::jsonb AS lines, {fields}, tags, known(attributes) AS attributes
FROM counted
WHERE times = 1
UNION ALL
SELECT collapsed.*, told.attributes
FROM (
    SELECT
        target, max(line), jsonb_strip_nulls(jsonb_build_object({field_lines})), {newest_fields},
        (array_agg(tags ORDER BY line DESC) FILTER (WHERE tags IS NOT NULL))[1]
    FROM counted
    WHERE times > 1
    GROUP BY target
) AS collapsed
LEFT JOIN told ON collapsed.target = told.target;

-- name: merge_customers
WITH next_values AS (
    SELECT c.customer_id, merged.*, n.line, n.lines
    FROM newest AS n
    INNER JOIN customers AS c ON n.target = c.customer_id
    CROSS JOIN LATERAL (SELECT %(seq)s::bigint >= c.changed_seq AS newer) AS age
    CROSS JOIN LATERAL (
        SELECT
            {merged_fields},
            CASE WHEN age.newer THEN coalesce(string_to_array(n.tags, E'\x1f'), c.tags)
            ELSE coalesce(c.tags, string_to_array(n.tags, E'\x1f')) END AS tags,
            CASE WHEN age.newer THEN coalesce(c.attributes || n.attributes, n.attributes, c.attributes)
            ELSE coalesce(n.attributes || c.attributes, c.attributes, n.attributes) END AS attributes
    ) AS merged
    WHERE
        ({current_fields}, c.tags, c.attributes)
        IS DISTINCT FROM ({next_fields}, merged.tags, merged.attributes)
)

UPDATE customers AS c
SET
    {assignments},
    tags = n.tags,
    attributes = n.attributes,
    changed_seq = greatest(c.changed_seq, %(seq)s),
    field_sources = coalesce(c.field_sources, '{{}}')
    || jsonb_strip_nulls(jsonb_build_object({changed_fields}))
FROM next_values AS n
WHERE c.customer_id = n.customer_id;

-- name: stage_accounts
CREATE TEMP TABLE named_accounts (line bigint, account_id text, company text) ON COMMIT DROP;

-- name: find_accounts
INSERT INTO named_accounts (line, account_id, company)
SELECT DISTINCT ON (account_id) line, account_id, company
FROM stage
WHERE account_id IS NOT NULL AND {new}
ORDER BY account_id ASC, company IS NULL ASC, line DESC;

-- name: upsert_accounts
INSERT INTO accounts (tenant_id, account_id, name, changed_seq)
SELECT DISTINCT ON (account_id) %(tenant)s, account_id, company, %(seq)s
FROM named_accounts
ORDER BY account_id ASC, company IS NULL ASC, line DESC
ON CONFLICT (tenant_id, account_id) DO UPDATE SET name = excluded.name, changed_seq = excluded.changed_seq
WHERE accounts.changed_seq <= excluded.changed_seq AND accounts.name IS DISTINCT FROM excluded.name
AND excluded.name IS NOT NULL;

-- name: find_heard
UPDATE stage
SET fresh = false
WHERE fresh AND consent IS NOT NULL AND EXISTS (SELECT FROM consents AS c WHERE c.customer_id = stage.customer_id);

-- name: record_first_consents
-- ON CONFLICT would look into the index a second time for each row and cost more than all the rest.
INSERT INTO consents (
    tenant_id, customer_id, channel, purpose, occurred_at, status, source, text_version, lawful_basis,
    source_seq, source_line
)
SELECT
    %(tenant)s, s.customer_id, CASE WHEN s.email IS NULL AND s.phone IS NOT NULL THEN 'sms' ELSE 'email' END,
    coalesce(s.consent_purpose, 'marketing'),
    coalesce(s.consent_date, %(imported_at)s), s.consent, s.consent_source, s.consent_text_version,
    s.consent_lawful_basis, %(seq)s, s.line
FROM stage AS s
WHERE s.consent IS NOT NULL AND {new};

-- name: record_more_consents
-- An undated yes proves nothing against a recorded no, so it is only taken where nothing is recorded yet.
INSERT INTO consents (
    tenant_id, customer_id, channel, purpose, occurred_at, status, source, text_version, lawful_basis,
    source_seq, source_line
)
SELECT
    %(tenant)s, said.customer_id, said.channel, said.purpose, coalesce(said.consent_date, %(imported_at)s),
    said.consent, said.consent_source, said.consent_text_version, said.consent_lawful_basis, %(seq)s, said.line
FROM (
    SELECT
        s.line, s.consent, s.consent_date, s.consent_source, s.consent_text_version, s.consent_lawful_basis,
        coalesce(l.target, s.customer_id) AS customer_id,
        CASE WHEN s.email IS NULL AND s.phone IS NOT NULL THEN 'sms' ELSE 'email' END AS channel,
        coalesce(s.consent_purpose, 'marketing') AS purpose
    FROM stage AS s
    LEFT JOIN leftover AS l ON s.line = l.line
    WHERE s.consent IS NOT NULL AND NOT s.fresh
) AS said
LEFT JOIN consents_as_of(%(imported_at)s) AS known_one
    ON
        said.customer_id = known_one.customer_id
        AND said.channel = known_one.channel
        AND said.purpose = known_one.purpose
WHERE
    said.consent_date IS NOT NULL OR known_one.status IS NULL
    OR (known_one.status = 'granted' AND said.consent = 'denied')
ORDER BY said.line
ON CONFLICT DO NOTHING;

-- name: any_consents
SELECT 1 AS found FROM consents LIMIT 1;

-- name: resolve_owners
CREATE TEMP TABLE resolved ON COMMIT DROP AS
SELECT s.*, coalesce(by_id.customer_id, by_alias.customer_id, by_mail.customer_id) AS owner
FROM stage AS s
LEFT JOIN customers AS by_id ON s.customer_id = by_id.customer_id
LEFT JOIN customer_aliases AS by_alias ON s.customer_id = by_alias.alias_id AND by_id.customer_id IS NULL
LEFT JOIN customers AS by_mail ON s.email = by_mail.email;

-- name: resolve_owners_by_phone
UPDATE resolved
SET owner = found.customer_id
FROM (
    SELECT c.phone, min(c.customer_id) AS customer_id
    FROM customers AS c
    WHERE c.phone IN (SELECT phone FROM resolved WHERE owner IS NULL)
    GROUP BY c.phone
    HAVING count(*) = 1
) AS found
WHERE resolved.owner IS NULL AND resolved.phone = found.phone;

-- name: refuse_erased_owners
-- They are unknown because they asked to be: of their lines nothing is kept.
WITH gone AS (
    DELETE FROM resolved
    WHERE
        owner IS NULL
        AND EXISTS (
            SELECT FROM suppressions AS x
            INNER JOIN unnest(ARRAY[{identity}]) AS k (known) ON x.address_hash = address_hash(%(tenant)s, k.known)
            WHERE x.reason = 'erasure'
        )
    RETURNING line
)

INSERT INTO set_aside SELECT DISTINCT line, 'erased', '', '' FROM gone;

-- name: refuse_unknown_owners
INSERT INTO set_aside
SELECT line, 'unknown_customer', 'customer_id', coalesce({identity}) FROM resolved WHERE owner IS NULL;

-- name: drop_set_aside_resolved
DELETE FROM resolved USING set_aside WHERE resolved.line = set_aside.line;

-- name: name_facts
-- Who had an id of ours before their own keeps being named by it: the same line again is the same fact.
UPDATE resolved AS r
SET {key} = 'auto-' || left(encode(sha256(convert_to(concat_ws(E'\x1f', {parts}), 'UTF8')), 'hex'), 32)
FROM (
    SELECT f.*, coalesce(a.first_id, f.owner) AS known_as
    FROM resolved AS f
    LEFT JOIN (
        SELECT customer_id, min(alias_id) AS first_id FROM customer_aliases
        WHERE alias_id ~ '^(mail|tel)-[0-9a-f]{{20}}$'
        GROUP BY customer_id
    ) AS a ON f.owner = a.customer_id
    WHERE f.{key} IS NULL
) AS n
WHERE r.line = n.line AND r.{key} IS NULL;

-- name: refuse_foreign_facts
WITH foreign_lines AS (
    SELECT r.line, r.{key} AS value
    FROM resolved AS r
    INNER JOIN {table} AS t ON r.{key} = t.{key}
    WHERE t.customer_id <> r.owner
    UNION
    SELECT claims.line, claims.value
    FROM (
        SELECT line, owner, {key} AS value, first_value(owner) OVER (PARTITION BY {key} ORDER BY line) AS first_owner
        FROM resolved
    ) AS claims
    WHERE claims.owner <> claims.first_owner
)

INSERT INTO set_aside SELECT line, {code}, {column}, value FROM foreign_lines;

-- name: count_known_facts
SELECT count(*) AS known FROM {table} AS t WHERE t.{key} IN (SELECT {key} FROM resolved);

-- name: count_facts
SELECT count(DISTINCT {key}) AS facts, count(*) AS lines FROM resolved;

-- name: merge_orders
INSERT INTO orders AS t (
    tenant_id, order_id, customer_id, ordered_at, amount, currency, product, attributes,
    source_seq, source_line, changed_seq
)
SELECT DISTINCT ON (order_id)
    %(tenant)s, order_id, owner, ordered_at, amount, currency, product, known(attributes), %(seq)s, line, %(seq)s
FROM resolved
ORDER BY order_id ASC, line DESC
ON CONFLICT (tenant_id, order_id) DO UPDATE SET
    ordered_at = excluded.ordered_at, amount = excluded.amount,
    currency = coalesce(excluded.currency, t.currency), product = coalesce(excluded.product, t.product),
    attributes = coalesce(t.attributes || excluded.attributes, excluded.attributes, t.attributes),
    source_seq = excluded.source_seq, source_line = excluded.source_line, changed_seq = excluded.changed_seq
WHERE
    t.changed_seq <= excluded.changed_seq
    AND (t.ordered_at, t.amount, t.currency, t.product, t.attributes) IS DISTINCT FROM (
        excluded.ordered_at, excluded.amount, coalesce(excluded.currency, t.currency),
        coalesce(excluded.product, t.product),
        coalesce(t.attributes || excluded.attributes, excluded.attributes, t.attributes)
    );

-- name: merge_events
INSERT INTO events AS t (
    tenant_id, event_id, customer_id, event, occurred_at, value, properties, source_seq, source_line, changed_seq
)
SELECT DISTINCT ON (event_id)
    %(tenant)s, event_id, owner, event, occurred_at, value,
    coalesce(known(extra_properties) || properties, properties, known(extra_properties)), %(seq)s, line, %(seq)s
FROM resolved
ORDER BY event_id ASC, line DESC
ON CONFLICT (tenant_id, event_id) DO UPDATE SET
    event = excluded.event, occurred_at = excluded.occurred_at, value = coalesce(excluded.value, t.value),
    properties = coalesce(t.properties || excluded.properties, excluded.properties, t.properties),
    source_seq = excluded.source_seq, source_line = excluded.source_line, changed_seq = excluded.changed_seq
WHERE
    t.changed_seq <= excluded.changed_seq
    AND (t.event, t.occurred_at, t.value, t.properties) IS DISTINCT FROM (
        excluded.event, excluded.occurred_at, coalesce(excluded.value, t.value),
        coalesce(t.properties || excluded.properties, excluded.properties, t.properties)
    );

-- name: append_consents
INSERT INTO consents (
    tenant_id, customer_id, channel, purpose, occurred_at, status, source, text_version, lawful_basis, evidence,
    source_seq, source_line
)
SELECT
    %(tenant)s, owner,
    coalesce(channel, CASE WHEN email IS NULL AND phone IS NOT NULL THEN 'sms' ELSE 'email' END),
    coalesce(purpose, 'marketing'), occurred_at, status, source, text_version, lawful_basis,
    known(evidence), %(seq)s, line
FROM resolved
ORDER BY line
ON CONFLICT DO NOTHING;

-- name: refuse_addressless
INSERT INTO set_aside
SELECT r.line, 'unknown_customer', 'customer_id', r.customer_id
FROM resolved AS r
LEFT JOIN customers AS c ON r.owner = c.customer_id
WHERE
    coalesce(r.email, r.phone, c.email, c.phone) IS NULL
    AND NOT (r.reason = 'erasure' AND r.owner IS NOT NULL)
    AND NOT EXISTS (
        SELECT 1 FROM suppressions AS x
        WHERE x.reason = 'erasure' AND x.address_hash = address_hash(%(tenant)s, r.customer_id)
    );

-- name: append_suppressions
-- Who is named is stopped under the address of the line and, as they may have another one by now, under their own of
-- the same sort; what bounced is an address alone. A line that gives neither is about both of theirs.
WITH addressed AS (
    SELECT r.line, r.reason, r.occurred_at, r.source, a.address, coalesce(r.channel, a.channel) AS channel
    FROM resolved AS r
    LEFT JOIN customers AS c ON r.owner = c.customer_id
    CROSS JOIN LATERAL (SELECT CASE WHEN r.reason = 'erasure' THEN 'all' ELSE 'email' END AS by_mail) AS w
    CROSS JOIN LATERAL (
        VALUES
        (r.email, w.by_mail),
        (r.phone, 'all'),
        (
            CASE
                WHEN coalesce(r.email, r.phone) IS NULL OR (r.email IS NOT NULL AND r.reason <> 'hard_bounce')
                    THEN c.email
            END, w.by_mail
        ),
        (
            CASE
                WHEN coalesce(r.email, r.phone) IS NULL OR (r.phone IS NOT NULL AND r.reason <> 'hard_bounce')
                    THEN c.phone
            END, 'all'
        ),
        -- Who is erased may have no address at all.
        (CASE WHEN r.reason = 'erasure' THEN r.owner END, 'all')
    ) AS a (address, channel)
    WHERE a.address IS NOT NULL
),

added AS (
    INSERT INTO suppressions (
        tenant_id, address_hash, channel, reason, occurred_at, source, source_seq, source_line
    )
    SELECT
        %(tenant)s, address_hash(%(tenant)s, address), channel, reason,
        coalesce(occurred_at, %(imported_at)s), source, %(seq)s, line
    FROM addressed
    ORDER BY line
    ON CONFLICT DO NOTHING
    RETURNING source_line
)

SELECT count(DISTINCT source_line) AS loaded FROM added;

-- name: log_import
SELECT append_audit(audit_entry(
    actor => %(by)s,
    actor_kind => 'person',
    action => 'customers.import',
    object => %(what)s,
    -- The ledger names nobody by an address.
    subject_id => CASE WHEN strpos(%(subject)s::text, '@') = 0 THEN %(subject)s END,
    decision => 'stored',
    reason => %(reason)s
)) AS seq;
