-- name: tenant_exists
SELECT 1 AS found FROM tenants
WHERE tenant_id = current_setting('liftline.tenant');

-- name: one_after_the_other
-- Events of a tenant are stored one after the other, so that whoever has read up to a `seq` has missed none before it.
SELECT pg_advisory_xact_lock(hashtextextended('engagement ' || current_setting('liftline.tenant'), 0));

-- name: one_reader
-- Labels and what they feed are made by one at a time.
SELECT pg_advisory_xact_lock(hashtextextended('labels ' || current_setting('liftline.tenant'), 0));

-- name: set_based
-- What is staged is looked at as far as joins need it.
SELECT
    set_config('work_mem', '256MB', true),
    set_config('enable_nestloop', %(nested)s, true),
    set_config('default_statistics_target', '10', true);

-- name: tenants_of_messages
SELECT message_id AS key, tenant_id FROM tenants_of_messages(%(keys)s);

-- name: tenants_of_provider_ids
SELECT provider_id AS key, tenant_id FROM tenants_of_provider_ids(%(keys)s);

-- name: tenants_of_addresses
SELECT address AS key, tenant_id FROM tenants_of_addresses(%(keys)s);

-- name: last_message_to
SELECT message_id FROM last_messages_to(%(phone)s, %(channel)s, %(moment)s)
ORDER BY claimed_at DESC, message_id ASC
LIMIT 1;

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
-- that the address was sent before, under whichever id its owner had then.
UPDATE heard AS h SET message_id = f.message_id
FROM (
    SELECT DISTINCT ON (w.event_id)
        w.event_id,
        s.message_id
    FROM heard AS w
    INNER JOIN customers AS c ON c.tenant_id = current_setting('liftline.tenant') AND c.email = w.address
    LEFT JOIN customer_aliases AS a ON a.tenant_id = c.tenant_id AND a.customer_id = c.customer_id
    CROSS JOIN LATERAL (VALUES (c.customer_id), (a.alias_id)) AS k (known_as)
    INNER JOIN sends AS s
        ON
            s.tenant_id = c.tenant_id AND s.customer_id = k.known_as AND s.channel = %(channel)s
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
    %(tenant)s,
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
    encode(sha256(convert_to(%(tenant)s::text || ':' || lower(h.address), 'UTF8')), 'hex'),
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
LEFT JOIN sends AS s ON s.tenant_id = %(tenant)s AND s.message_id = h.message_id
LEFT JOIN customers AS c
    ON c.tenant_id = %(tenant)s AND c.customer_id = h.customer_id AND h.customer_id IS NOT NULL
LEFT JOIN customer_aliases AS a
    ON a.tenant_id = %(tenant)s AND a.alias_id = h.customer_id AND h.customer_id IS NOT NULL
LEFT JOIN message_links AS l
    ON
        l.tenant_id = %(tenant)s AND l.campaign_id = s.campaign_id AND l.link_id = h.link_id
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
    AND (%(everything)s OR domain IN (
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
-- minute, and those of a domain that was found to scan, or no longer to. From the beginning it is everybody, unnamed.
CREATE TEMP TABLE affected ON COMMIT DROP AS
SELECT recipient FROM provider_events
WHERE
    tenant_id = current_setting('liftline.tenant') AND seq > %(since)s AND %(since)s > 0
    AND event IN (
        'delivered', 'opened', 'clicked', 'replied', 'converted', 'complained', 'unsubscribed', 'resubscribed'
    )
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
    tenant_id = current_setting('liftline.tenant') AND %(since)s > 0 AND event = 'clicked'
    AND domain = ANY(%(changed)s);

-- name: affected_known
ANALYZE affected;

-- name: copy_affected
-- Everything that these recipients did, and for counting only the clicks of others from the same range and minute.
COPY (
    SELECT
        e.provider, e.event_id, e.event, extract(EPOCH FROM e.occurred_at) AS occurred_at, e.recipient, e.message_id,
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
        o.provider, o.event_id, o.event, extract(EPOCH FROM o.occurred_at), o.recipient, o.message_id,
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

-- name: tracked_link
SELECT
    s.message_id,
    l.url
FROM sends AS s
INNER JOIN message_links AS l ON l.tenant_id = s.tenant_id AND l.campaign_id = s.campaign_id AND l.link_id = %(link_id)s
WHERE s.tenant_id = current_setting('liftline.tenant') AND s.message_id = %(message_id)s;
