-- name: has_journey
-- Whether any arm of the campaign goes on after its first message; what it does stands in the design that was approved.
SELECT coalesce(bool_or(jsonb_path_exists(e.design, '$.arms[*].journey[*]')), false) AS yes FROM experiments AS e
WHERE e.tenant_id = %(tenant)s AND e.campaign_id = %(campaign_id)s;

-- name: channels
-- What the campaign goes over: its own channel, then those on which later steps wait.
SELECT o.channel
FROM (
    SELECT
        c.channel,
        0 AS place
    FROM campaigns AS c
    WHERE c.tenant_id = %(tenant)s AND c.campaign_id = %(campaign_id)s
    UNION ALL
    SELECT
        w.channel,
        1 AS place
    FROM experiments AS e
    CROSS JOIN LATERAL jsonb_path_query(e.design, '$.arms[*].journey[*].channel') AS j (channel)
    INNER JOIN LATERAL (
        SELECT s.channel FROM sends AS s
        WHERE
            s.tenant_id = e.tenant_id
            AND s.campaign_id = e.campaign_id
            AND s.waiting
            AND s.channel = j.channel #>> '{}'
        LIMIT 1
    ) AS w ON true
    WHERE e.tenant_id = %(tenant)s AND e.campaign_id = %(campaign_id)s
) AS o
GROUP BY o.channel
ORDER BY min(o.place), o.channel;

-- name: first_messages
-- When each person got it, under each of their ids.
SELECT
    s.tenant_id,
    s.customer_id,
    s.claimed_at,
    k.known_as
FROM sends AS s
LEFT JOIN customer_aliases AS n ON n.tenant_id = s.tenant_id AND n.alias_id = s.customer_id
CROSS JOIN LATERAL (VALUES (s.customer_id), (n.customer_id)) AS k (known_as)
WHERE s.tenant_id = %(tenant)s AND s.campaign_id = %(campaign_id)s AND s.step = 1 AND k.known_as IS NOT NULL;

-- name: left_journey
-- Who has bought, answered or said stop since their first message, and whose mailbox refused one. What people buy ends
-- it whatever led them there, and so do an objection and a stop on whichever channel of the journey; to deny anything
-- else says nothing of it. A robot ends nothing, but a stop always counts. Who took another id since their first
-- message is heard of under either.
SELECT
    o.customer_id,
    min(o.code) AS code
FROM (
    SELECT
        s.customer_id,
        s.state AS code
    FROM sends AS s
    WHERE s.tenant_id = %(tenant)s AND s.campaign_id = %(campaign_id)s AND s.state IN ('bounced', 'complained')
    UNION ALL
    SELECT
        f.customer_id,
        'unsubscribed' AS code
    FROM ({first_messages}) AS f
    INNER JOIN consents AS l
        ON l.tenant_id = f.tenant_id AND l.customer_id = f.known_as AND l.occurred_at >= f.claimed_at
    WHERE
        l.tenant_id = %(tenant)s
        AND l.status = 'denied'
        AND (
            l.purpose = ANY(%(objection)s::text[])
            OR (
                l.purpose = ANY(%(marketing)s::text[])
                AND l.channel IN (
                    SELECT c.channel FROM campaigns AS c
                    WHERE c.tenant_id = %(tenant)s AND c.campaign_id = %(campaign_id)s
                    UNION ALL
                    SELECT j.channel #>> '{{}}'
                    FROM experiments AS x
                    CROSS JOIN LATERAL jsonb_path_query(x.design, '$.arms[*].journey[*].channel') AS j (channel)
                    WHERE x.tenant_id = %(tenant)s AND x.campaign_id = %(campaign_id)s
                )
            )
        )
    UNION ALL
    SELECT
        f.customer_id,
        e.event AS code
    FROM ({first_messages}) AS f
    INNER JOIN labelled_events AS e
        ON e.tenant_id = f.tenant_id AND e.customer_id = f.known_as AND e.occurred_at >= f.claimed_at
    WHERE
        e.tenant_id = %(tenant)s
        AND (
            e.event IN ('unsubscribed', 'complained')
            OR (e.event IN ('converted', 'replied') AND coalesce(e.verdict, 'human') <> 'bot')
        )
        AND (e.campaign_id = %(campaign_id)s OR e.event = 'converted')
) AS o
GROUP BY o.customer_id;

-- name: left_among
SELECT
    l.customer_id,
    l.code
FROM ({left_journey}) AS l
WHERE l.customer_id = ANY(%(customers)s::text[]);

-- name: next_steps
-- Who goes on with which step, and when: the one before has arrived. A later step that somebody could not get on its
-- channel, for want of an address or of consent there, is passed over. A journey keeps to the arm that people were
-- given, whatever text a step sends.
SELECT
    s.tenant_id,
    s.campaign_id,
    s.customer_id,
    s.unit_id,
    s.arm,
    s.experiment_key,
    j.step AS next_step,
    j.strategy AS next_strategy,
    coalesce(s.claimed_at, s.settled_at) + j.wait AS comes_at
FROM experiments AS e
CROSS JOIN LATERAL (
    SELECT
        r.arm ->> 'name' AS arm,
        p.place + 1 AS step,
        p.part ->> 'strategy' AS strategy,
        make_interval(days => (p.part ->> 'after_days')::integer) AS wait
    FROM jsonb_array_elements(e.design -> 'arms') AS r (arm)
    CROSS JOIN LATERAL jsonb_array_elements(r.arm -> 'journey') WITH ORDINALITY AS p (part, place)
) AS j
INNER JOIN sends AS s
    ON
        s.tenant_id = e.tenant_id
        AND s.campaign_id = e.campaign_id
        AND s.arm = j.arm
        AND s.step = j.step - 1
        AND (
            s.state IN ('accepted', 'delivered')
            OR (
                s.state = 'skipped'
                AND s.step > 1
                AND s.reason_code IN (
                    'no_address', 'no_consent', 'consent_withdrawn', 'consent_too_old', 'wrong_purpose',
                    'forbidden_number', 'other_channel_only'
                )
            )
        )
WHERE e.tenant_id = %(tenant)s AND e.campaign_id = %(campaign_id)s;

-- name: wanted_by_journey
-- Whose next step has come, its days over. Who has left since gets it too: the claim skips it, says why, and a step
-- that was skipped for that is followed by none.
SELECT
    s.customer_id,
    s.next_step AS step,
    w.channel,
    s.unit_id,
    s.arm,
    s.experiment_key,
    k.variant_id,
    k.version,
    k.content_hash,
    k.policy_version
FROM ({next_steps}) AS s
INNER JOIN approval_variants AS k
    ON
        k.tenant_id = s.tenant_id
        AND k.campaign_id = s.campaign_id
        AND k.approved_hash = %(approved_hash)s
INNER JOIN variants AS w
    ON
        w.tenant_id = k.tenant_id
        AND w.variant_id = k.variant_id
        AND w.version = k.version
        AND w.unit_id = s.unit_id
        AND w.strategy = s.next_strategy
WHERE s.comes_at <= %(now)s;

-- name: on_a_journey
SELECT c.campaign_id FROM campaigns AS c
INNER JOIN experiments AS e ON e.tenant_id = c.tenant_id AND e.campaign_id = c.campaign_id
WHERE
    c.tenant_id = %(tenant)s
    AND c.status = 'active'
    AND (
        jsonb_path_exists(e.design, '$.arms[*].journey[*]')
        OR (coalesce(e.design ->> 'allocation', 'fixed') <> 'fixed' AND e.state IN ('designed', 'running'))
    )
ORDER BY c.campaign_id;
