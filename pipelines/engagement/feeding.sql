-- name: fed
-- What is new since the feeds were last at work, and what is labelled otherwise than then.
CREATE TEMP TABLE fed ON COMMIT DROP AS
SELECT
    e.provider,
    e.event_id,
    e.event,
    e.hard,
    e.occurred_at,
    e.message_id,
    e.campaign_id,
    e.customer_id,
    e.channel,
    e.address_hash,
    e.recipient,
    e.value,
    l.verdict
FROM provider_events AS e
LEFT JOIN label_rules_in_force AS f ON f.tenant_id = e.tenant_id
LEFT JOIN event_labels AS l
    ON
        l.tenant_id = e.tenant_id AND l.provider = e.provider AND l.event_id = e.event_id
        AND l.rule_version = f.rule_version
WHERE
    e.tenant_id = current_setting('liftline.tenant') AND e.seq <= %(seq)s
    AND (e.seq > %(since)s OR l.labelled_at >= %(at)s)
    AND (%(events)s::text[] IS NULL OR e.event = ANY(%(events)s::text[]));

-- name: fed_known
ANALYZE fed;

-- name: feed_events
-- Customers' own history knows what people did, under the id that they have now; a robot's label on what was taken for
-- a person's takes it back.
INSERT INTO events AS v (
    tenant_id, event_id, customer_id, event, occurred_at, value, label, properties, source_seq, source_line,
    changed_seq
)
SELECT
    current_setting('liftline.tenant'),
    f.provider || ':' || f.event_id,
    coalesce(a.customer_id, f.customer_id),
    CASE
        WHEN f.event = 'converted' THEN 'purchased'
        WHEN f.event = 'bounced' AND NOT f.hard THEN 'soft_bounced'
        ELSE f.event
    END,
    f.occurred_at,
    f.value,
    'human',
    jsonb_strip_nulls(jsonb_build_object('campaign_id', f.campaign_id, 'message_id', f.message_id)),
    0,
    0,
    0
FROM fed AS f
LEFT JOIN customer_aliases AS a
    ON a.tenant_id = current_setting('liftline.tenant') AND a.alias_id = f.customer_id
WHERE
    f.customer_id IS NOT NULL
    AND (
        f.event = 'bounced'
        OR (f.event IN ('opened', 'clicked', 'replied', 'converted', 'complained', 'unsubscribed')
            AND f.verdict = 'human')
    )
ON CONFLICT (tenant_id, event_id) DO UPDATE SET label = 'human' WHERE v.label <> 'human';

-- name: take_back_events
UPDATE events AS v SET label = f.verdict
FROM fed AS f
WHERE
    v.tenant_id = current_setting('liftline.tenant') AND v.event_id = f.provider || ':' || f.event_id
    AND f.verdict <> v.label;

-- name: feed_suppressions
-- Who complains or leaves is let go whoever clicked; so is an address that bounces hard, or softly three times over.
INSERT INTO suppressions (
    tenant_id, address_hash, channel, reason, occurred_at, source, source_seq, source_line
)
SELECT
    current_setting('liftline.tenant'),
    f.address_hash,
    f.channel,
    CASE f.event WHEN 'bounced' THEN 'hard_bounce' WHEN 'complained' THEN 'complaint' ELSE 'unsubscribe' END,
    min(f.occurred_at),
    'event ' || min(f.provider || ':' || f.event_id),
    0,
    0
FROM fed AS f
WHERE
    f.address_hash IS NOT NULL AND (f.event IN ('complained', 'unsubscribed') OR (f.event = 'bounced' AND f.hard))
GROUP BY f.address_hash, f.channel, f.event
UNION ALL
SELECT
    current_setting('liftline.tenant'),
    e.address_hash,
    e.channel,
    'hard_bounce',
    max(e.occurred_at),
    'three soft bounces in a row',
    0,
    0
FROM provider_events AS e
WHERE
    e.tenant_id = current_setting('liftline.tenant') AND e.event = 'bounced' AND NOT e.hard
    AND e.address_hash IS NOT NULL
    AND e.recipient IN (SELECT f.recipient FROM fed AS f WHERE f.event = 'bounced' AND NOT f.hard)
    AND NOT EXISTS (
        SELECT FROM provider_events AS d
        WHERE
            d.tenant_id = e.tenant_id AND d.recipient = e.recipient AND d.event = 'delivered'
            AND d.occurred_at > e.occurred_at
    )
GROUP BY e.address_hash, e.channel
HAVING count(DISTINCT coalesce(e.message_id, e.event_id)) >= 3
ON CONFLICT DO NOTHING;

-- name: feed_sends
-- A message only ever moves up: what is unknown or accepted is settled by what is heard of it, in whatever order. What
-- was heard before it was settled is looked at again once it is.
UPDATE sends AS s SET
    state = heard.state,
    reason_code = coalesce(heard.code, nullif(s.reason_code, 'resolved_not_sent')),
    reason = coalesce(heard.reason, CASE WHEN s.reason_code IS DISTINCT FROM 'resolved_not_sent' THEN s.reason END),
    settled_at = coalesce(s.settled_at, heard.at)
FROM (
    SELECT
        e.message_id,
        CASE
            WHEN bool_or(e.event = 'complained') THEN 'complained'
            WHEN bool_or(e.event = 'bounced') THEN 'bounced'
            WHEN bool_or(e.event IN ('delivered', 'opened', 'clicked', 'replied', 'unsubscribed')) THEN 'delivered'
            WHEN bool_or(e.event = 'dropped') THEN 'rejected'
            WHEN bool_or(e.event IN ('sent', 'deferred')) THEN 'accepted'
        END AS state,
        CASE
            WHEN bool_or(e.event = 'bounced' AND e.hard) THEN 'hard_bounce'
            WHEN bool_or(e.event = 'bounced') THEN 'soft_bounce'
            WHEN bool_or(e.event = 'dropped') THEN 'dropped'
        END AS code,
        min(e.reason) FILTER (WHERE e.event IN ('bounced', 'dropped')) AS reason,
        min(e.occurred_at) AS at
    FROM provider_events AS e
    WHERE
        e.tenant_id = current_setting('liftline.tenant')
        AND e.message_id IN (
            SELECT f.message_id FROM fed AS f
            WHERE f.message_id IS NOT NULL
            UNION
            SELECT w.message_id FROM sends AS w
            WHERE
                w.tenant_id = current_setting('liftline.tenant')
                AND w.claimed_at > %(at)s - interval '1 day'
                AND w.settled_at > %(at)s - interval '10 minutes'
                AND w.state IN ('accepted', 'unknown')
        )
    GROUP BY e.message_id
) AS heard
WHERE
    s.tenant_id = current_setting('liftline.tenant') AND s.message_id = heard.message_id
    AND (
        s.state IN ('accepted', 'unknown', 'delivered', 'bounced', 'complained')
        -- Of which the provider said so, or a person did who knew no better.
        OR (s.state = 'rejected' AND s.reason_code IN ('dropped', 'resolved_not_sent'))
    )
    AND array_position(ARRAY['unknown', 'accepted', 'rejected', 'delivered', 'bounced', 'complained'], heard.state)
    >= array_position(ARRAY['unknown', 'accepted', 'rejected', 'delivered', 'bounced', 'complained'], s.state)
    AND (heard.state <> s.state OR heard.code <> coalesce(s.reason_code, ''));

-- name: feed_outreach
-- The marks are those of outreach (0010, `happened`): a person's 1 sent, 2 delivered, 4 opened, 8 clicked, 16 replied,
-- 32 bounced, 64 failed; a machine's 128 opened, 256 clicked, which prove no more than that it was delivered.
-- Labels may change, so they are added up anew from every event of the message, over what was reported by hand.
WITH marked AS (
    SELECT
        o.message_id,
        o.status,
        o.happened & ~(CASE WHEN r.reported THEN 0 ELSE 4 | 8 | 128 | 256 END) AS happened,
        bit_or(
            CASE
                WHEN e.event = 'sent' OR e.event = 'deferred' THEN 1
                WHEN e.event = 'delivered' THEN 3
                WHEN e.event = 'bounced' THEN 33
                WHEN e.event = 'dropped' THEN 64
                WHEN e.event = 'replied' THEN 19
                WHEN e.event = 'opened' THEN CASE e.verdict WHEN 'human' THEN 7 ELSE 131 END
                WHEN e.event = 'clicked' THEN CASE e.verdict WHEN 'human' THEN 15 ELSE 259 END
                ELSE 0
            END
        ) AS heard
    FROM labelled_events AS e
    INNER JOIN outreach_messages AS o
        ON o.tenant_id = e.tenant_id AND o.campaign_id = e.campaign_id AND o.lead_id = e.customer_id
    CROSS JOIN LATERAL (
        SELECT count(*) > 0 AS reported FROM message_events AS m
        WHERE m.tenant_id = o.tenant_id AND m.message_id = o.message_id AND m.reported_by <> 'engagement'
    ) AS r
    WHERE
        e.tenant_id = current_setting('liftline.tenant')
        AND EXISTS (
            SELECT FROM fed AS f
            WHERE f.campaign_id = e.campaign_id AND f.customer_id = e.customer_id
        )
    GROUP BY o.message_id, o.status, o.happened, r.reported
),

moved AS (
    UPDATE outreach_messages AS o SET
        happened = m.happened | m.heard,
        status = CASE
            WHEN (m.happened | m.heard) & 16 > 0 THEN 'replied'
            WHEN (m.happened | m.heard) & 8 > 0 THEN 'clicked'
            WHEN (m.happened | m.heard) & 32 > 0 THEN 'bounced'
            WHEN (m.happened | m.heard) & 4 > 0 THEN 'opened'
            WHEN (m.happened | m.heard) & 2 > 0 THEN 'delivered'
            WHEN (m.happened | m.heard) & 1 > 0 THEN 'sent'
            WHEN (m.happened | m.heard) & 64 > 0 THEN 'failed'
            ELSE o.status
        END
    FROM marked AS m
    WHERE
        o.tenant_id = current_setting('liftline.tenant') AND o.message_id = m.message_id
        AND o.happened <> (m.happened | m.heard)
    RETURNING o.message_id, o.status, m.status AS before, m.heard
)

INSERT INTO message_events (tenant_id, message_id, status, by_machine, channel_data, reported_by)
SELECT
    current_setting('liftline.tenant'),
    v.message_id,
    v.status,
    false,
    '{}',
    'engagement'
FROM moved AS v
WHERE v.status <> v.before;

-- name: feed_outcomes
-- Of how many whom a variant reached a person clicked out of interest, replied or bought while an answer was waited
-- for: what generation learns its confidence from. A message counts once that time is over: younger ones could only
-- pull the share down.
INSERT INTO variant_outcomes (tenant_id, variant_id, version, as_of, reached, engaged)
WITH moved AS (
    SELECT f.campaign_id FROM fed AS f
    UNION
    SELECT s.campaign_id FROM sends AS s
    WHERE
        s.tenant_id = current_setting('liftline.tenant')
        AND s.claimed_at > %(at)s - %(answers_within)s AND s.claimed_at <= %(now)s - %(answers_within)s
)

SELECT
    current_setting('liftline.tenant'),
    n.variant_id,
    n.version,
    %(now)s,
    n.reached,
    n.engaged
FROM (
    SELECT
        s.variant_id,
        s.version,
        count(*) AS reached,
        count(*) FILTER (WHERE h.message_id IS NOT NULL) AS engaged
    FROM sends AS s
    LEFT JOIN (
        SELECT DISTINCT e.message_id FROM labelled_events AS e
        INNER JOIN sends AS w ON w.tenant_id = e.tenant_id AND w.message_id = e.message_id
        LEFT JOIN message_links AS l
            ON l.tenant_id = e.tenant_id AND l.campaign_id = e.campaign_id AND l.link_id = e.link_id
        WHERE
            e.tenant_id = current_setting('liftline.tenant') AND e.verdict = 'human'
            AND e.campaign_id IN (SELECT m.campaign_id FROM moved AS m)
            AND e.occurred_at <= w.claimed_at + %(answers_within)s
            AND (
                e.event IN ('replied', 'converted')
                -- Whoever follows the link that unsubscribes is not interested.
                OR (e.event = 'clicked' AND (l.kind IS NULL OR l.kind IN ('action', 'body')))
            )
    ) AS h ON h.message_id = s.message_id
    WHERE
        s.tenant_id = current_setting('liftline.tenant') AND s.state IN ('delivered', 'complained')
        AND s.claimed_at <= %(now)s - %(answers_within)s
        AND s.campaign_id IN (SELECT m.campaign_id FROM moved AS m)
    GROUP BY s.variant_id, s.version
) AS n
INNER JOIN variants AS v
    ON v.tenant_id = current_setting('liftline.tenant') AND v.variant_id = n.variant_id AND v.version = n.version
LEFT JOIN LATERAL (
    SELECT o.reached, o.engaged FROM variant_outcomes AS o
    WHERE o.tenant_id = v.tenant_id AND o.variant_id = n.variant_id AND o.version = n.version
    ORDER BY o.as_of DESC
    LIMIT 1
) AS b ON true
WHERE b.reached IS DISTINCT FROM n.reached OR b.engaged IS DISTINCT FROM n.engaged
ON CONFLICT DO NOTHING;
