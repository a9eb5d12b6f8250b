-- name: create_campaign
INSERT INTO campaigns (tenant_id, campaign_id, name, brief_hash, brief, channel, created_by, created_at)
VALUES (
    current_setting('liftline.tenant'), %(campaign_id)s, %(name)s, %(brief_hash)s, %(brief)s, %(channel)s, %(by)s,
    %(now)s
)
ON CONFLICT (tenant_id, campaign_id) DO NOTHING;

-- name: create_outreach
INSERT INTO outreach_campaigns (tenant_id, campaign_id, description, target_audience, min_qualification_score)
VALUES (
    current_setting('liftline.tenant'), %(campaign_id)s, %(description)s, %(target_audience)s,
    %(min_qualification_score)s
);

-- name: campaigns
SELECT
    c.campaign_id,
    c.name,
    c.channel,
    c.status,
    c.brief,
    c.created_by,
    c.created_at,
    o.description,
    o.target_audience,
    o.min_qualification_score,
    o.campaign_id IS NOT NULL AS is_outreach,
    coalesce(m.messages, s.messages, 0) AS total_messages,
    coalesce(m.sent, s.sent, 0) AS messages_sent,
    coalesce(m.cost_usd, g.cost_usd, 0)::float8 AS total_cost_usd
FROM campaigns AS c
LEFT JOIN outreach_campaigns AS o ON o.tenant_id = c.tenant_id AND o.campaign_id = c.campaign_id
LEFT JOIN LATERAL (
    SELECT
        count(*) AS messages,
        count(*) FILTER (WHERE w.happened & 1 = 1) AS sent,
        sum(w.generation_cost_usd) AS cost_usd
    FROM outreach_messages AS w
    WHERE w.tenant_id = c.tenant_id AND w.campaign_id = c.campaign_id
) AS m ON o.campaign_id IS NOT NULL
LEFT JOIN LATERAL (
    SELECT
        count(*) AS messages,
        count(*) FILTER (WHERE w.state IN ('accepted', 'delivered', 'bounced', 'complained')) AS sent
    FROM sends AS w
    WHERE w.tenant_id = c.tenant_id AND w.campaign_id = c.campaign_id
) AS s ON o.campaign_id IS NULL
LEFT JOIN LATERAL (
    SELECT sum(coalesce(w.cost_usd, w.reserved_usd)) AS cost_usd
    FROM generations AS w
    WHERE w.tenant_id = c.tenant_id AND w.campaign_id = c.campaign_id
) AS g ON o.campaign_id IS NULL
WHERE
    c.tenant_id = current_setting('liftline.tenant')
    AND (%(campaign_id)s::text IS NULL OR c.campaign_id = %(campaign_id)s)
    AND (%(status)s::text IS NULL OR c.status = %(status)s)
    AND (%(before)s::timestamptz IS NULL OR (c.created_at, c.campaign_id) < (%(before)s, %(before_id)s::text))
ORDER BY c.created_at DESC, c.campaign_id DESC
LIMIT %(most)s;

-- name: campaign_row
SELECT
    c.campaign_id,
    c.name,
    c.channel,
    c.status,
    c.brief,
    o.description,
    o.target_audience,
    o.min_qualification_score
FROM campaigns AS c
LEFT JOIN outreach_campaigns AS o ON o.tenant_id = c.tenant_id AND o.campaign_id = c.campaign_id
WHERE c.tenant_id = current_setting('liftline.tenant') AND c.campaign_id = %(campaign_id)s;

-- name: approved
SELECT approved_for_sending(%(campaign_id)s) AS yes;

-- name: kept_from
-- What stands against writing to this lead as it was approved, besides the approval itself; no row: nothing.
SELECT d.code
FROM recipient_decisions AS d
WHERE
    d.tenant_id = current_setting('liftline.tenant') AND d.campaign_id = %(campaign_id)s
    AND d.run = approved_run(%(campaign_id)s) AND d.customer_id = %(lead_id)s AND d.verdict <> 'included';

-- name: cites_withdrawn
-- Whether the text that was chosen for this message cites what may be cited no more.
SELECT one.passage_id
FROM outreach_messages AS m
INNER JOIN LATERAL (
    SELECT
        v.variant_id,
        v.version
    FROM variants AS v
    WHERE
        v.tenant_id = m.tenant_id AND v.campaign_id = m.campaign_id AND v.unit_kind = 'person'
        AND v.unit_id = m.lead_id AND v.strategy = m.tones[m.selected_variant + 1]
    ORDER BY v.version DESC
    LIMIT 1
) AS v ON true
INNER JOIN variant_sentences AS n
    ON n.tenant_id = m.tenant_id AND n.variant_id = v.variant_id AND n.version = v.version AND n.verdict = 'supported'
CROSS JOIN LATERAL unnest(n.passage_ids) AS one (passage_id)
LEFT JOIN passages AS p ON p.tenant_id = n.tenant_id AND p.passage_id = one.passage_id
WHERE
    m.tenant_id = current_setting('liftline.tenant') AND m.message_id = %(message_id)s
    AND why_uncitable(p.passage_id, p.retired_at, p.approved_by, p.approved_at, p.expires_at, %(today)s::date)
    IS NOT NULL
LIMIT 1;

-- name: known_leads
-- By their own ids or by an alias.
SELECT
    w.lead_id AS asked,
    coalesce(c.customer_id, a.customer_id) AS lead_id
FROM unnest(%(leads)s::text[]) WITH ORDINALITY AS w (lead_id, place)
LEFT JOIN LATERAL (
    SELECT k.customer_id FROM customers AS k
    WHERE k.tenant_id = current_setting('liftline.tenant') AND k.customer_id = w.lead_id
    LIMIT 1
) AS c ON true
LEFT JOIN customer_aliases AS a
    ON a.tenant_id = current_setting('liftline.tenant') AND a.alias_id = w.lead_id AND c.customer_id IS NULL
ORDER BY w.place;

-- name: qualified_leads
-- A filter is met by a field of that name, else by a column of the same name in the customer's own data; whatever case.
SELECT q.customer_id AS lead_id
FROM (
    SELECT
        c.customer_id,
        to_jsonb(c) AS fields,
        100 * CASE %(score)s WHEN 'loyalty' THEN 1 - p.churn_risk ELSE p.engagement_score END AS score
    FROM customers AS c
    LEFT JOIN segment_snapshots AS s
        ON s.tenant_id = c.tenant_id AND s.snapshot_id = %(snapshot_id)s
    LEFT JOIN profiles AS p ON p.tenant_id = c.tenant_id AND p.as_of = s.as_of AND p.customer_id = c.customer_id
    WHERE c.tenant_id = current_setting('liftline.tenant')
) AS q
WHERE
    coalesce(q.score, 0) >= %(least)s
    AND NOT EXISTS (
        SELECT FROM jsonb_each(%(filters)s::jsonb) AS f (name, wanted)
        WHERE NOT EXISTS (
            SELECT FROM jsonb_array_elements_text(
                CASE jsonb_typeof(f.wanted) WHEN 'array' THEN f.wanted ELSE jsonb_build_array(f.wanted) END
            ) AS one (value)
            WHERE
                lower(one.value) = lower(coalesce(q.fields ->> f.name, q.fields -> 'attributes' ->> f.name))
                OR (f.name = 'tags' AND q.fields -> 'tags' ? one.value)
        )
    )
ORDER BY q.score DESC NULLS LAST, q.customer_id
LIMIT %(most)s;

-- name: leads_without_message
SELECT w.lead_id
FROM unnest(%(leads)s::text[]) WITH ORDINALITY AS w (lead_id, place)
WHERE NOT EXISTS (
    SELECT FROM outreach_messages AS m
    WHERE
        m.tenant_id = current_setting('liftline.tenant') AND m.campaign_id = %(campaign_id)s
        AND m.lead_id = w.lead_id
)
ORDER BY w.place;

-- name: has_begun
SELECT has_begun(%(campaign_id)s) AS yes;

-- name: keep_messages
-- One message a lead out of the newest versions of its variants. Which variant goes out is settled by the lead alone,
-- so that each gets an even share; a variant that is blocked is nobody's. Its calls were made side by side.
INSERT INTO outreach_messages (
    tenant_id, message_id, campaign_id, lead_id, tones, selected_variant, status, reason, generation_latency_ms,
    generation_cost_usd, created_at
)
SELECT
    current_setting('liftline.tenant'),
    'm-' || left(encode(sha256(convert_to(%(campaign_id)s || '|' || w.lead_id, 'UTF8')), 'hex'), 20),
    %(campaign_id)s,
    w.lead_id,
    %(tones)s::text[],
    u.places[1 + mod(chance.number, nullif(cardinality(u.places), 0))],
    CASE WHEN cardinality(u.places) > 0 THEN 'pending' ELSE 'failed' END,
    CASE WHEN cardinality(u.places) > 0 THEN '' ELSE coalesce(u.why, 'no variant was drafted') END,
    coalesce(g.latency_ms, 0),
    coalesce(g.cost_usd, 0),
    %(now)s
FROM unnest(%(leads)s::text[]) AS w (lead_id)
CROSS JOIN LATERAL (
    SELECT ('x' || left(encode(sha256(convert_to(w.lead_id || '|' || %(campaign_id)s, 'UTF8')), 'hex'), 7))
        ::bit(28)::integer AS number
) AS chance
CROSS JOIN LATERAL (
    SELECT
        coalesce(
            array_agg(v.place ORDER BY v.place)
            FILTER (WHERE v.status = 'drafted' AND v.decision IS DISTINCT FROM 'block'), '{}'
        ) AS places,
        min(v.strategy || ': ' || CASE v.status WHEN 'drafted' THEN coalesce(v.screened, '') ELSE v.reason END) AS why
    FROM (
        SELECT DISTINCT ON (n.strategy)
            n.strategy,
            n.status,
            n.reason,
            array_position(%(tones)s::text[], n.strategy) - 1 AS place,
            s.decision,
            s.reason AS screened
        FROM variants AS n
        LEFT JOIN policies_in_force AS f ON f.tenant_id = n.tenant_id AND f.kind = 'content'
        LEFT JOIN screenings AS s
            ON s.tenant_id = n.tenant_id AND s.content_hash = n.content_hash AND s.policy_version = f.version
        WHERE
            n.tenant_id = current_setting('liftline.tenant') AND n.campaign_id = %(campaign_id)s
            AND n.unit_kind = 'person' AND n.unit_id = w.lead_id AND n.strategy = ANY(%(tones)s::text[])
        ORDER BY n.strategy ASC, n.version DESC
    ) AS v
) AS u
LEFT JOIN LATERAL (
    SELECT
        max(c.latency_ms) AS latency_ms,
        sum(coalesce(c.cost_usd, c.reserved_usd)) AS cost_usd
    FROM generations AS c
    WHERE
        c.tenant_id = current_setting('liftline.tenant') AND c.campaign_id = %(campaign_id)s
        AND c.unit_kind = 'person' AND c.unit_id = w.lead_id
) AS g ON true
ON CONFLICT (tenant_id, campaign_id, lead_id) DO NOTHING;

-- name: follow_arms
-- The experiment decides which variant goes out, and who belongs to the few whom no campaign writes to; the guardrails
-- decide who may be written to, by the run that was approved. Where a lead has no arm, because a variant is missing,
-- the choice made before stands. Who was left out by an earlier decision is asked about again.
WITH approved AS (
    SELECT approved_run(%(campaign_id)s) AS run WHERE approved_for_sending(%(campaign_id)s)
)

UPDATE outreach_messages AS m
SET
    selected_variant = coalesce(f.place, m.selected_variant),
    status = CASE WHEN f.why IS NULL THEN 'pending' ELSE 'failed' END,
    reason = coalesce(f.why, '')
FROM (
    SELECT
        w.lead_id,
        array_position(w.tones, a.strategy) - 1 AS place,
        CASE
            WHEN a.code = 'global_holdout'
                THEN 'This lead belongs to the few whom no campaign writes to, so that all can be measured.'
            WHEN d.verdict = 'excluded'
                THEN 'The guardrails leave this lead out: ' || replace(d.code, '_', ' ') || '.'
        END AS why
    FROM outreach_messages AS w
    LEFT JOIN (
        SELECT
            y.customer_id,
            y.code,
            r.strategy
        FROM experiments AS x
        INNER JOIN assignments AS y ON y.tenant_id = x.tenant_id AND y.experiment_key = x.experiment_key
        LEFT JOIN experiment_arms AS r
            ON r.tenant_id = y.tenant_id AND r.experiment_key = y.experiment_key AND r.arm = y.arm
        WHERE x.tenant_id = current_setting('liftline.tenant') AND x.campaign_id = %(campaign_id)s
    ) AS a ON a.customer_id = w.lead_id
    LEFT JOIN approved AS k ON true
    LEFT JOIN recipient_decisions AS d
        ON
            d.tenant_id = w.tenant_id
            AND d.campaign_id = w.campaign_id
            AND d.run = k.run
            AND d.customer_id = w.lead_id
    WHERE
        w.tenant_id = current_setting('liftline.tenant') AND w.campaign_id = %(campaign_id)s
        AND w.status IN ('pending', 'failed') AND w.happened = 0 AND w.selected_variant IS NOT NULL
) AS f
WHERE
    m.tenant_id = current_setting('liftline.tenant') AND m.campaign_id = %(campaign_id)s AND m.lead_id = f.lead_id
    AND (coalesce(f.why, '') <> m.reason OR f.place <> m.selected_variant)
    AND NOT EXISTS (
        SELECT FROM sends AS s
        WHERE s.tenant_id = m.tenant_id AND s.campaign_id = m.campaign_id AND s.customer_id = m.lead_id
    );

-- name: announce_messages
SELECT announce('campaign.messages_generated', jsonb_build_object(
    'campaign_id', %(campaign_id)s::text, 'messages', %(messages)s::integer
)) AS told;

-- name: messages
SELECT message_id, campaign_id, lead_id, tones, selected_variant, status, reason, generation_latency_ms,
    generation_cost_usd, created_at
FROM outreach_messages
WHERE
    tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s
    AND (created_at, lead_id) > (coalesce(%(created_at)s::timestamptz, '-infinity'), %(lead_id)s)
    AND (%(status)s::text IS NULL OR status = %(status)s)
    AND (%(leads)s::text[] IS NULL OR lead_id = ANY(%(leads)s::text[]))
ORDER BY created_at, lead_id
LIMIT %(most)s OFFSET %(skipped)s;

-- name: count_messages
SELECT count(*) AS messages FROM outreach_messages
WHERE
    tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s
    AND (%(status)s::text IS NULL OR status = %(status)s);

-- name: message
SELECT m.message_id, m.campaign_id, m.lead_id, m.tones, m.selected_variant, m.status, m.reason, m.happened,
    m.generation_latency_ms, m.generation_cost_usd, m.created_at, c.brief, c.status AS campaign_status
FROM outreach_messages AS m
INNER JOIN campaigns AS c ON c.tenant_id = m.tenant_id AND c.campaign_id = m.campaign_id
WHERE m.tenant_id = current_setting('liftline.tenant') AND m.message_id = %(message_id)s;

-- name: lock_message
SELECT status FROM outreach_messages
WHERE tenant_id = current_setting('liftline.tenant') AND message_id = %(message_id)s
FOR UPDATE;

-- name: variants_of_leads
-- The newest version of each variant with its screening, and of its lead what fills the slots. LIMIT has each lead
-- looked up by its key: of a tenant that is new to its statistics the planner expects one row, and would read all.
SELECT DISTINCT ON (v.unit_id, v.strategy)
    v.unit_id AS lead_id,
    v.strategy AS tone,
    v.variant_id,
    v.version,
    v.subject,
    v.body,
    v.confidence,
    CASE
        WHEN v.status = 'blocked' OR s.decision = 'block' THEN 'blocked'
        WHEN s.decision IS NULL OR (s.decision = 'review' AND NOT s.cleared) THEN 'review'
        ELSE 'ready'
    END AS status,
    CASE WHEN v.status = 'drafted' THEN coalesce(s.reason, 'not screened yet') ELSE v.reason END AS reason,
    c.first_name,
    c.last_name,
    c.company,
    c.job_title,
    c.city,
    c.country,
    a.name AS account_name
FROM variants AS v
LEFT JOIN policies_in_force AS f ON f.tenant_id = v.tenant_id AND f.kind = 'content'
LEFT JOIN screenings AS s
    ON s.tenant_id = v.tenant_id AND s.content_hash = v.content_hash AND s.policy_version = f.version
LEFT JOIN LATERAL (
    SELECT p.* FROM customers AS p
    WHERE p.tenant_id = v.tenant_id AND p.customer_id = v.unit_id
    LIMIT 1
) AS c ON true
LEFT JOIN accounts AS a ON a.tenant_id = c.tenant_id AND a.account_id = c.account_id
WHERE
    v.tenant_id = current_setting('liftline.tenant') AND v.campaign_id = %(campaign_id)s AND v.unit_kind = 'person'
    AND v.unit_id = ANY(%(leads)s::text[])
ORDER BY v.unit_id ASC, v.strategy ASC, v.version DESC;

-- name: report_event
INSERT INTO message_events (tenant_id, message_id, status, by_machine, channel_data, reported_by)
VALUES (
    current_setting('liftline.tenant'), %(message_id)s, %(status)s, %(by_machine)s, %(channel_data)s, %(by)s
);

-- name: move_message
UPDATE outreach_messages SET status = %(status)s, happened = %(happened)s
WHERE tenant_id = current_setting('liftline.tenant') AND message_id = %(message_id)s;

-- name: counted
SELECT
    selected_variant,
    happened,
    count(*) AS messages,
    sum(generation_cost_usd) AS cost_usd
FROM outreach_messages
WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s
GROUP BY selected_variant, happened;

-- name: newest_readout
-- What the experiment of a campaign said last, and the tone of each of its arms.
SELECT
    r.verdict,
    r.winner,
    r.reason,
    r.analysis -> 'comparisons' AS comparisons,
    x.design ->> 'primary_metric' AS metric,
    (
        SELECT jsonb_object_agg(a.arm, a.strategy) FROM experiment_arms AS a
        WHERE a.tenant_id = x.tenant_id AND a.experiment_key = x.experiment_key
    ) AS tones
FROM experiments AS x
INNER JOIN experiment_readouts AS r ON r.tenant_id = x.tenant_id AND r.experiment_key = x.experiment_key
WHERE x.tenant_id = current_setting('liftline.tenant') AND x.campaign_id = %(campaign_id)s
ORDER BY r.readout DESC
LIMIT 1;

-- name: take
SELECT count_in_minute(%(caller)s, %(amount)s, %(now)s) AS used;

-- name: log
SELECT append_audit(audit_entry(
    actor => %(by)s, actor_kind => 'person', action => %(action)s, decision => %(decision)s, reason => %(reason)s,
    object => %(object)s, campaign_id => %(campaign_id)s
)) AS seq;

-- name: keep_templates
INSERT INTO template_sets AS t (tenant_id, unit_kind, unit_id, campaign_id, payload, versions, made_at)
VALUES (
    current_setting('liftline.tenant'), %(unit_kind)s, %(unit_id)s, %(campaign_id)s, %(payload)s, %(versions)s, %(now)s
)
ON CONFLICT (tenant_id, unit_kind, unit_id) DO UPDATE SET
    campaign_id = excluded.campaign_id,
    payload = excluded.payload,
    versions = excluded.versions,
    made_at = excluded.made_at;

-- name: templates
SELECT campaign_id, payload, versions, made_at FROM template_sets
WHERE
    tenant_id = current_setting('liftline.tenant') AND unit_kind = %(unit_kind)s AND unit_id = %(unit_id)s;

-- name: versions
SELECT coalesce(string_agg(v.variant_id || ' ' || v.version, ',' ORDER BY v.variant_id), '') AS versions
FROM (
    SELECT
        n.variant_id,
        max(n.version) AS version
    FROM variants AS n
    WHERE
        n.tenant_id = current_setting('liftline.tenant') AND n.campaign_id = %(campaign_id)s
        AND n.unit_kind = %(unit_kind)s AND n.unit_id = %(unit_id)s
    GROUP BY n.variant_id
) AS v;

-- name: template_states
SELECT variant_id, version, approved_by, approved_at, model, source FROM (
    SELECT DISTINCT ON (t.variant_id) t.*
    FROM templates AS t
    WHERE
        t.tenant_id = current_setting('liftline.tenant') AND t.campaign_id = %(campaign_id)s
        AND t.unit_id = %(unit_id)s
    ORDER BY t.variant_id ASC, t.version DESC
) AS newest;

-- name: model_versions
SELECT
    g.provider,
    coalesce(g.answered_by, g.model) AS model,
    g.writer_version AS version,
    g.prompt AS prompt_version,
    count(*) AS generations,
    count(DISTINCT v.variant_id || ' ' || v.version) AS variants,
    avg(v.confidence) AS mean_confidence,
    avg(f.rating)::float8 AS mean_rating,
    min(g.asked_at) AS first_used_at,
    max(g.asked_at) AS last_used_at
FROM generations AS g
LEFT JOIN variants AS v ON v.tenant_id = g.tenant_id AND v.generation_id = g.generation_id
LEFT JOIN ai_feedback AS f
    ON f.tenant_id = v.tenant_id AND f.variant_id = v.variant_id AND f.version = v.version AND f.rating IS NOT NULL
WHERE g.tenant_id = current_setting('liftline.tenant') AND g.purpose = 'variant'
GROUP BY g.provider, coalesce(g.answered_by, g.model), g.writer_version, g.prompt
ORDER BY max(g.asked_at) DESC
LIMIT %(most)s;

-- name: variant_exists
SELECT campaign_id FROM variants
WHERE tenant_id = current_setting('liftline.tenant') AND variant_id = %(variant_id)s
ORDER BY version DESC
LIMIT 1;

-- name: decision
SELECT seq, occurred_at, campaign_id, actor, actor_kind, action, object, subject_id, decision, reason, content_hash,
    model, policy_version, guardrails, thresholds, confidence, overrides, override_reason, execution_status
FROM audit_log
WHERE tenant_id = current_setting('liftline.tenant') AND seq = %(seq)s;

-- name: results
SELECT
    bool_or(happened & 4 = 4)::integer AS opens,
    bool_or(happened & 8 = 8)::integer AS clicks,
    bool_or(happened & 16 = 16)::integer AS conversions
FROM outreach_messages
WHERE
    tenant_id = current_setting('liftline.tenant') AND lead_id = %(customer_id)s AND campaign_id = %(campaign_id)s;
