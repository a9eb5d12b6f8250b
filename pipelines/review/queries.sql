-- name: tenant_exists
SELECT 1 AS found FROM tenants
WHERE tenant_id = current_setting('liftline.tenant');

-- name: campaign
SELECT
    campaign_id,
    name,
    status,
    channel,
    brief,
    created_by,
    created_at
FROM campaigns
WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s;

-- name: has
SELECT
    EXISTS (
        SELECT FROM campaigns WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(what)s
    )
    OR EXISTS (
        SELECT FROM variants WHERE tenant_id = current_setting('liftline.tenant') AND variant_id = %(what)s
    ) AS yes;

-- name: queue
SELECT
    c.campaign_id,
    c.name,
    c.status,
    c.created_by,
    c.created_at,
    coalesce(s.state, 'unasked') AS state,
    s.waits_for,
    s.asked_by,
    s.asked_at,
    s.due_at
FROM (
    SELECT * FROM campaigns
    WHERE tenant_id = current_setting('liftline.tenant')
    ORDER BY created_at DESC, campaign_id
    LIMIT %(most)s
) AS c
LEFT JOIN LATERAL request_as_it_stands(c.campaign_id) AS s ON true
ORDER BY c.created_at DESC, c.campaign_id;

-- name: what_stands
SELECT
    approval_obstacle(%(campaign_id)s) AS obstacle,
    approval_content(%(campaign_id)s) AS content,
    approval_hash(%(campaign_id)s) AS hash,
    (
        SELECT count(*) FROM audience_units AS u
        WHERE
            u.tenant_id = current_setting('liftline.tenant') AND u.campaign_id = %(campaign_id)s
            AND u.unit_kind = 'person'
            AND u.unit_id NOT IN (SELECT v.unit_id FROM approvable_variants(%(campaign_id)s) AS v)
    ) AS left_out;

-- name: approvable_copy
SELECT
    v.variant_id,
    concat_ws(E'\n', v.subject, v.preheader, v.body) AS copy
FROM approvable_variants(%(campaign_id)s) AS a
INNER JOIN variants AS v
    ON
        v.tenant_id = current_setting('liftline.tenant')
        AND v.variant_id = a.variant_id
        AND v.version = a.version
ORDER BY v.variant_id;

-- name: sweep
-- What is no longer what it was asked for is void, and what nobody answered in time is expired.
UPDATE approval_requests
SET state = CASE WHEN approved_hash = approval_hash(campaign_id) THEN 'expired' ELSE 'void' END
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND campaign_id = %(campaign_id)s
    AND (
        (state IN ('open', 'approved') AND approved_hash IS DISTINCT FROM approval_hash(campaign_id))
        OR (state = 'open' AND due_at < clock_timestamp())
    )
RETURNING approved_hash, state;

-- name: newest_request
-- The one that asks for what stands now, else the one that was asked last.
SELECT
    r.*,
    clock_timestamp() AS moment
FROM approval_requests AS r
WHERE r.tenant_id = current_setting('liftline.tenant') AND r.campaign_id = %(campaign_id)s
ORDER BY r.approved_hash = approval_hash(r.campaign_id) DESC, r.asked_at DESC
LIMIT 1;

-- name: moment
SELECT clock_timestamp() AS moment;

-- name: answers
SELECT
    stage,
    role,
    decided_by,
    decision,
    comment,
    decided_at,
    via
FROM approvals
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND campaign_id = %(campaign_id)s
    AND approved_hash = %(approved_hash)s
    AND round = %(round)s
ORDER BY decided_at;

-- name: ask
INSERT INTO approval_requests (
    tenant_id, campaign_id, approved_hash, content, needs, discount_percent, policy_version, asked_by, answer_within,
    asked_at, due_at
)
VALUES (
    current_setting('liftline.tenant'), %(campaign_id)s, %(approved_hash)s, %(content)s, %(needs)s,
    %(discount_percent)s, %(policy_version)s, %(by)s, %(answer_within)s, now(), now()
);

-- name: ask_again
UPDATE approval_requests
SET
    state = 'open',
    needs = %(needs)s,
    discount_percent = %(discount_percent)s,
    policy_version = %(policy_version)s,
    asked_by = %(by)s,
    answer_within = %(answer_within)s
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND campaign_id = %(campaign_id)s
    AND approved_hash = %(approved_hash)s
    AND state IN ('void', 'expired');

-- name: ask_for_variants
INSERT INTO approval_variants (
    tenant_id, campaign_id, approved_hash, variant_id, version, content_hash, policy_version
)
SELECT
    current_setting('liftline.tenant'), %(campaign_id)s, %(approved_hash)s, variant_id, version, content_hash,
    policy_version
FROM approvable_variants(%(campaign_id)s)
ON CONFLICT DO NOTHING;

-- name: one_who_asks
SELECT pg_advisory_xact_lock(hashtextextended('asking ' || current_setting('liftline.tenant') || %(campaign_id)s, 0));

-- name: escalate
INSERT INTO escalations (
    tenant_id, kind, campaign_id, object, code, reason, priority, opened_at, due_at
)
SELECT
    tenant_id, 'approval', campaign_id, campaign_id, 'approval_wanted', %(reason)s, 2, asked_at, due_at
FROM approval_requests
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND campaign_id = %(campaign_id)s
    AND approved_hash = %(approved_hash)s
ON CONFLICT DO NOTHING;

-- name: settle_escalation
UPDATE escalations
SET settled_by = %(by)s, settled_at = clock_timestamp(), settlement = %(settlement)s, note = %(note)s
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND kind = 'approval'
    AND campaign_id = %(campaign_id)s
    AND object = %(campaign_id)s
    AND settled_at IS NULL;

-- name: person
-- What of this request a person may decide, by which role, and whether they had a hand in it.
SELECT
    made_campaign(%(by)s, r.campaign_id, r.approved_hash) AS made_it,
    (
        SELECT coalesce(jsonb_agg(jsonb_build_array(n.stage, h.role) ORDER BY n.place, h.place), '[]')
        FROM unnest(r.needs) WITH ORDINALITY AS n (stage, place)
        CROSS JOIN LATERAL unnest(stage_roles(n.stage)) WITH ORDINALITY AS h (role, place)
        WHERE has_role(%(by)s, ARRAY[h.role])
    ) AS offices
FROM approval_requests AS r
WHERE
    r.tenant_id = current_setting('liftline.tenant')
    AND r.campaign_id = %(campaign_id)s
    AND r.approved_hash = %(approved_hash)s;

-- name: who_may_answer
SELECT DISTINCT g.user_name
FROM approval_requests AS r
CROSS JOIN LATERAL unnest(r.needs) AS n (stage)
INNER JOIN access_grants AS g
    ON g.tenant_id = r.tenant_id AND g.revoked_at IS NULL AND g.role = ANY(stage_roles(n.stage))
WHERE
    r.tenant_id = current_setting('liftline.tenant')
    AND r.campaign_id = %(campaign_id)s
    AND r.approved_hash = %(approved_hash)s
    AND NOT made_campaign(g.user_name, r.campaign_id, r.approved_hash)
ORDER BY g.user_name;

-- name: answer
INSERT INTO approvals (
    tenant_id, campaign_id, approved_hash, round, stage, role, decided_by, decision, comment, decided_at, via
)
VALUES (
    current_setting('liftline.tenant'), %(campaign_id)s, %(approved_hash)s, 0, %(stage)s, %(role)s, %(by)s,
    %(decision)s, %(comment)s, now(), %(via)s
);

-- name: log
SELECT append_audit(audit_entry(
    actor => %(actor)s,
    actor_kind => %(actor_kind)s,
    action => %(action)s,
    decision => %(decision)s,
    reason => %(reason)s,
    object => %(object)s,
    campaign_id => %(campaign_id)s,
    content_hash => %(content_hash)s,
    policy_version => %(policy_version)s
));

-- name: variants_of
-- The newest version of every variant with its screening and what people last said of it.
SELECT
    v.variant_id,
    v.version,
    v.unit_kind,
    v.unit_id,
    v.strategy,
    v.status,
    v.reason,
    v.subject,
    v.preheader,
    v.body,
    v.content_hash,
    v.confidence,
    v.source,
    v.created_by,
    s.decision AS screened,
    s.cleared,
    s.reason AS screening_reason,
    l.decision,
    l.by AS decided_by,
    l.comment AS decision_comment,
    r.rating,
    v.variant_id IN (SELECT a.variant_id FROM approvable_variants(%(campaign_id)s) AS a) AS approvable
FROM (
    SELECT DISTINCT ON (w.variant_id) w.*
    FROM variants AS w
    WHERE w.tenant_id = current_setting('liftline.tenant') AND w.campaign_id = %(campaign_id)s
    ORDER BY w.variant_id ASC, w.version DESC
) AS v
LEFT JOIN policies_in_force AS f ON f.tenant_id = v.tenant_id AND f.kind = 'content'
LEFT JOIN screenings AS s
    ON s.tenant_id = v.tenant_id AND s.content_hash = v.content_hash AND s.policy_version = f.version
LEFT JOIN LATERAL (
    SELECT
        a.decision,
        a.by,
        a.comment
    FROM ai_feedback AS a
    WHERE
        a.tenant_id = v.tenant_id AND a.variant_id = v.variant_id AND a.version = v.version
        AND a.decision IS NOT NULL
    ORDER BY a.seq DESC
    LIMIT 1
) AS l ON true
LEFT JOIN LATERAL (
    SELECT avg(a.rating)::float8 AS rating FROM ai_feedback AS a
    WHERE a.tenant_id = v.tenant_id AND a.variant_id = v.variant_id AND a.version = v.version
) AS r ON true
ORDER BY v.unit_kind, v.unit_id, v.strategy;

-- name: newest_versions
SELECT DISTINCT ON (v.variant_id)
    v.variant_id,
    v.version,
    v.campaign_id,
    v.content_hash,
    v.strategy,
    v.unit_id
FROM variants AS v
WHERE v.tenant_id = current_setting('liftline.tenant') AND v.variant_id = ANY(%(variants)s::text[])
ORDER BY v.variant_id ASC, v.version DESC;

-- name: give_feedback
INSERT INTO ai_feedback (
    tenant_id, variant_id, version, by, at, rating, flags, comment, decision
)
SELECT
    current_setting('liftline.tenant'), n.variant_id, n.version, %(by)s, now(), %(rating)s, %(flags)s, %(comment)s,
    %(decision)s
FROM unnest(%(variants)s::text[], %(versions)s::int[]) AS n (variant_id, version);

-- name: feedback_of
SELECT
    variant_id,
    version,
    by,
    at,
    rating,
    flags,
    comment,
    decision
FROM ai_feedback
WHERE tenant_id = current_setting('liftline.tenant') AND variant_id = %(variant_id)s
ORDER BY seq;

-- name: roles_of
SELECT array_agg(role ORDER BY role) AS roles
FROM access_grants
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND lower(user_name) = lower(btrim(%(user)s))
    AND revoked_at IS NULL;

-- name: grant
INSERT INTO access_grants (tenant_id, user_name, role, granted_by)
VALUES (current_setting('liftline.tenant'), %(user)s, %(role)s, %(by)s)
ON CONFLICT (tenant_id, lower(user_name), role) WHERE revoked_at IS NULL DO NOTHING;

-- name: revoke
UPDATE access_grants
SET revoked_by = %(by)s, revoked_at = clock_timestamp()
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND lower(user_name) = lower(btrim(%(user)s))
    AND role = %(role)s
    AND revoked_at IS NULL;

-- name: grants
SELECT
    user_name,
    role,
    granted_by,
    granted_at,
    revoked_by,
    revoked_at
FROM access_grants
WHERE tenant_id = current_setting('liftline.tenant') AND (%(ended)s OR revoked_at IS NULL)
ORDER BY user_name, role, granted_at;
