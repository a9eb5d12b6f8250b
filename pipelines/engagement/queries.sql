-- name: tenant_exists
SELECT 1 AS found FROM tenants
WHERE tenant_id = current_setting('liftline.tenant');

-- name: one_after_the_other
-- Events of a tenant are stored one after the other, so that whoever has read up to a `seq` has missed none before it.
SELECT pg_advisory_xact_lock(hashtextextended('engagement ' || current_setting('liftline.tenant'), 0));

-- name: set_based
SELECT set_config('work_mem', '256MB', true), set_config('enable_nestloop', %(nested)s, true);

-- name: tenants_of_messages
SELECT message_id AS key, tenant_id FROM tenants_of_messages(%(keys)s);

-- name: tenants_of_provider_ids
SELECT provider_id AS key, tenant_id FROM tenants_of_provider_ids(%(keys)s);

-- name: tenants_of_addresses
SELECT address AS key, tenant_id FROM tenants_of_addresses(%(keys)s);

-- name: stage
CREATE TEMP TABLE heard (
    event_id text, event text, hard boolean, occurred_at timestamptz, message_id text, provider_id text,
    campaign_id text, customer_id text, address text, domain text, url text, link_id text, ip text, ip_range text,
    user_agent text, method text, machine boolean, value numeric, currency text, reason text, raw text, hidden boolean
) ON COMMIT DROP;

-- name: copy_stage
COPY heard FROM STDIN (FORMAT csv);

-- name: find_messages
-- An asynchronous bounce names no message: the provider's id of the request and the address do, else the last message
-- that the address was sent before.
UPDATE heard AS h SET message_id = f.message_id
FROM (
    SELECT DISTINCT ON (w.event_id)
        w.event_id,
        s.message_id
    FROM heard AS w
    INNER JOIN customers AS c ON c.tenant_id = current_setting('liftline.tenant') AND c.email = w.address
    INNER JOIN sends AS s
        ON
            s.tenant_id = c.tenant_id AND s.customer_id = c.customer_id AND s.channel = %(channel)s
            AND (w.provider_id IS NULL OR s.provider_id = w.provider_id)
            AND s.claimed_at <= w.occurred_at + interval '5 minutes'
    WHERE w.message_id IS NULL
    ORDER BY w.event_id ASC, s.claimed_at DESC, s.message_id ASC
) AS f
WHERE h.event_id = f.event_id;

-- name: keep
INSERT INTO provider_events (
    tenant_id, provider, event_id, event, hard, occurred_at, received_at, message_id, provider_message, campaign_id,
    customer_id, channel, address_hash, domain, url, link_id, ip, ip_range, user_agent, method, machine, value,
    currency, reason, hidden, raw
)
SELECT
    current_setting('liftline.tenant'),
    %(provider)s,
    h.event_id,
    h.event,
    h.hard,
    h.occurred_at,
    %(now)s,
    s.message_id,
    h.provider_id,
    coalesce(s.campaign_id, h.campaign_id),
    coalesce(s.customer_id, c.customer_id, a.customer_id),
    coalesce(s.channel, %(channel)s),
    CASE WHEN h.address IS NOT NULL THEN address_hash(current_setting('liftline.tenant'), h.address) END,
    h.domain,
    h.url,
    h.link_id,
    h.ip,
    h.ip_range,
    h.user_agent,
    h.method,
    h.machine,
    h.value,
    h.currency,
    h.reason,
    h.hidden OR (l.link_id IS NOT NULL AND h.event = 'clicked'),
    h.raw::jsonb
FROM heard AS h
LEFT JOIN sends AS s ON s.tenant_id = current_setting('liftline.tenant') AND s.message_id = h.message_id
LEFT JOIN customers AS c
    ON c.tenant_id = current_setting('liftline.tenant') AND c.customer_id = h.customer_id AND h.customer_id IS NOT NULL
LEFT JOIN customer_aliases AS a
    ON a.tenant_id = current_setting('liftline.tenant') AND a.alias_id = h.customer_id AND h.customer_id IS NOT NULL
LEFT JOIN message_links AS l
    ON
        l.tenant_id = current_setting('liftline.tenant') AND l.campaign_id = s.campaign_id AND l.link_id = h.link_id
        AND l.kind = 'hidden'
ORDER BY h.event_id
ON CONFLICT (tenant_id, provider, event_id) DO NOTHING;

-- name: unmatched
SELECT count(*) AS events FROM heard AS h
WHERE
    h.customer_id IS NULL
    AND NOT EXISTS (
        SELECT FROM sends AS s
        WHERE s.tenant_id = current_setting('liftline.tenant') AND s.message_id = h.message_id
    );

-- name: progress
SELECT
    reader,
    seq,
    at
FROM engagement_progress
WHERE tenant_id = current_setting('liftline.tenant');

-- name: newest
SELECT coalesce(max(seq), 0) AS seq FROM provider_events
WHERE tenant_id = current_setting('liftline.tenant');

-- name: advance
INSERT INTO engagement_progress AS p (tenant_id, reader, seq, at)
VALUES (current_setting('liftline.tenant'), %(reader)s, %(seq)s, %(now)s)
ON CONFLICT (tenant_id, reader) DO UPDATE SET seq = excluded.seq, at = excluded.at;

-- name: rules_in_force
SELECT rule_version FROM label_rules_in_force
WHERE tenant_id = current_setting('liftline.tenant');

-- name: put_in_force
INSERT INTO label_rules_in_force (tenant_id, rule_version, in_force_since)
VALUES (current_setting('liftline.tenant'), %(version)s, %(now)s)
ON CONFLICT (tenant_id) DO UPDATE SET rule_version = excluded.rule_version, in_force_since = excluded.in_force_since;

-- name: scanning_now
-- The domains of whose clicking recipients enough had a hidden link followed.
SELECT g.domain FROM (
    SELECT
        domain,
        count(DISTINCT recipient) AS clicking,
        count(DISTINCT recipient) FILTER (WHERE hidden) AS hit
    FROM provider_events
    WHERE tenant_id = current_setting('liftline.tenant') AND event = 'clicked' AND domain IS NOT NULL
    AND (%(all)s OR domain IN (
        SELECT n.domain FROM provider_events AS n
        WHERE n.tenant_id = current_setting('liftline.tenant') AND n.seq > %(since)s AND n.event = 'clicked'
    ))
    GROUP BY domain
) AS g
WHERE g.hit >= %(least)s AND g.hit >= %(share)s * g.clicking;

-- name: looked_at_domains
SELECT
    d.domain,
    k.domain IS NOT NULL AS scans
FROM (
    SELECT DISTINCT domain FROM provider_events
    WHERE
        tenant_id = current_setting('liftline.tenant') AND seq > %(since)s AND event = 'clicked'
        AND domain IS NOT NULL
) AS d
LEFT JOIN scanning_domains AS k ON k.tenant_id = current_setting('liftline.tenant') AND k.domain = d.domain;

-- name: add_scanning
INSERT INTO scanning_domains (tenant_id, domain)
SELECT current_setting('liftline.tenant'), unnest(%(domains)s::text[]);

-- name: drop_scanning
DELETE FROM scanning_domains
WHERE tenant_id = current_setting('liftline.tenant') AND domain = ANY(%(domains)s);

-- name: scanning
SELECT domain FROM scanning_domains
WHERE tenant_id = current_setting('liftline.tenant');

-- name: affected
-- On whose labels the new events may tell: their own recipients', those who clicked from the same range in the same
-- minute, and those of a domain that was found to scan, or no longer to.
CREATE TEMP TABLE affected ON COMMIT DROP AS
SELECT recipient FROM provider_events
WHERE
    tenant_id = current_setting('liftline.tenant') AND seq > %(since)s
    AND event IN ('delivered', 'opened', 'clicked', 'replied', 'converted', 'complained', 'unsubscribed', 'resubscribed')
UNION
SELECT o.recipient FROM (
    SELECT DISTINCT
        ip_range,
        date_trunc('minute', occurred_at) AS minute
    FROM provider_events
    WHERE
        tenant_id = current_setting('liftline.tenant') AND seq > %(since)s AND %(since)s > 0 AND event = 'clicked'
        AND ip_range IS NOT NULL
) AS n
INNER JOIN provider_events AS o
    ON
        o.tenant_id = current_setting('liftline.tenant') AND o.event = 'clicked' AND o.ip_range = n.ip_range
        AND o.occurred_at >= n.minute AND o.occurred_at < n.minute + interval '1 minute'
UNION
SELECT recipient FROM provider_events
WHERE
    tenant_id = current_setting('liftline.tenant') AND event = 'clicked' AND domain = ANY(%(changed)s);

-- name: affected_known
ANALYZE affected;

-- name: copy_affected
-- Everything that these recipients did, and for counting only the clicks of others from the same range and minute.
COPY (
    SELECT
        e.provider, e.event_id, e.event, extract(epoch FROM e.occurred_at) AS occurred_at, e.recipient, e.message_id,
        e.provider_message, e.domain, e.url, e.hidden, e.ip, e.ip_range, e.user_agent, e.method, e.machine,
        true AS judged
    FROM provider_events AS e
    WHERE
        e.tenant_id = current_setting('liftline.tenant')
        AND e.event IN (
            'delivered', 'opened', 'clicked', 'replied', 'converted', 'complained', 'unsubscribed', 'resubscribed'
        )
        AND ({everybody} OR e.recipient IN (SELECT recipient FROM affected))
    UNION ALL
    SELECT
        o.provider, o.event_id, o.event, extract(epoch FROM o.occurred_at), o.recipient, o.message_id,
        o.provider_message, o.domain, o.url, o.hidden, o.ip, o.ip_range, o.user_agent, o.method, o.machine, false
    FROM (
        SELECT DISTINCT
            c.ip_range,
            date_trunc('minute', c.occurred_at) AS minute
        FROM provider_events AS c
        WHERE
            c.tenant_id = current_setting('liftline.tenant') AND c.event = 'clicked' AND c.ip_range IS NOT NULL
            AND NOT {everybody} AND c.recipient IN (SELECT recipient FROM affected)
    ) AS n
    INNER JOIN provider_events AS o
        ON
            o.tenant_id = current_setting('liftline.tenant') AND o.event = 'clicked' AND o.ip_range = n.ip_range
            AND o.occurred_at >= n.minute AND o.occurred_at < n.minute + interval '1 minute'
            AND o.recipient NOT IN (SELECT recipient FROM affected)
) TO STDOUT (FORMAT csv);

-- name: stage_labels
CREATE TEMP TABLE judged (
    provider text, event_id text, verdict text, score real, reasons text
) ON COMMIT DROP;

-- name: copy_labels
COPY judged FROM STDIN (FORMAT csv);

-- name: label
INSERT INTO event_labels AS l (
    tenant_id, provider, event_id, rule_version, verdict, score, reasons, labelled_at
)
SELECT
    current_setting('liftline.tenant'),
    j.provider,
    j.event_id,
    %(version)s,
    j.verdict,
    j.score,
    coalesce(string_to_array(j.reasons, ' '), '{}'),
    %(now)s
FROM judged AS j
ORDER BY j.provider, j.event_id
ON CONFLICT (tenant_id, provider, event_id, rule_version) DO UPDATE
    SET verdict = excluded.verdict, score = excluded.score, reasons = excluded.reasons,
        labelled_at = excluded.labelled_at
    WHERE l.verdict <> excluded.verdict OR l.reasons <> excluded.reasons;

-- name: verdicts
SELECT
    e.event,
    e.verdict,
    count(*) AS events
FROM labelled_events AS e
WHERE e.tenant_id = current_setting('liftline.tenant') AND e.verdict IS NOT NULL
GROUP BY e.event, e.verdict
ORDER BY e.event, e.verdict;

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
    e.value,
    e.reason,
    l.verdict
FROM provider_events AS e
LEFT JOIN label_rules_in_force AS f ON f.tenant_id = e.tenant_id
LEFT JOIN event_labels AS l
    ON
        l.tenant_id = e.tenant_id AND l.provider = e.provider AND l.event_id = e.event_id
        AND l.rule_version = f.rule_version
WHERE
    e.tenant_id = current_setting('liftline.tenant') AND e.seq <= %(seq)s
    AND (e.seq > %(since)s OR l.labelled_at >= %(at)s);

-- name: fed_known
ANALYZE fed;

-- name: feed_events
-- Customers' own history knows what people did; a robot's label on what was taken for a person's takes it back.
INSERT INTO events AS v (
    tenant_id, event_id, customer_id, event, occurred_at, value, label, properties, source_seq, source_line,
    changed_seq
)
SELECT
    current_setting('liftline.tenant'),
    f.provider || ':' || f.event_id,
    f.customer_id,
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
    AND e.recipient IN (SELECT f.address_hash FROM fed AS f WHERE f.event = 'bounced' AND NOT f.hard)
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
-- A message only ever moves up: what is unknown or accepted is settled by what is heard of it, in whatever order.
UPDATE sends AS s SET
    state = heard.state,
    reason_code = coalesce(heard.code, s.reason_code),
    reason = coalesce(heard.reason, s.reason),
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
            WHERE w.tenant_id = current_setting('liftline.tenant') AND w.state IN ('accepted', 'unknown')
        )
    GROUP BY e.message_id
) AS heard
WHERE
    s.tenant_id = current_setting('liftline.tenant') AND s.message_id = heard.message_id
    AND s.state IN ('accepted', 'unknown', 'delivered', 'bounced')
    AND array_position(ARRAY['unknown', 'accepted', 'rejected', 'delivered', 'bounced', 'complained'], heard.state)
    > array_position(ARRAY['unknown', 'accepted', 'rejected', 'delivered', 'bounced', 'complained'], s.state);

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
        SELECT EXISTS (
            SELECT FROM message_events AS m
            WHERE m.tenant_id = o.tenant_id AND m.message_id = o.message_id AND m.reported_by <> 'engagement'
        ) AS reported
    ) AS r
    WHERE
        e.tenant_id = current_setting('liftline.tenant')
        AND (e.campaign_id, e.customer_id) IN (SELECT f.campaign_id, f.customer_id FROM fed AS f)
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
-- Of how many whom a variant reached a person clicked, replied or bought: what generation learns its confidence from.
INSERT INTO variant_outcomes (tenant_id, variant_id, version, as_of, reached, engaged)
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
        WHERE
            e.tenant_id = current_setting('liftline.tenant') AND e.verdict = 'human'
            AND e.event IN ('clicked', 'replied', 'converted') AND e.message_id IS NOT NULL
            AND e.campaign_id IN (SELECT f.campaign_id FROM fed AS f)
    ) AS h ON h.message_id = s.message_id
    WHERE
        s.tenant_id = current_setting('liftline.tenant') AND s.state IN ('delivered', 'complained')
        AND s.campaign_id IN (SELECT f.campaign_id FROM fed AS f)
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
