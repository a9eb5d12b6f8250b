-- name: set_based
-- A join of whole tables: without fresh statistics the planner would look up a million rows one by one.
SELECT
    set_config('enable_nestloop', 'off', true),
    set_config('work_mem', '256MB', true);

-- name: approved_run
-- Which decisions on the audience were approved.
SELECT approved_run(%(campaign_id)s) AS run;

-- name: included
-- Of those who are to get a message whoever may, by the decisions that were approved.
SELECT t.* FROM ({timed}) AS t
INNER JOIN recipient_decisions AS d
    ON
        d.tenant_id = %(tenant)s
        AND d.campaign_id = %(campaign_id)s
        AND d.run = %(run)s
        AND d.customer_id = t.customer_id
        AND d.verdict = 'included';

-- name: queue
-- Everybody who is to get a message and is not in the ledger yet, at the step that has come for them, with a text that
-- was approved. In the order of the key: an index grows fastest at its end.
INSERT INTO sends (
    tenant_id, campaign_id, customer_id, step, channel, message_id, variant_id, version, content_hash, policy_version,
    arm, experiment_key, unit_id, state, marketing, queued_at, send_at
)
SELECT
    %(tenant)s,
    %(campaign_id)s,
    q.customer_id,
    q.step,
    q.channel,
    'm' || to_hex(%(moment)s::bigint) || lpad(to_hex(row_number() OVER (ORDER BY q.customer_id)), 7, '0')
    || left(md5(%(secret)s || q.customer_id), 8),
    q.variant_id,
    q.version,
    q.content_hash,
    q.policy_version,
    q.arm,
    q.experiment_key,
    q.unit_id,
    'queued',
    true,
    %(now)s,
    q.send_at
FROM ({included}) AS q
LEFT JOIN sends AS s
    ON
        s.tenant_id = %(tenant)s
        AND s.campaign_id = %(campaign_id)s
        AND s.customer_id = q.customer_id
        AND s.step = q.step
        AND s.channel = q.channel
WHERE s.customer_id IS NULL
ORDER BY q.customer_id;

-- name: any_waiting
SELECT exists(
    SELECT FROM sends
    WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign_id)s AND waiting
) AS yes;

-- name: point_anew
-- A row that waits already is pointed to what is approved now; one that was claimed once never changes here.
UPDATE sends AS s SET
    variant_id = q.variant_id,
    version = q.version,
    content_hash = q.content_hash,
    policy_version = q.policy_version,
    arm = q.arm,
    unit_id = q.unit_id
FROM ({included}) AS q
WHERE
    s.tenant_id = %(tenant)s
    AND s.campaign_id = %(campaign_id)s
    AND s.customer_id = q.customer_id
    AND s.step = q.step
    AND s.channel = q.channel
    AND s.waiting
    AND (s.variant_id, s.version, s.content_hash, s.policy_version, s.arm)
    IS DISTINCT FROM (q.variant_id, q.version, q.content_hash, q.policy_version, q.arm);

-- name: wanted_by_experiment
SELECT
    a.customer_id,
    1 AS step,
    %(channel)s AS channel,
    a.unit_id,
    a.arm,
    a.experiment_key,
    v.variant_id,
    v.version,
    v.content_hash,
    v.policy_version
FROM experiments AS e
INNER JOIN assignments AS a ON a.tenant_id = e.tenant_id AND a.experiment_key = e.experiment_key
INNER JOIN experiment_arms AS r
    ON r.tenant_id = a.tenant_id AND r.experiment_key = a.experiment_key AND r.arm = a.arm
INNER JOIN (
    SELECT
        k.variant_id,
        k.version,
        k.content_hash,
        k.policy_version,
        w.unit_id,
        w.strategy
    FROM approval_variants AS k
    INNER JOIN variants AS w
        ON w.tenant_id = k.tenant_id AND w.variant_id = k.variant_id AND w.version = k.version
    WHERE
        k.tenant_id = %(tenant)s
        AND k.campaign_id = %(campaign_id)s
        AND k.approved_hash = %(approved_hash)s
) AS v ON v.unit_id = a.unit_id AND v.strategy = r.strategy
WHERE
    e.tenant_id = %(tenant)s
    AND e.campaign_id = %(campaign_id)s
    AND a.code = 'assigned'
    AND (%(cohort)s::smallint IS NULL OR a.cohort <= %(cohort)s::smallint);

-- name: wanted_by_outreach
-- A campaign of the API has settled for each lead which of its variants goes out.
SELECT
    m.lead_id AS customer_id,
    1 AS step,
    %(channel)s AS channel,
    m.lead_id AS unit_id,
    w.strategy AS arm,
    null::text AS experiment_key,
    k.variant_id,
    k.version,
    k.content_hash,
    k.policy_version
FROM outreach_messages AS m
INNER JOIN variants AS w
    ON
        w.tenant_id = m.tenant_id
        AND w.campaign_id = m.campaign_id
        AND w.unit_kind = 'person'
        AND w.unit_id = m.lead_id
        AND w.strategy = m.tones[m.selected_variant + 1]
INNER JOIN approval_variants AS k
    ON
        k.tenant_id = w.tenant_id
        AND k.campaign_id = w.campaign_id
        AND k.variant_id = w.variant_id
        AND k.version = w.version
        AND k.approved_hash = %(approved_hash)s
WHERE m.tenant_id = %(tenant)s AND m.campaign_id = %(campaign_id)s AND m.status = 'pending';

-- name: at_once
SELECT
    w.*,
    null::timestamptz AS send_at
FROM ({wanted}) AS w;

-- name: at_hour
-- The next time that the reader's own clock shows the hour at which they use to read.
SELECT
    h.customer_id,
    h.step,
    h.channel,
    h.unit_id,
    h.arm,
    h.experiment_key,
    h.variant_id,
    h.version,
    h.content_hash,
    h.policy_version,
    CASE WHEN h.today >= %(now)s THEN h.today ELSE h.tomorrow END AS send_at
FROM (
    SELECT
        w.*,
        (d.midnight + k.hour) AT TIME ZONE k.zone AS today,
        (d.midnight + k.hour + interval '1 day') AT TIME ZONE k.zone AS tomorrow
    FROM ({wanted}) AS w
    LEFT JOIN customer_aliases AS n ON n.tenant_id = %(tenant)s AND n.alias_id = w.customer_id
    LEFT JOIN customers AS c
        ON c.tenant_id = %(tenant)s AND c.customer_id = coalesce(n.customer_id, w.customer_id)
    LEFT JOIN pg_timezone_names AS z ON z.name = c.time_zone
    LEFT JOIN LATERAL (
        SELECT f.preferred_hour FROM profiles AS f
        WHERE f.tenant_id = %(tenant)s AND f.customer_id = w.customer_id
        ORDER BY f.as_of DESC
        LIMIT 1
    ) AS p ON true
    CROSS JOIN LATERAL (
        SELECT
            coalesce(z.name, %(zone)s) AS zone,
            make_interval(hours => coalesce(p.preferred_hour, %(hour)s)::integer) AS hour
    ) AS k
    CROSS JOIN LATERAL (
        SELECT date_trunc('day', %(now)s::timestamptz AT TIME ZONE k.zone) AS midnight
    ) AS d
) AS h;

-- name: drop_stale
-- What waits and is approved no more as it waits, because of its text, its reader or the arm of its reader, and was not
-- pointed to another text, is not sent. Whoever was moved to a later step of a ramp waits for that.
UPDATE sends AS s SET
    state = 'skipped',
    reason_code = w.code,
    reason = CASE w.code
        WHEN 'no_approved_variant' THEN 'No approved text is left for this person.'
        WHEN 'left_audience' THEN 'The audience that is approved now holds this person no more.'
        ELSE 'The experiment has taken the arm of this message from this person.'
    END,
    settled_at = %(now)s
FROM (
    SELECT
        q.customer_id,
        q.step,
        q.channel,
        CASE
            WHEN k.variant_id IS NULL THEN 'no_approved_variant'
            WHEN d.customer_id IS NULL THEN 'left_audience'
            WHEN
                q.experiment_key IS NOT NULL
                AND (
                    a.customer_id IS NULL
                    OR (a.arm <> q.arm AND coalesce(a.cohort <= %(cohort)s::smallint, true))
                ) THEN 'lost_arm'
        END AS code
    FROM sends AS q
    LEFT JOIN approval_variants AS k
        ON
            k.tenant_id = q.tenant_id
            AND k.campaign_id = q.campaign_id
            AND k.approved_hash = %(approved_hash)s
            AND k.variant_id = q.variant_id
            AND k.version = q.version
    LEFT JOIN recipient_decisions AS d
        ON
            d.tenant_id = q.tenant_id
            AND d.campaign_id = q.campaign_id
            AND d.run = %(run)s
            AND d.customer_id = q.customer_id
            AND d.verdict = 'included'
    LEFT JOIN assignments AS a
        ON
            a.tenant_id = q.tenant_id
            AND a.experiment_key = q.experiment_key
            AND a.customer_id = q.customer_id
            AND a.code = 'assigned'
    WHERE
        q.tenant_id = %(tenant)s
        AND q.campaign_id = %(campaign_id)s
        AND q.waiting
) AS w
WHERE
    s.tenant_id = %(tenant)s
    AND s.campaign_id = %(campaign_id)s
    AND s.customer_id = w.customer_id
    AND s.step = w.step
    AND s.channel = w.channel
    AND s.waiting
    AND w.code IS NOT NULL;
