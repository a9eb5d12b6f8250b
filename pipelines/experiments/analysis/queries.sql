-- name: alone
-- One read-out at a time of an experiment: two would take the same number.
SELECT pg_advisory_xact_lock(hashtextextended(
    'readout ' || current_setting('liftline.tenant') || ' ' || %(key)s, 0
));

-- name: experiment
SELECT
    x.experiment_key,
    x.campaign_id,
    x.design,
    x.design_hash,
    x.state,
    x.started_at,
    x.assigned,
    x.conclusion
FROM experiments AS x
WHERE x.tenant_id = current_setting('liftline.tenant') AND x.experiment_key = %(key)s;

-- name: running
SELECT x.experiment_key FROM experiments AS x
WHERE
    x.tenant_id = current_setting('liftline.tenant')
    AND x.state = 'running'
    AND (NOT %(learning)s OR coalesce(x.design ->> 'allocation', 'fixed') <> 'fixed')
ORDER BY x.started_at, x.experiment_key;

-- name: set_based
-- Whole tables are joined here; of a tenant that is new to its statistics the planner expects one row, and would look
-- into the events once for each person.
SELECT set_config('enable_nestloop', 'off', true);

-- name: given_arms
-- Everybody of an experiment, by the id that they have today. Who has got an arm under each of two ids that turned out
-- to be one person counts once; who has got two arms shows nothing of either.
CREATE TEMP TABLE given_arms ON COMMIT DROP AS
WITH given AS MATERIALIZED (
    SELECT
        x.*,
        coalesce(a.customer_id, x.customer_id) AS person_id
    FROM experiment_people(%(key)s) AS x
    LEFT JOIN customer_aliases AS a
        ON a.tenant_id = current_setting('liftline.tenant') AND a.alias_id = x.customer_id
),

merged AS (
    SELECT
        g.customer_id,
        row_number() OVER (PARTITION BY g.person_id ORDER BY g.starts_at, g.customer_id) AS place,
        min(g.arm) OVER (PARTITION BY g.person_id) <> max(g.arm) OVER (PARTITION BY g.person_id) AS in_several
    FROM given AS g
    WHERE
        g.person_id IN (
            SELECT t.customer_id FROM customer_aliases AS t
            WHERE t.tenant_id = current_setting('liftline.tenant')
        )
)

SELECT
    g.customer_id,
    g.person_id,
    g.arm,
    g.unit_id,
    g.wave,
    g.sent,
    g.other_arm OR coalesce(m.in_several, false) AS other_arm,
    g.starts_at,
    g.ends_at
FROM given AS g
LEFT JOIN merged AS m ON m.customer_id = g.customer_id
WHERE coalesce(m.place, 1) = 1;

-- name: told_again
-- Orders that were told before, under another id of the same person, or by the shop's system as well as by the page:
-- the same that attribution in the marts takes for one order, so that both add up the same money.
CREATE TEMP TABLE told_again ON COMMIT DROP AS
WITH told AS (
    SELECT
        e.provider,
        e.event_id,
        coalesce(a.customer_id, e.customer_id) AS person_id,
        e.occurred_at,
        e.value,
        coalesce(e.currency, '') AS currency,
        (e.message_id IS NULL, e.occurred_at, e.provider || ' ' || e.event_id) AS place
    FROM labelled_events AS e
    LEFT JOIN customer_aliases AS a ON a.tenant_id = e.tenant_id AND a.alias_id = e.customer_id
    WHERE
        e.tenant_id = current_setting('liftline.tenant')
        AND e.event = 'converted'
        AND counts_as_response(e.event, e.verdict)
        AND e.value > 0
)

SELECT
    t.provider,
    t.event_id
FROM told AS t
WHERE
    EXISTS (
        SELECT FROM told AS b
        WHERE
            b.person_id = t.person_id
            AND b.value = t.value
            AND b.currency = t.currency
            AND b.place < t.place
            AND (
                b.occurred_at = t.occurred_at
                OR (
                    b.provider <> t.provider
                    AND b.occurred_at BETWEEN t.occurred_at - interval '1 day' AND t.occurred_at + interval '1 day'
                )
            )
    );

-- name: gathered
ANALYZE given_arms, told_again;

-- name: outcomes
-- Sums by arm, stratum and wave. Responses count from the first message on, and only when everybody had the whole
-- window. What only a message can cause is counted by campaign; what people buy is counted whatever led them there.
-- Who has taken another id since is the same person under both.
WITH heard AS (
    SELECT
        p.customer_id,
        bool_or(e.event = 'clicked' AND counts_as_response(e.event, e.verdict)) AS clicked,
        bool_or(e.event = 'replied' AND counts_as_response(e.event, e.verdict)) AS replied,
        bool_or(e.event = 'converted' AND counts_as_response(e.event, e.verdict)) AS converted,
        coalesce(sum(e.value) FILTER (
            WHERE e.event = 'converted' AND counts_as_response(e.event, e.verdict) AND d.event_id IS NULL
        ), 0)::double precision AS revenue,
        bool_or(e.event = 'unsubscribed') AS unsubscribed,
        bool_or(e.event = 'complained') AS complained,
        bool_or(e.event = 'bounced') AS bounced,
        bool_or(e.verdict = 'bot') AS robot
    FROM labelled_events AS e
    LEFT JOIN customer_aliases AS a ON a.tenant_id = e.tenant_id AND a.alias_id = e.customer_id
    INNER JOIN given_arms AS p
        ON
            p.person_id = coalesce(a.customer_id, e.customer_id)
            AND e.occurred_at >= p.starts_at
            AND e.occurred_at < p.ends_at
    LEFT JOIN told_again AS d ON d.provider = e.provider AND d.event_id = e.event_id
    WHERE
        e.tenant_id = current_setting('liftline.tenant')
        AND e.occurred_at <= %(as_of)s
        AND (e.campaign_id = %(campaign_id)s OR e.event = 'converted')
    GROUP BY p.customer_id
)

SELECT
    u.arm,
    u.unit_id,
    u.wave,
    CASE WHEN %(by_country)s THEN coalesce(c.country, 'unknown') END AS people_of,
    u.ends_at <= %(as_of)s AS ripe,
    u.other_arm,
    count(*) AS units,
    count(*) FILTER (WHERE u.sent) AS sent,
    count(*) FILTER (WHERE h.robot) AS robots,
    count(*) FILTER (WHERE h.clicked) AS clicked,
    count(*) FILTER (WHERE h.replied) AS replied,
    count(*) FILTER (WHERE h.converted) AS converted,
    count(*) FILTER (WHERE h.unsubscribed) AS unsubscribed,
    count(*) FILTER (WHERE h.complained) AS complained,
    count(*) FILTER (WHERE h.bounced) AS bounced,
    coalesce(sum(h.revenue), 0) AS revenue,
    coalesce(sum(h.revenue * h.revenue), 0) AS revenue_squared,
    coalesce(sum(b.spent), 0) AS spent,
    coalesce(sum(b.spent * b.spent), 0) AS spent_squared,
    coalesce(sum(h.revenue * b.spent), 0) AS revenue_spent
FROM given_arms AS u
LEFT JOIN heard AS h ON h.customer_id = u.customer_id
LEFT JOIN customers AS c
    ON %(by_country)s AND c.tenant_id = current_setting('liftline.tenant') AND c.customer_id = u.person_id
LEFT JOIN (
    SELECT
        p.customer_id,
        p.monetary::double precision AS spent
    FROM profiles AS p
    WHERE p.tenant_id = current_setting('liftline.tenant') AND p.as_of = %(profiles_as_of)s
) AS b ON b.customer_id = u.customer_id
GROUP BY u.arm, u.unit_id, u.wave, people_of, ripe, u.other_arm
ORDER BY u.arm, u.unit_id, u.wave, people_of, ripe, u.other_arm;

-- name: currencies
-- In which currencies shops told what these people bought meanwhile.
SELECT array_agg(DISTINCT e.currency ORDER BY e.currency) AS currencies
FROM labelled_events AS e
LEFT JOIN customer_aliases AS a ON a.tenant_id = e.tenant_id AND a.alias_id = e.customer_id
INNER JOIN given_arms AS p
    ON
        p.person_id = coalesce(a.customer_id, e.customer_id)
        AND e.occurred_at >= p.starts_at
        AND e.occurred_at < p.ends_at
WHERE
    e.tenant_id = current_setting('liftline.tenant')
    AND e.event = 'converted'
    AND counts_as_response(e.event, e.verdict)
    AND e.value IS NOT NULL
    AND e.occurred_at <= %(as_of)s;

-- name: people_of
-- People of two arms whose days to respond are over: what was known of each before, and whether they responded by the
-- metric, counted as in `outcomes`. Of very many a draw that is always the same.
WITH drawn AS (
    SELECT u.* FROM given_arms AS u
    WHERE u.arm = ANY(%(arms)s::text[]) AND NOT u.other_arm AND u.ends_at <= %(as_of)s
    ORDER BY hashtextextended(u.customer_id, 0), u.customer_id
    LIMIT %(most)s
),

heard AS (
    SELECT
        u.customer_id,
        coalesce(sum(e.value) FILTER (WHERE d.event_id IS NULL), 0)::double precision AS revenue
    FROM labelled_events AS e
    LEFT JOIN customer_aliases AS a ON a.tenant_id = e.tenant_id AND a.alias_id = e.customer_id
    INNER JOIN drawn AS u
        ON
            u.person_id = coalesce(a.customer_id, e.customer_id)
            AND e.occurred_at >= u.starts_at
            AND e.occurred_at < u.ends_at
    LEFT JOIN told_again AS d ON d.provider = e.provider AND d.event_id = e.event_id
    WHERE
        e.tenant_id = current_setting('liftline.tenant')
        AND e.event = %(event)s
        AND e.occurred_at <= %(as_of)s
        AND (e.campaign_id = %(campaign_id)s OR e.event = 'converted')
        AND counts_as_response(e.event, e.verdict)
    GROUP BY u.customer_id
)

SELECT
    u.arm,
    u.unit_id AS unit,
    c.country,
    p.lifecycle_stage,
    p.monetary::text AS spent_before,
    CASE
        WHEN %(amount)s THEN coalesce(h.revenue, 0)::text
        WHEN h.customer_id IS NULL THEN '0' ELSE '1'
    END AS response
FROM drawn AS u
LEFT JOIN heard AS h ON h.customer_id = u.customer_id
LEFT JOIN customers AS c ON c.tenant_id = current_setting('liftline.tenant') AND c.customer_id = u.person_id
LEFT JOIN profiles AS p
    ON
        p.tenant_id = current_setting('liftline.tenant')
        AND p.customer_id = u.customer_id
        AND p.as_of = %(profiles_as_of)s
ORDER BY hashtextextended(u.customer_id, 0), u.customer_id;

-- name: waves
-- The shares that were decided for each wave.
SELECT
    o.cohort AS wave,
    o.shares,
    o.code,
    o.reason,
    o.decided_at
FROM allocations AS o
WHERE o.tenant_id = current_setting('liftline.tenant') AND o.experiment_key = %(key)s
ORDER BY o.cohort;

-- name: open_wave
INSERT INTO allocations (tenant_id, experiment_key, cohort, shares, code, reason, decided_at)
VALUES (
    current_setting('liftline.tenant'), %(key)s, %(wave)s, %(shares)s, %(code)s, %(reason)s, %(now)s
);

-- name: to_share_out
-- Who of a wave is sent something: their arm is drawn anew when the wave opens.
SELECT a.customer_id FROM assignments AS a
WHERE
    a.tenant_id = current_setting('liftline.tenant')
    AND a.experiment_key = %(key)s
    AND a.cohort = %(wave)s
    AND a.arm = ANY(%(arms)s::text[])
ORDER BY a.customer_id;

-- name: share_out
UPDATE assignments AS a SET arm = d.arm, assigned_at = %(now)s
FROM unnest(%(customers)s::text[], %(given)s::text[]) AS d (customer_id, arm)
WHERE
    a.tenant_id = current_setting('liftline.tenant')
    AND a.experiment_key = %(key)s
    AND a.customer_id = d.customer_id
    AND a.arm <> d.arm;

-- name: profiles_as_of
-- What was known of people when the campaign was entered, and so before anything could change it.
SELECT s.as_of
FROM audience_units AS u
INNER JOIN segment_snapshots AS s ON s.tenant_id = u.tenant_id AND s.snapshot_id = u.snapshot_id
WHERE u.tenant_id = current_setting('liftline.tenant') AND u.campaign_id = %(campaign_id)s
ORDER BY s.as_of DESC
LIMIT 1;

-- name: by_day
-- How many first responded on each day after their message, by arm: an outage and a novelty show here.
SELECT
    first_one.arm,
    first_one.day,
    count(*) AS responses
FROM (
    SELECT
        a.arm,
        a.customer_id,
        floor(extract(EPOCH FROM min(e.occurred_at) - %(started_at)s) / 86400)::integer AS day
    FROM given_arms AS a
    INNER JOIN (
        SELECT
            h.occurred_at,
            coalesce(n.customer_id, h.customer_id) AS person_id
        FROM labelled_events AS h
        LEFT JOIN customer_aliases AS n ON n.tenant_id = h.tenant_id AND n.alias_id = h.customer_id
        WHERE
            h.tenant_id = current_setting('liftline.tenant')
            AND h.event = %(metric)s
            AND h.occurred_at BETWEEN %(started_at)s AND %(as_of)s
            AND (h.campaign_id = %(campaign_id)s OR h.event = 'converted')
            AND counts_as_response(h.event, h.verdict)
    ) AS e ON e.person_id = a.person_id
    WHERE NOT a.other_arm
    GROUP BY a.arm, a.customer_id
) AS first_one
GROUP BY first_one.arm, first_one.day
ORDER BY first_one.arm, first_one.day;

-- name: newest
SELECT
    r.readout,
    r.as_of,
    r.final,
    r.analysis,
    r.verdict,
    r.winner,
    r.reason,
    r.made_by,
    r.made_at
FROM experiment_readouts AS r
WHERE r.tenant_id = current_setting('liftline.tenant') AND r.experiment_key = %(key)s
ORDER BY r.readout DESC
LIMIT 1;

-- name: all
SELECT
    r.readout,
    r.as_of,
    r.final,
    r.verdict,
    r.winner,
    r.reason,
    r.made_by,
    r.made_at
FROM experiment_readouts AS r
WHERE r.tenant_id = current_setting('liftline.tenant') AND r.experiment_key = %(key)s
ORDER BY r.readout DESC;

-- name: keep
INSERT INTO experiment_readouts (
    tenant_id, experiment_key, readout, as_of, final, analysis, verdict, winner, reason, made_by, made_at
)
VALUES (
    current_setting('liftline.tenant'), %(key)s, %(readout)s, %(as_of)s, %(final)s, %(analysis)s, %(verdict)s,
    %(winner)s, %(reason)s, %(by)s, %(now)s
);

-- name: conclude
UPDATE experiments
SET state = %(state)s, concluded_at = %(now)s, conclusion = %(conclusion)s
WHERE tenant_id = current_setting('liftline.tenant') AND experiment_key = %(key)s;

-- name: variants_of
-- What people were written, and not what may be approved today: policy and brand may have changed since.
SELECT
    v.unit_id,
    v.strategy,
    v.variant_id,
    v.version
FROM (
    SELECT
        variant_id,
        max(version) AS version
    FROM sends
    WHERE
        tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s AND claimed_at IS NOT NULL
    GROUP BY variant_id
) AS s
INNER JOIN variants AS v
    ON
        v.tenant_id = current_setting('liftline.tenant')
        AND v.variant_id = s.variant_id
        AND v.version = s.version
ORDER BY v.strategy, v.unit_id;

-- name: promote
INSERT INTO promotions (
    tenant_id, experiment_key, arm, outcome, strategy, templates, numbers, reason, decided_by, decided_at
)
VALUES (
    current_setting('liftline.tenant'), %(key)s, %(arm)s, %(outcome)s, %(strategy)s, %(templates)s, %(numbers)s,
    %(reason)s, %(by)s, %(now)s
);

-- name: promotions
SELECT
    p.arm,
    p.outcome,
    p.strategy,
    p.templates,
    p.numbers,
    p.reason,
    p.decided_by,
    p.decided_at
FROM promotions AS p
WHERE p.tenant_id = current_setting('liftline.tenant') AND p.experiment_key = %(key)s
ORDER BY p.outcome, p.arm;

-- name: library
SELECT
    l.variant_id,
    l.version,
    l.unit_id,
    l.strategy,
    l.channel,
    l.subject,
    l.outcome,
    l.learnt,
    l.numbers,
    l.experiment_key,
    l.decided_by,
    l.decided_at
FROM template_library AS l
WHERE l.tenant_id = current_setting('liftline.tenant')
ORDER BY
    l.decided_at DESC, l.experiment_key, l.outcome = 'promoted' DESC, l.outcome, l.strategy, l.unit_id, l.variant_id;

-- name: log
SELECT append_audit(audit_entry(
    actor => %(by)s,
    actor_kind => %(kind)s,
    action => %(action)s,
    object => 'experiment ' || %(key)s,
    campaign_id => %(campaign_id)s,
    decision => %(decision)s,
    reason => %(reason)s,
    content_hash => %(design_hash)s,
    guardrails => %(facts)s::jsonb,
    execution_status => 'done'
)) AS seq;
