-- name: tenant_exists
SELECT 1 AS found FROM tenants
WHERE tenant_id = current_setting('liftline.tenant');

-- name: open_campaign
INSERT INTO campaigns (tenant_id, campaign_id, name, brief_hash, brief, channel, created_by, created_at)
VALUES (
    current_setting('liftline.tenant'), %(campaign_id)s, %(name)s, %(brief_hash)s, %(brief)s, %(channel)s,
    %(created_by)s, %(now)s
)
ON CONFLICT (tenant_id, campaign_id) DO UPDATE SET brief = excluded.brief
WHERE campaigns.brief IS DISTINCT FROM excluded.brief;

-- name: campaign
SELECT
    campaign_id,
    name,
    brief_hash,
    brief,
    channel,
    status,
    created_by,
    created_at
FROM campaigns
WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s;

-- name: snapshot
SELECT
    snapshot_id,
    as_of,
    definition
FROM segment_snapshots
WHERE tenant_id = current_setting('liftline.tenant') AND snapshot_id = %(snapshot_id)s;

-- name: unit_members_segment
CREATE TEMP TABLE member ON COMMIT DROP AS
SELECT
    m.customer_id,
    m.segment AS unit_id,
    m.segment AS label,
    s.description
FROM segment_members AS m
INNER JOIN segments AS s
    ON
        s.tenant_id = m.tenant_id
        AND s.snapshot_id = m.snapshot_id
        AND s.segment = m.segment
WHERE m.tenant_id = current_setting('liftline.tenant') AND m.snapshot_id = %(snapshot_id)s;

-- name: unit_members_persona
-- The first persona whose words stand in the job title; whoever has none is left to the one without words.
CREATE TEMP TABLE member ON COMMIT DROP AS
SELECT
    c.customer_id,
    p.persona AS unit_id,
    p.persona AS label,
    p.description
FROM customers AS c
CROSS JOIN LATERAL (
    SELECT
        k.persona,
        k.description
    FROM
        unnest(%(personas)s::text[], %(descriptions)s::text[], %(patterns)s::text[])
        WITH ORDINALITY AS k (persona, description, pattern, place)
    WHERE coalesce(c.job_title, '') ~* k.pattern
    ORDER BY k.place
    LIMIT 1
) AS p
WHERE c.tenant_id = current_setting('liftline.tenant');

-- name: unit_members_account
CREATE TEMP TABLE member ON COMMIT DROP AS
SELECT
    c.customer_id,
    c.account_id AS unit_id,
    coalesce(a.name, c.account_id) AS label,
    'Everybody we know at this company.' AS description
FROM customers AS c
LEFT JOIN accounts AS a ON a.tenant_id = c.tenant_id AND a.account_id = c.account_id
WHERE c.tenant_id = current_setting('liftline.tenant') AND c.account_id IS NOT NULL;

-- name: unit_members_person
CREATE TEMP TABLE member ON COMMIT DROP AS
SELECT
    c.customer_id,
    c.customer_id AS unit_id,
    c.customer_id AS label,
    'One person.' AS description
FROM customers AS c
WHERE c.tenant_id = current_setting('liftline.tenant');

-- name: narrow_members
DELETE FROM member WHERE unit_id <> ALL(%(wanted)s::text[]);

-- name: units
SELECT
    m.unit_id,
    min(m.label) AS label,
    min(m.description) AS description,
    count(*) AS size,
    avg(p.frequency)::float8 AS orders,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY p.recency_days) AS recency_days,
    avg(p.average_order)::float8 AS average_order,
    avg(('b2b' = ANY(coalesce(c.tags, '{}')))::integer)::float8 AS business_share,
    mode() WITHIN GROUP (ORDER BY p.lifecycle_stage) AS lifecycle_stage,
    mode() WITHIN GROUP (ORDER BY c.country) AS country,
    min(c.customer_id) AS customer_id,
    min(c.first_name) AS first_name,
    min(c.last_name) AS last_name,
    min(c.email) AS email,
    min(c.phone) AS phone,
    min(c.company) AS company,
    min(c.city) AS city,
    min(c.job_title) AS job_title
FROM member AS m
INNER JOIN customers AS c ON c.tenant_id = current_setting('liftline.tenant') AND c.customer_id = m.customer_id
LEFT JOIN profiles AS p ON p.tenant_id = c.tenant_id AND p.as_of = %(as_of)s AND p.customer_id = c.customer_id
GROUP BY m.unit_id
ORDER BY m.unit_id;

-- name: favourites
SELECT
    ranked.unit_id,
    array_agg(ranked.product ORDER BY ranked.place) AS products
FROM (
    SELECT
        m.unit_id,
        o.product,
        row_number() OVER (PARTITION BY m.unit_id ORDER BY count(*) DESC, o.product) AS place
    FROM member AS m
    INNER JOIN orders AS o ON o.tenant_id = current_setting('liftline.tenant') AND o.customer_id = m.customer_id
    WHERE o.product IS NOT NULL AND o.ordered_at <= %(as_of)s
    GROUP BY m.unit_id, o.product
) AS ranked
WHERE ranked.place <= 3
GROUP BY ranked.unit_id;

-- name: keep_units
-- Rows that are right already stay untouched: what was retrieved for them keeps its moment.
MERGE INTO audience_units AS u
USING
    unnest(
        %(kinds)s::text[], %(ids)s::text[], %(labels)s::text[], %(descriptions)s::text[], %(traits)s::jsonb[],
        %(sizes)s::bigint[], %(queries)s::text[], %(passages)s::jsonb[]
    ) AS n (unit_kind, unit_id, label, description, traits, size, query, passages)
    ON
        u.tenant_id = current_setting('liftline.tenant')
        AND u.campaign_id = %(campaign_id)s
        AND u.unit_kind = n.unit_kind
        AND u.unit_id = n.unit_id
WHEN MATCHED AND (u.label, u.description, u.traits, u.size, u.query, to_jsonb(u.passage_ids), u.snapshot_id)
IS DISTINCT FROM (n.label, n.description, n.traits, n.size, n.query, n.passages, %(snapshot_id)s::text)
THEN UPDATE SET
    label = n.label,
    description = n.description,
    traits = n.traits,
    size = n.size,
    query = n.query,
    passage_ids = ARRAY(SELECT jsonb_array_elements_text(n.passages)),
    snapshot_id = %(snapshot_id)s,
    retrieved_at = %(now)s
WHEN NOT MATCHED THEN
    INSERT (
        tenant_id, campaign_id, unit_kind, unit_id, label, description, traits, size, query, passage_ids,
        snapshot_id, retrieved_at
    )
    VALUES (
        current_setting('liftline.tenant'), %(campaign_id)s, n.unit_kind, n.unit_id, n.label, n.description,
        n.traits, n.size, n.query, ARRAY(SELECT jsonb_array_elements_text(n.passages)), %(snapshot_id)s, %(now)s
    );

-- name: kept_units
SELECT
    unit_kind,
    unit_id,
    label,
    description,
    traits,
    size,
    passage_ids
FROM audience_units
WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s
ORDER BY size DESC, unit_id;

-- name: newest_variants
SELECT DISTINCT ON (v.unit_kind, v.unit_id, v.strategy)
    v.variant_id,
    v.version,
    v.unit_kind,
    v.unit_id,
    u.label,
    v.strategy,
    v.channel,
    v.status,
    v.code,
    v.reason,
    v.message,
    v.content_hash,
    v.confidence,
    v.confidence_basis,
    v.generation_id,
    v.source
FROM variants AS v
INNER JOIN audience_units AS u
    ON
        u.tenant_id = v.tenant_id
        AND u.campaign_id = v.campaign_id
        AND u.unit_kind = v.unit_kind
        AND u.unit_id = v.unit_id
WHERE v.tenant_id = current_setting('liftline.tenant') AND v.campaign_id = %(campaign_id)s
ORDER BY v.unit_kind ASC, v.unit_id ASC, v.strategy ASC, v.version DESC;

-- name: unsendable
-- Drafted texts that stay blocked by the policy in force, and those that cite what may be cited no more.
SELECT v.variant_id
FROM (
    SELECT DISTINCT ON (w.variant_id) w.*
    FROM variants AS w
    WHERE w.tenant_id = current_setting('liftline.tenant') AND w.campaign_id = %(campaign_id)s
    ORDER BY w.variant_id ASC, w.version DESC
) AS v
WHERE
    v.status = 'drafted'
    AND (
        EXISTS (
            SELECT FROM policies_in_force AS f
            INNER JOIN screenings AS s ON s.tenant_id = f.tenant_id AND s.policy_version = f.version
            WHERE
                f.tenant_id = v.tenant_id
                AND f.kind = 'content'
                AND s.content_hash = v.content_hash
                AND s.decision = 'block'
                AND NOT s.undecided
        )
        OR EXISTS (
            SELECT FROM variant_sentences AS n
            CROSS JOIN LATERAL unnest(n.passage_ids) AS one (passage_id)
            LEFT JOIN passages AS p ON p.tenant_id = n.tenant_id AND p.passage_id = one.passage_id
            WHERE
                n.tenant_id = v.tenant_id
                AND n.variant_id = v.variant_id
                AND n.version = v.version
                AND n.verdict = 'supported'
                AND why_uncitable(
                    p.passage_id, p.retired_at, p.approved_by, p.approved_at, p.expires_at, %(today)s::date
                ) IS NOT NULL
        )
    );

-- name: variant
SELECT
    v.variant_id,
    v.version,
    v.campaign_id,
    v.unit_kind,
    v.unit_id,
    v.strategy,
    v.channel,
    v.status,
    v.code,
    v.reason,
    v.message,
    v.content_hash,
    v.confidence,
    v.source
FROM variants AS v
WHERE v.tenant_id = current_setting('liftline.tenant') AND v.variant_id = %(variant_id)s
ORDER BY v.version DESC
LIMIT 1;

-- name: sentences
SELECT
    variant_id,
    version,
    place,
    text,
    verdict,
    passage_ids,
    code,
    reason
FROM variant_sentences
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND (variant_id, version) IN (
        SELECT
            newest.variant_id,
            max(newest.version)
        FROM variants AS newest
        WHERE newest.tenant_id = current_setting('liftline.tenant') AND newest.campaign_id = %(campaign_id)s
        GROUP BY newest.variant_id
    )
ORDER BY variant_id, version, position;

-- name: one_purse_at_a_time
SELECT pg_advisory_xact_lock(hashtextextended('budget of ' || %(tenant)s, 0));

-- name: spent
SELECT
    coalesce(sum(usd) FILTER (WHERE whose = 'campaign'), 0) AS by_campaign,
    coalesce(sum(usd) FILTER (WHERE whose = 'month'), 0) AS this_month
FROM spending
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND (whose, which) IN (
        ('campaign', %(campaign_id)s::text), ('month', to_char(%(now)s::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM'))
    );

-- name: remembered
SELECT DISTINCT ON (inputs_hash)
    inputs_hash,
    generation_id,
    output,
    answered_by,
    request_id
FROM generations
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND outcome = 'written'
    AND inputs_hash = ANY(%(inputs)s::text[])
ORDER BY inputs_hash ASC, answered_at ASC;

-- name: attempts
SELECT
    k.unit_kind,
    k.unit_id,
    k.strategy,
    newest.attempt
FROM
    unnest(%(unit_kinds)s::text[], %(unit_ids)s::text[], %(strategies)s::text[]) AS k (unit_kind, unit_id, strategy)
CROSS JOIN LATERAL (
    SELECT g.attempt
    FROM generations AS g
    WHERE
        g.tenant_id = current_setting('liftline.tenant')
        AND (g.campaign_id = %(campaign_id)s::text OR (g.campaign_id IS NULL AND %(campaign_id)s::text IS NULL))
        AND g.unit_kind = k.unit_kind
        AND g.unit_id = k.unit_id
        AND g.strategy = k.strategy
        AND g.round = %(round)s::smallint
    ORDER BY g.attempt DESC
    LIMIT 1
) AS newest;

-- name: ask
INSERT INTO generations (
    tenant_id, generation_id, campaign_id, purpose, unit_kind, unit_id, strategy, round, attempt, inputs_hash, prompt,
    provider, model, writer_version, passage_ids, seed, temperature, reserved_usd, asked_at
)
SELECT
    current_setting('liftline.tenant'), n.generation_id, %(campaign_id)s, %(purpose)s, n.unit_kind, n.unit_id,
    n.strategy, n.round, n.attempt, n.inputs_hash, %(prompt)s, %(provider)s, %(model)s, %(writer_version)s,
    ARRAY(SELECT jsonb_array_elements_text(n.passages)), n.seed, n.temperature, n.reserved_usd, %(now)s
FROM
    unnest(
        %(generation_ids)s::text[], %(unit_kinds)s::text[], %(unit_ids)s::text[], %(strategies)s::text[],
        %(rounds)s::smallint[], %(attempts)s::smallint[], %(inputs_hashes)s::text[], %(passages)s::jsonb[],
        %(seeds)s::bigint[], %(temperatures)s::float8[], %(reserved_usds)s::numeric[]
    ) AS n (
        generation_id, unit_kind, unit_id, strategy, round, attempt, inputs_hash, passages, seed, temperature,
        reserved_usd
    );

-- name: reserve_another
UPDATE generations SET reserved_usd = reserved_usd + %(try_usd)s
WHERE tenant_id = current_setting('liftline.tenant') AND generation_id = %(generation_id)s;

-- name: put_in_batch
UPDATE generations SET batch_id = %(batch_id)s
WHERE tenant_id = current_setting('liftline.tenant') AND generation_id = ANY(%(generation_ids)s::text[]);

-- name: in_batches
SELECT
    batch_id,
    generation_id,
    unit_kind,
    unit_id,
    strategy,
    round,
    attempt,
    inputs_hash,
    reserved_usd,
    passage_ids
FROM generations
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND campaign_id = %(campaign_id)s
    AND outcome = 'asked'
    AND batch_id IS NOT NULL
ORDER BY batch_id, generation_id;

-- name: give_up_batch
-- Its cost stays open, and so counts with all that was reserved.
UPDATE generations
SET outcome = 'unavailable', detail = 'The batch was given up.', answered_at = %(now)s
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND campaign_id = %(campaign_id)s
    AND outcome = 'asked'
    AND batch_id = %(batch_id)s;

-- name: answer
UPDATE generations
SET
    outcome = %(outcome)s,
    detail = %(detail)s,
    answered_by = %(answered_by)s,
    request_id = %(request_id)s,
    cached_from = %(cached_from)s,
    input_tokens = %(input_tokens)s,
    output_tokens = %(output_tokens)s,
    cached_tokens = %(cached_tokens)s,
    cost_usd = %(cost_usd)s,
    latency_ms = %(latency_ms)s,
    tries = %(tries)s,
    output = %(output)s,
    sent_seed = %(sent_seed)s,
    sent_temperature = %(sent_temperature)s,
    structured = %(structured)s,
    answered_at = %(now)s
WHERE tenant_id = current_setting('liftline.tenant') AND generation_id = %(generation_id)s;

-- name: keep_variant
INSERT INTO variants (
    tenant_id, variant_id, version, campaign_id, unit_kind, unit_id, strategy, channel, status, code, reason, message,
    content_hash, subject, preheader, html, body, confidence, confidence_basis, generation_id, source, created_by,
    created_at
)
VALUES (
    current_setting('liftline.tenant'), %(variant_id)s, %(version)s, %(campaign_id)s, %(unit_kind)s, %(unit_id)s,
    %(strategy)s, %(channel)s, %(status)s, %(code)s, %(reason)s, %(message)s, %(content_hash)s, %(subject)s,
    %(preheader)s, %(html)s, %(body)s, %(confidence)s, %(confidence_basis)s, %(generation_id)s, %(source)s,
    %(created_by)s, %(now)s
);

-- name: keep_sentences
INSERT INTO variant_sentences (
    tenant_id, variant_id, version, position, place, text, verdict, passage_ids, code, reason
)
SELECT
    current_setting('liftline.tenant'), %(variant_id)s, %(version)s, n.position, n.place, n.text, n.verdict,
    ARRAY(SELECT jsonb_array_elements_text(n.passages)), n.code, n.reason
FROM
    unnest(
        %(places)s::text[], %(texts)s::text[], %(verdicts)s::text[], %(passages)s::jsonb[], %(codes)s::text[],
        %(reasons)s::text[]
    ) WITH ORDINALITY AS n (place, text, verdict, passages, code, reason, position);

-- name: history
SELECT
    v.channel,
    v.strategy,
    v.message,
    o.reached,
    o.engaged
FROM (
    SELECT DISTINCT ON (variant_id, version)
        variant_id,
        version,
        reached,
        engaged
    FROM variant_outcomes
    WHERE tenant_id = current_setting('liftline.tenant') AND as_of <= %(now)s
    ORDER BY variant_id ASC, version ASC, as_of DESC
) AS o
INNER JOIN variants AS v
    ON
        v.tenant_id = current_setting('liftline.tenant')
        AND v.variant_id = o.variant_id
        AND v.version = o.version
WHERE o.reached > 0 AND v.message IS NOT NULL;

-- name: accepted_insights
SELECT
    insight_id, dimension, value, segment, effect, statement
FROM insights
WHERE tenant_id = current_setting('liftline.tenant') AND state = 'accepted'
ORDER BY insight_id;

-- name: members_sample
SELECT
    c.customer_id,
    c.first_name,
    c.last_name,
    c.email,
    c.company,
    c.job_title,
    c.city,
    c.country,
    a.name AS account_name
FROM customers AS c
LEFT JOIN accounts AS a ON a.tenant_id = c.tenant_id AND a.account_id = c.account_id
WHERE
    c.tenant_id = current_setting('liftline.tenant')
    AND CASE %(unit_kind)s
        WHEN 'person' THEN c.customer_id = %(unit_id)s
        WHEN 'account' THEN c.account_id = %(unit_id)s
        WHEN 'persona' THEN %(unit_id)s = (
            SELECT k.persona
            FROM unnest(%(personas)s::text[], %(patterns)s::text[]) WITH ORDINALITY AS k (persona, pattern, place)
            WHERE coalesce(c.job_title, '') ~* k.pattern
            ORDER BY k.place
            LIMIT 1
        )
        ELSE true
    END
    AND (%(customer_id)s::text IS NULL OR c.customer_id = %(customer_id)s)
    AND (
        %(unit_kind)s <> 'segment'
        OR EXISTS (
            SELECT FROM segment_members AS m
            INNER JOIN audience_units AS u
                ON
                    u.tenant_id = m.tenant_id
                    AND u.snapshot_id = m.snapshot_id
                    AND u.campaign_id = %(campaign_id)s
                    AND u.unit_id = m.segment
            WHERE
                m.tenant_id = c.tenant_id
                AND m.customer_id = c.customer_id
                AND m.segment = %(unit_id)s
        )
    )
ORDER BY c.customer_id
LIMIT %(most)s;

-- name: campaign_spent
SELECT
    count(*) AS calls,
    coalesce(sum(coalesce(cost_usd, reserved_usd)), 0) AS cost_usd
FROM generations
WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s;

-- name: unit_sizes
SELECT
    unit_id,
    min(label) AS label,
    min(description) AS description,
    count(*) AS size
FROM member
GROUP BY unit_id
ORDER BY size DESC, unit_id
LIMIT %(most)s;
