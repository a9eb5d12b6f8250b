-- name: set_based
-- Everything is read at once: row by row, statistics of yesterday can make it a hundred times slower.
SELECT set_config('enable_nestloop', 'off', true);

-- name: answers
-- How many people each variant reached in each hour of theirs, and how many answered as people do.
SELECT
    s.campaign_id,
    s.channel,
    v.strategy,
    v.subject,
    v.unit_kind,
    u.label AS segment,
    b.brief ->> 'tone' AS tone,
    b.brief #>> '{call_to_action,text}' AS call_to_action,
    array_length(regexp_split_to_array(v.body, '\s+'), 1) AS words,
    date_part('hour', s.claimed_at AT TIME ZONE coalesce(z.name, 'UTC'))::integer AS hour,
    count(*) AS reached,
    count(*) FILTER (WHERE a.message_id IS NOT NULL) AS engaged
FROM sends AS s
INNER JOIN variants AS v
    ON s.tenant_id = v.tenant_id AND s.variant_id = v.variant_id AND s.version = v.version
INNER JOIN audience_units AS u
    ON
        v.tenant_id = u.tenant_id
        AND v.campaign_id = u.campaign_id
        AND v.unit_kind = u.unit_kind
        AND v.unit_id = u.unit_id
INNER JOIN campaigns AS b ON s.tenant_id = b.tenant_id AND s.campaign_id = b.campaign_id
LEFT JOIN customers AS c ON s.tenant_id = c.tenant_id AND s.customer_id = c.customer_id
LEFT JOIN pg_timezone_names AS z ON c.time_zone = z.name
LEFT JOIN (
    SELECT DISTINCT e.message_id
    FROM labelled_events AS e
    INNER JOIN sends AS t ON e.tenant_id = t.tenant_id AND e.message_id = t.message_id
    LEFT JOIN message_links AS l
        ON e.tenant_id = l.tenant_id AND e.campaign_id = l.campaign_id AND e.link_id = l.link_id
    WHERE
        e.tenant_id = current_setting('liftline.tenant')
        AND e.verdict = 'human'
        AND (
            e.event = 'replied'
            OR (e.event = 'clicked' AND (l.kind IS NULL OR l.kind IN ('action', 'body')))
        )
        AND e.occurred_at > t.claimed_at
        AND e.occurred_at <= t.claimed_at + %(horizon)s
) AS a ON s.message_id = a.message_id
WHERE
    s.tenant_id = current_setting('liftline.tenant')
    AND s.claimed_at <= %(as_of)s - %(horizon)s
    AND s.state IN ('accepted', 'delivered', 'complained')
GROUP BY s.campaign_id, s.channel, v.strategy, v.subject, v.unit_kind, u.label, b.brief, v.body, hour;

-- name: ratings
SELECT
    v.strategy,
    f.rating::float8 AS rating,
    cardinality(f.flags) > 0 AS flagged
FROM ai_feedback AS f
INNER JOIN variants AS v
    ON f.tenant_id = v.tenant_id AND f.variant_id = v.variant_id AND f.version = v.version
WHERE f.tenant_id = current_setting('liftline.tenant') AND f.rating IS NOT NULL AND f.at <= %(as_of)s;

-- name: offer
-- An offer follows its figures; what people decided stays as they saw it.
INSERT INTO insights (
    tenant_id, insight_id, dimension, value, segment, statement, effect, ci_low, ci_high, evidence, offered_at
)
VALUES (
    current_setting('liftline.tenant'), %(insight_id)s, %(dimension)s, %(value)s, %(segment)s, %(statement)s,
    %(effect)s, %(ci_low)s, %(ci_high)s, %(evidence)s, %(now)s
)
ON CONFLICT (tenant_id, insight_id) DO UPDATE
SET
    statement = excluded.statement,
    effect = excluded.effect,
    ci_low = excluded.ci_low,
    ci_high = excluded.ci_high,
    evidence = excluded.evidence,
    state = 'offered'
WHERE
    insights.state IN ('offered', 'outdated')
    AND (insights.statement, insights.evidence, insights.state)
    IS DISTINCT FROM (excluded.statement, excluded.evidence, 'offered');

-- name: outdate
UPDATE insights SET state = 'outdated'
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND state = 'offered'
    AND NOT insight_id = ANY(%(still)s::text[]);

-- name: insights
SELECT * FROM insights
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND (%(state)s::text IS NULL OR state = %(state)s)
ORDER BY state = 'offered' DESC, state = 'accepted' DESC, offered_at DESC, insight_id ASC
LIMIT 200;

-- name: insight
SELECT * FROM insights
WHERE tenant_id = current_setting('liftline.tenant') AND insight_id = %(insight_id)s
FOR UPDATE;

-- name: decide
UPDATE insights
SET state = %(state)s, decided_by = %(by)s, decided_at = %(now)s, comment = %(comment)s
WHERE tenant_id = current_setting('liftline.tenant') AND insight_id = %(insight_id)s;

-- name: put_in_prompt
UPDATE insights SET prompt_version = %(prompt_version)s
WHERE tenant_id = current_setting('liftline.tenant') AND insight_id = %(insight_id)s;
