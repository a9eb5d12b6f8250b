-- name: tenant_exists
SELECT 1 AS found FROM tenants WHERE tenant_id = current_setting('liftline.tenant');

-- name: campaign_exists
SELECT 1 AS found FROM campaigns
WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s;

-- name: bring_into_force
INSERT INTO policies_in_force AS p (tenant_id, kind, version, in_force_since)
VALUES (current_setting('liftline.tenant'), 'content', %(version)s, %(now)s)
ON CONFLICT (tenant_id, kind) DO UPDATE
SET version = excluded.version, in_force_since = excluded.in_force_since
WHERE p.version <> excluded.version
RETURNING p.version;

-- name: log_policy
SELECT append_audit(audit_entry(
    actor => %(actor)s,
    actor_kind => 'system',
    action => 'policy',
    object => 'content',
    decision => 'in force',
    reason => 'Screenings under any other version count no more.',
    policy_version => %(version)s,
    thresholds => %(thresholds)s::jsonb,
    execution_status => 'done'
)) AS seq;

-- name: unscreened
-- The newest version of every drafted variant without a decision under this policy, or whose campaign was not told it.
SELECT
    newest.variant_id,
    newest.version
FROM (
    SELECT DISTINCT ON (v.variant_id)
        v.tenant_id,
        v.variant_id,
        v.version,
        v.status,
        v.content_hash
    FROM variants AS v
    WHERE
        v.tenant_id = current_setting('liftline.tenant')
        AND (
            v.campaign_id = %(campaign_id)s
            OR v.variant_id = ANY(%(variant_ids)s::text[])
        )
    ORDER BY v.variant_id ASC, v.version DESC
) AS newest
LEFT JOIN screenings AS s
    ON
        s.tenant_id = newest.tenant_id
        AND s.content_hash = newest.content_hash
        AND s.policy_version = %(policy_version)s
LEFT JOIN screened_variants AS t
    ON
        t.tenant_id = newest.tenant_id
        AND t.variant_id = newest.variant_id
        AND t.version = newest.version
        AND t.policy_version = %(policy_version)s
WHERE newest.status = 'drafted' AND (s.undecided IS NOT FALSE OR t.variant_id IS NULL)
ORDER BY newest.content_hash, newest.variant_id;

-- name: candidates
-- Everything that is known of these variants; `decided` where their text was screened before.
SELECT
    v.variant_id,
    v.version,
    v.campaign_id,
    v.unit_kind,
    v.unit_id,
    v.channel,
    v.content_hash,
    v.subject,
    v.preheader,
    v.html,
    v.body,
    c.brief ->> 'tone' AS tone,
    c.brief #>> '{knowledge,locale}' AS locale,
    c.brief #>> '{call_to_action,link}' AS link,
    coalesce(said.verdicts, '[]') AS verdicts,
    cited.ends_on,
    coalesce(cited.uncitable, '{}') AS uncitable,
    coalesce(cited.sources, '{}') AS sources,
    s.undecided IS FALSE AS decided
FROM unnest(%(variant_ids)s::text[], %(versions)s::integer[]) AS asked (variant_id, version)
INNER JOIN variants AS v
    ON
        v.tenant_id = current_setting('liftline.tenant')
        AND v.variant_id = asked.variant_id
        AND v.version = asked.version
INNER JOIN campaigns AS c ON c.tenant_id = v.tenant_id AND c.campaign_id = v.campaign_id
LEFT JOIN screenings AS s
    ON
        s.tenant_id = v.tenant_id
        AND s.content_hash = v.content_hash
        AND s.policy_version = %(policy_version)s
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array(n.place, n.text, n.verdict, n.code, n.reason) ORDER BY n.position) AS verdicts
    FROM variant_sentences AS n
    WHERE n.tenant_id = v.tenant_id AND n.variant_id = v.variant_id AND n.version = v.version
) AS said ON true
LEFT JOIN LATERAL (
    SELECT
        min(p.expires_at) AS ends_on,
        array_agg(DISTINCT one.passage_id ORDER BY one.passage_id) FILTER (
            WHERE
            why_uncitable(
                p.passage_id, p.retired_at, p.approved_by, p.approved_at, p.expires_at, %(today)s::date
            ) IS NOT NULL
        ) AS uncitable,
        array_agg(DISTINCT p.text) FILTER (WHERE p.text IS NOT NULL) AS sources
    FROM variant_sentences AS n
    CROSS JOIN LATERAL unnest(n.passage_ids) AS one (passage_id)
    LEFT JOIN passages AS p ON p.tenant_id = n.tenant_id AND p.passage_id = one.passage_id
    WHERE
        n.tenant_id = v.tenant_id
        AND n.variant_id = v.variant_id
        AND n.version = v.version
        AND n.verdict = 'supported'
) AS cited ON true
ORDER BY v.content_hash, v.variant_id;

-- name: recipient_locales
-- What the members of each audience unit speak. Who belongs to a persona is settled when copy is sent: there everybody.
WITH unit AS (
    SELECT DISTINCT
        u.tenant_id,
        u.campaign_id,
        u.unit_kind,
        u.unit_id,
        u.snapshot_id
    FROM audience_units AS u
    INNER JOIN variants AS v
        ON
            v.tenant_id = u.tenant_id
            AND v.campaign_id = u.campaign_id
            AND v.unit_kind = u.unit_kind
            AND v.unit_id = u.unit_id
    WHERE u.tenant_id = current_setting('liftline.tenant') AND v.variant_id = ANY(%(variant_ids)s::text[])
),

spoken AS (
    SELECT
        u.campaign_id,
        u.unit_kind,
        u.unit_id,
        c.locale
    FROM unit AS u
    INNER JOIN segment_members AS m
        ON
            m.tenant_id = u.tenant_id
            AND m.snapshot_id = u.snapshot_id
            AND m.segment = u.unit_id
    INNER JOIN customers AS c ON c.tenant_id = m.tenant_id AND c.customer_id = m.customer_id
    WHERE u.unit_kind = 'segment'
    UNION
    SELECT
        u.campaign_id,
        u.unit_kind,
        u.unit_id,
        c.locale
    FROM unit AS u
    INNER JOIN customers AS c ON c.tenant_id = u.tenant_id AND c.account_id = u.unit_id
    WHERE u.unit_kind = 'account'
    UNION
    SELECT
        u.campaign_id,
        u.unit_kind,
        u.unit_id,
        c.locale
    FROM unit AS u
    INNER JOIN customers AS c ON c.tenant_id = u.tenant_id AND c.customer_id = u.unit_id
    WHERE u.unit_kind = 'person'
    UNION
    SELECT
        u.campaign_id,
        u.unit_kind,
        u.unit_id,
        c.locale
    FROM unit AS u
    INNER JOIN (
        SELECT DISTINCT
            tenant_id,
            locale
        FROM customers
        WHERE tenant_id = current_setting('liftline.tenant')
    ) AS c ON c.tenant_id = u.tenant_id
    WHERE u.unit_kind = 'persona'
)

SELECT
    campaign_id,
    unit_kind,
    unit_id,
    array_agg(locale ORDER BY locale) AS locales
FROM spoken
WHERE locale IS NOT NULL
GROUP BY campaign_id, unit_kind, unit_id;

-- name: keep_screenings
-- A decision stays; only what was undecided is replaced.
INSERT INTO screenings AS s (
    tenant_id, content_hash, policy_version, decision, undecided, category, severity, severities, blocklist_hits,
    findings, reason, screen, screen_version, valid_until, screened_at
)
SELECT
    current_setting('liftline.tenant'),
    t.content_hash,
    %(policy_version)s,
    t.decision,
    t.undecided,
    t.category,
    t.severity,
    t.severities,
    t.blocklist_hits,
    t.findings,
    t.reason,
    %(screen)s,
    %(screen_version)s,
    t.valid_until,
    %(now)s
FROM
    jsonb_to_recordset(%(decided)s::jsonb) AS t (
        content_hash text, decision text, undecided boolean, category text, severity smallint, severities jsonb,
        blocklist_hits text[], findings jsonb, reason text, valid_until timestamptz
    )
ORDER BY t.content_hash
ON CONFLICT (tenant_id, content_hash, policy_version) DO UPDATE
SET
    decision = excluded.decision,
    undecided = excluded.undecided,
    category = excluded.category,
    severity = excluded.severity,
    severities = excluded.severities,
    blocklist_hits = excluded.blocklist_hits,
    findings = excluded.findings,
    reason = excluded.reason,
    screen = excluded.screen,
    screen_version = excluded.screen_version,
    valid_until = excluded.valid_until,
    screened_at = excluded.screened_at
WHERE s.undecided
RETURNING s.content_hash;

-- name: keep_screened_variants
INSERT INTO screened_variants (
    tenant_id, variant_id, version, campaign_id, content_hash, policy_version, screened_at
)
SELECT
    v.tenant_id,
    v.variant_id,
    v.version,
    v.campaign_id,
    v.content_hash,
    %(policy_version)s,
    %(now)s
FROM unnest(%(variant_ids)s::text[], %(versions)s::integer[]) AS told (variant_id, version)
INNER JOIN variants AS v
    ON
        v.tenant_id = current_setting('liftline.tenant')
        AND v.variant_id = told.variant_id
        AND v.version = told.version
ORDER BY v.variant_id, v.version
ON CONFLICT (tenant_id, variant_id, version, policy_version) DO NOTHING
RETURNING variant_id, version;

-- name: log_screenings
-- One entry a variant whose text was decided just now, or that was not told of before. The model and the prompt are
-- those that wrote its text.
SELECT append_audit(array_agg(audit_entry(
    actor => 'screen ' || s.screen || ' ' || s.screen_version,
    actor_kind => 'system',
    action => 'screen',
    object => 'variant ' || v.variant_id || ' version ' || v.version,
    campaign_id => v.campaign_id,
    decision => s.decision,
    reason => s.reason,
    content_hash => s.content_hash,
    model => coalesce(g.provider || ' ' || coalesce(g.answered_by, g.model), v.source),
    prompt_version => g.prompt,
    passage_ids => ARRAY(
        SELECT DISTINCT one.passage_id
        FROM variant_sentences AS n
        CROSS JOIN LATERAL unnest(n.passage_ids) AS one (passage_id)
        WHERE n.tenant_id = v.tenant_id AND n.variant_id = v.variant_id AND n.version = v.version
        ORDER BY one.passage_id
    ),
    severities => s.severities,
    blocklist_hits => s.blocklist_hits,
    thresholds => %(thresholds)s::jsonb,
    policy_version => s.policy_version,
    guardrails => s.findings,
    confidence => v.confidence,
    execution_status => CASE
        WHEN s.undecided THEN 'undecided' WHEN s.screened_at = %(now)s THEN 'done' ELSE 'known'
    END
) ORDER BY v.variant_id, v.version)) AS seq
FROM screened_variants AS t
INNER JOIN variants AS v ON v.tenant_id = t.tenant_id AND v.variant_id = t.variant_id AND v.version = t.version
INNER JOIN screenings AS s
    ON
        s.tenant_id = t.tenant_id
        AND s.content_hash = t.content_hash
        AND s.policy_version = t.policy_version
LEFT JOIN generations AS g ON g.tenant_id = v.tenant_id AND g.generation_id = v.generation_id
WHERE
    t.tenant_id = current_setting('liftline.tenant')
    AND t.policy_version = %(policy_version)s
    AND (
        t.content_hash = ANY(%(fresh)s::text[])
        OR (t.variant_id, t.version) IN (
            SELECT
                told.variant_id,
                told.version
            FROM unnest(%(variant_ids)s::text[], %(versions)s::integer[]) AS told (variant_id, version)
        )
    );

-- name: coverage
SELECT * FROM screening_coverage(%(campaign_id)s);

-- name: screened
-- The newest version of every drafted variant with what was decided under the policy in force; nulls where nothing was.
SELECT
    v.variant_id,
    v.version,
    v.campaign_id,
    v.unit_kind,
    v.unit_id,
    v.strategy,
    v.subject,
    v.content_hash,
    s.policy_version,
    s.decision,
    s.undecided,
    s.category,
    s.severity,
    s.reason,
    coalesce(s.cleared, false) AS cleared,
    s.released_by,
    s.findings,
    s.screened_at,
    s.valid_until
FROM (
    SELECT DISTINCT ON (w.variant_id) w.*
    FROM variants AS w
    WHERE
        w.tenant_id = current_setting('liftline.tenant')
        AND (w.campaign_id = %(campaign_id)s OR w.variant_id = ANY(%(variant_ids)s::text[]))
    ORDER BY w.variant_id ASC, w.version DESC
) AS v
LEFT JOIN policies_in_force AS f ON f.tenant_id = v.tenant_id AND f.kind = 'content'
LEFT JOIN screenings AS s
    ON
        s.tenant_id = v.tenant_id
        AND s.content_hash = v.content_hash
        AND s.policy_version = f.version
WHERE v.status = 'drafted'
ORDER BY v.unit_kind, v.unit_id, v.strategy;

-- name: to_escalate
-- What waits for a person in each campaign: decided just now, or known from before and never put to anybody here.
SELECT DISTINCT
    v.campaign_id,
    s.content_hash,
    s.reason,
    coalesce((
        SELECT f.value ->> 'code'
        FROM jsonb_array_elements(s.findings) WITH ORDINALITY AS f (value, place)
        WHERE f.value ->> 'decision' = 'review'
        ORDER BY f.place
        LIMIT 1
    ), 'review') AS code
FROM screened_variants AS t
INNER JOIN variants AS v ON v.tenant_id = t.tenant_id AND v.variant_id = t.variant_id AND v.version = t.version
INNER JOIN screenings AS s
    ON
        s.tenant_id = t.tenant_id
        AND s.content_hash = t.content_hash
        AND s.policy_version = t.policy_version
WHERE
    t.tenant_id = current_setting('liftline.tenant')
    AND t.policy_version = %(policy_version)s
    AND (
        t.content_hash = ANY(%(fresh)s::text[])
        OR (t.variant_id, t.version) IN (
            SELECT
                told.variant_id,
                told.version
            FROM unnest(%(variant_ids)s::text[], %(versions)s::integer[]) AS told (variant_id, version)
        )
    )
    AND s.decision = 'review'
    AND s.released_by IS NULL
    AND (
        s.content_hash = ANY(%(fresh)s::text[])
        OR NOT EXISTS (
            SELECT 1
            FROM escalations AS e
            WHERE
                e.tenant_id = v.tenant_id
                AND e.kind = 'content'
                AND e.campaign_id = v.campaign_id
                AND e.object = s.content_hash
        )
    );

-- name: escalate
INSERT INTO escalations (tenant_id, kind, campaign_id, object, code, reason, priority, opened_at, due_at)
SELECT
    current_setting('liftline.tenant'),
    t.kind,
    t.campaign_id,
    t.object,
    t.code,
    t.reason,
    t.priority,
    %(now)s,
    t.due_at
FROM
    jsonb_to_recordset(%(escalations)s::jsonb) AS t (
        kind text, campaign_id text, object text, code text, reason text, priority smallint, due_at timestamptz
    )
ORDER BY t.campaign_id, t.object
ON CONFLICT DO NOTHING;

-- name: void_stale
-- Open questions about texts that are no longer the newest, or that need no release any more.
UPDATE escalations AS e
SET settled_by = 'liftline', settled_at = %(now)s, settlement = 'void', note = 'The text was replaced or decided anew.'
WHERE
    e.tenant_id = current_setting('liftline.tenant')
    AND e.kind = 'content'
    AND e.campaign_id = %(campaign_id)s
    AND e.settled_at IS NULL
    AND NOT EXISTS (
        SELECT 1
        FROM variants AS v
        INNER JOIN policies_in_force AS f ON f.tenant_id = v.tenant_id AND f.kind = 'content'
        INNER JOIN screenings AS s
            ON
                s.tenant_id = v.tenant_id
                AND s.content_hash = v.content_hash
                AND s.policy_version = f.version
        WHERE
            v.tenant_id = e.tenant_id
            AND v.campaign_id = e.campaign_id
            AND v.content_hash = e.object
            AND s.decision = 'review'
            AND s.released_by IS NULL
            AND NOT EXISTS (
                SELECT 1
                FROM variants AS w
                WHERE w.tenant_id = v.tenant_id AND w.variant_id = v.variant_id AND w.version > v.version
            )
    )
RETURNING e.escalation_id;

-- name: screening_of
SELECT
    s.decision,
    s.undecided,
    s.reason,
    s.released_by,
    s.category,
    s.policy_version,
    made_content(%(by)s, s.content_hash) AS own
FROM screenings AS s
INNER JOIN policies_in_force AS f
    ON f.tenant_id = s.tenant_id AND f.kind = 'content' AND f.version = s.policy_version
WHERE s.tenant_id = current_setting('liftline.tenant') AND s.content_hash = %(content_hash)s
FOR UPDATE OF s;

-- name: release
UPDATE screenings
SET released_by = %(by)s, released_at = %(now)s, release_reason = %(reason)s
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND content_hash = %(content_hash)s
    AND policy_version = %(policy_version)s;

-- name: settle_content
UPDATE escalations
SET settled_by = %(by)s, settled_at = %(now)s, settlement = %(settlement)s, note = %(reason)s
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND kind = 'content'
    AND object = %(content_hash)s
    AND settled_at IS NULL
    AND due_at >= %(now)s
RETURNING escalation_id;

-- name: question
SELECT
    e.escalation_id,
    e.kind,
    e.code,
    e.object,
    e.due_at,
    e.settled_at,
    e.settled_by,
    e.settlement,
    made_campaign(%(by)s, e.campaign_id, NULL) AS own
FROM escalations AS e
WHERE e.tenant_id = current_setting('liftline.tenant') AND e.escalation_id = %(escalation_id)s
FOR UPDATE OF e;

-- name: settle_question
UPDATE escalations
SET settled_by = %(by)s, settled_at = %(now)s, settlement = %(settlement)s, note = %(reason)s
WHERE tenant_id = current_setting('liftline.tenant') AND escalation_id = %(escalation_id)s
RETURNING escalation_id;

-- name: has_role
SELECT has_role(%(who)s, %(roles)s::text[]) AS held;

-- name: log_settled
-- One entry an escalation, out of the rows as they stand. What it overrides is said where somebody let a text pass.
SELECT append_audit(array_agg(audit_entry(
    actor => e.settled_by,
    actor_kind => CASE WHEN e.settled_by = 'liftline' THEN 'system' ELSE 'person' END,
    action => CASE e.settlement WHEN 'approved' THEN 'release' ELSE 'escalation' END,
    object => e.kind || ' ' || e.object,
    campaign_id => e.campaign_id,
    content_hash => CASE e.kind WHEN 'content' THEN e.object END,
    decision => CASE e.settlement WHEN 'approved' THEN 'pass' WHEN 'expired' THEN 'rejected' ELSE e.settlement END,
    reason => coalesce(e.note, e.reason),
    policy_version => %(policy_version)s,
    overrides => CASE e.settlement WHEN 'approved' THEN 'review' END,
    override_reason => CASE e.settlement WHEN 'approved' THEN e.note END,
    execution_status => e.settlement
) ORDER BY e.escalation_id)) AS seq
FROM escalations AS e
WHERE e.tenant_id = current_setting('liftline.tenant') AND e.escalation_id = ANY(%(ids)s::text[]);

-- name: expire_overdue
UPDATE escalations
SET
    settled_by = 'liftline',
    settled_at = %(now)s,
    settlement = 'expired',
    note = 'Nobody decided in time, and silence never approves.'
WHERE tenant_id = current_setting('liftline.tenant') AND settled_at IS NULL AND due_at < %(now)s
RETURNING escalation_id;

-- name: open_escalations
SELECT
    e.escalation_id,
    e.kind,
    e.campaign_id,
    k.name AS campaign,
    e.object,
    e.code,
    e.reason,
    e.priority,
    e.opened_at,
    e.due_at,
    e.notified_at,
    e.due_at < %(now)s AS overdue
FROM escalations AS e
LEFT JOIN campaigns AS k ON k.tenant_id = e.tenant_id AND k.campaign_id = e.campaign_id
WHERE e.tenant_id = current_setting('liftline.tenant') AND e.settled_at IS NULL
ORDER BY e.priority, e.due_at, e.escalation_id;

-- name: untold
SELECT
    kind,
    campaign_id,
    array_agg(escalation_id ORDER BY escalation_id) AS ids,
    min(priority) AS priority,
    min(due_at) AS due_at
FROM escalations
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND settled_at IS NULL
    AND notified_at IS NULL
    AND due_at >= %(now)s
GROUP BY kind, campaign_id
ORDER BY min(priority), min(due_at);

-- name: told
UPDATE escalations SET notified_at = %(now)s
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND escalation_id = ANY(%(ids)s::text[])
    AND settled_at IS NULL
    AND notified_at IS NULL;
