-- name: campaigns
-- What came back of each campaign, people apart from robots; the newest first.
SELECT
    c.campaign_id,
    c.name,
    c.status,
    c.created_at,
    coalesce(s.sent, 0) AS sent,
    coalesce(s.delivered, 0) AS delivered,
    coalesce(e.opened, 0) AS opened,
    coalesce(e.clicked, 0) AS clicked,
    coalesce(e.converted, 0) AS converted,
    coalesce(e.machine_clicked, 0) AS machine_clicked
FROM campaigns AS c
LEFT JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE w.state IN ('accepted', 'delivered', 'bounced', 'complained')) AS sent,
        count(*) FILTER (WHERE w.state IN ('delivered', 'complained')) AS delivered
    FROM sends AS w
    WHERE w.tenant_id = c.tenant_id AND w.campaign_id = c.campaign_id
) AS s ON true
LEFT JOIN LATERAL (
    SELECT
        count(DISTINCT w.recipient) FILTER (WHERE w.event = 'opened' AND w.verdict = 'human') AS opened,
        count(DISTINCT w.recipient) FILTER (WHERE w.event = 'clicked' AND w.verdict = 'human') AS clicked,
        -- Who was sent nothing buys too, and that came back of no message.
        count(DISTINCT w.recipient) FILTER (
            WHERE w.event = 'converted' AND (
                w.message_id IS NOT NULL OR EXISTS (
                    SELECT FROM sends AS m
                    WHERE
                        m.tenant_id = w.tenant_id AND m.campaign_id = w.campaign_id AND m.customer_id = w.customer_id
                        AND m.state IN ('accepted', 'delivered', 'bounced', 'complained')
                )
            )
        ) AS converted,
        count(DISTINCT w.recipient) FILTER (WHERE w.event = 'clicked' AND w.verdict <> 'human') AS machine_clicked
    FROM labelled_events AS w
    WHERE
        w.tenant_id = c.tenant_id AND w.campaign_id = c.campaign_id
        AND w.event IN ('opened', 'clicked', 'converted')
) AS e ON true
WHERE
    c.tenant_id = current_setting('liftline.tenant')
    AND (%(campaign_id)s::text IS NULL OR c.campaign_id = %(campaign_id)s)
    AND (%(before)s::timestamptz IS NULL OR (c.created_at, c.campaign_id) < (%(before)s, %(before_id)s::text))
ORDER BY c.created_at DESC, c.campaign_id DESC
LIMIT %(most)s;

-- name: has_campaign
SELECT campaign_id FROM campaigns
WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s;

-- name: by_verdict
SELECT
    e.event,
    coalesce(e.verdict, 'not labelled yet') AS verdict,
    count(*) AS events,
    count(DISTINCT e.recipient) AS recipients
FROM labelled_events AS e
WHERE
    e.tenant_id = current_setting('liftline.tenant') AND e.campaign_id = %(campaign_id)s
    AND e.event IN ('opened', 'clicked', 'replied', 'converted', 'complained', 'unsubscribed')
GROUP BY e.event, e.verdict
ORDER BY e.event, e.verdict;

-- name: by_arm
-- Of those whom each arm reached: how many people clicked, and how many would seem to have.
SELECT
    s.arm,
    count(DISTINCT s.message_id) AS reached,
    count(DISTINCT s.message_id) FILTER (WHERE e.event = 'clicked' AND e.verdict = 'human') AS clicked,
    count(DISTINCT s.message_id) FILTER (WHERE e.event = 'clicked') AS seemed,
    count(DISTINCT s.message_id) FILTER (WHERE e.event = 'converted') AS converted
FROM sends AS s
LEFT JOIN labelled_events AS e
    ON
        e.tenant_id = s.tenant_id AND e.message_id = s.message_id AND e.event IN ('clicked', 'converted')
WHERE
    s.tenant_id = current_setting('liftline.tenant') AND s.campaign_id = %(campaign_id)s
    AND s.state IN ('delivered', 'complained')
GROUP BY s.arm
ORDER BY s.arm;

-- name: by_reason
SELECT
    r.reason,
    count(*) AS events
FROM labelled_events AS e
CROSS JOIN LATERAL unnest(e.reasons) AS r (reason)
WHERE
    e.tenant_id = current_setting('liftline.tenant') AND e.campaign_id = %(campaign_id)s
    AND e.event IN ('opened', 'clicked') AND e.verdict <> 'human'
GROUP BY r.reason
ORDER BY events DESC, r.reason ASC;

-- name: messages
SELECT
    s.message_id,
    s.customer_id,
    s.arm,
    s.state,
    coalesce(s.reason, '') AS reason,
    s.claimed_at
FROM sends AS s
WHERE
    s.tenant_id = current_setting('liftline.tenant') AND s.campaign_id = %(campaign_id)s
    AND s.message_id > %(after)s AND (%(state)s::text IS NULL OR s.state = %(state)s)
ORDER BY s.message_id
LIMIT %(most)s;

-- name: events
SELECT
    e.seq,
    e.provider,
    e.event_id,
    e.event,
    e.hard,
    e.occurred_at,
    e.received_at,
    e.message_id,
    e.campaign_id,
    e.customer_id,
    e.channel,
    e.url,
    e.link_id,
    e.value::float8 AS value,
    e.currency,
    e.reason,
    e.verdict,
    e.score,
    e.reasons,
    e.rule_version
FROM labelled_events AS e
WHERE
    e.tenant_id = current_setting('liftline.tenant') AND e.seq > %(after)s
    AND (%(campaign_id)s::text IS NULL OR e.campaign_id = %(campaign_id)s)
    AND (%(message_id)s::text IS NULL OR e.message_id = %(message_id)s)
    AND (%(event)s::text IS NULL OR e.event = %(event)s)
    AND (%(verdict)s::text IS NULL OR e.verdict = %(verdict)s)
ORDER BY e.seq
LIMIT %(most)s;

-- name: message
SELECT
    s.message_id,
    s.campaign_id,
    s.customer_id,
    s.step,
    s.channel,
    s.variant_id,
    s.version,
    s.content_hash,
    s.policy_version,
    s.arm,
    s.state,
    s.reason_code,
    s.reason,
    s.queued_at,
    s.claimed_at,
    s.settled_at,
    s.provider,
    s.provider_id,
    c.name AS campaign,
    v.subject,
    v.strategy,
    v.created_by,
    v.created_at AS written_at,
    v.source,
    k.decision AS screened,
    k.reason AS screening_reason,
    k.screened_at,
    k.released_by
FROM sends AS s
LEFT JOIN campaigns AS c ON c.tenant_id = s.tenant_id AND c.campaign_id = s.campaign_id
LEFT JOIN variants AS v ON v.tenant_id = s.tenant_id AND v.variant_id = s.variant_id AND v.version = s.version
LEFT JOIN screenings AS k
    ON k.tenant_id = s.tenant_id AND k.content_hash = s.content_hash AND k.policy_version = s.policy_version
WHERE s.tenant_id = current_setting('liftline.tenant') AND s.message_id = %(message_id)s;

-- name: sentences
SELECT
    w.position,
    w.place,
    w.text,
    w.verdict,
    coalesce(p.passages, '[]') AS passages
FROM variant_sentences AS w
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('title', p.title, 'text', p.text) ORDER BY p.passage_id) AS passages
    FROM passages AS p
    WHERE p.tenant_id = w.tenant_id AND p.passage_id = ANY(w.passage_ids)
) AS p ON true
WHERE
    w.tenant_id = current_setting('liftline.tenant') AND w.variant_id = %(variant_id)s
    AND w.version = %(version)s
ORDER BY w.position;

-- name: approvals
SELECT
    a.stage,
    a.decided_by,
    a.decision,
    a.comment,
    a.decided_at,
    r.state = 'void' AS void
FROM approvals AS a
INNER JOIN approval_requests AS r
    ON r.tenant_id = a.tenant_id AND r.campaign_id = a.campaign_id AND r.approved_hash = a.approved_hash
INNER JOIN approval_variants AS v
    ON
        v.tenant_id = a.tenant_id AND v.campaign_id = a.campaign_id AND v.approved_hash = a.approved_hash
        AND v.variant_id = %(variant_id)s AND v.content_hash = %(content_hash)s
WHERE a.tenant_id = current_setting('liftline.tenant') AND a.campaign_id = %(campaign_id)s
ORDER BY a.decided_at;

-- name: purchases
-- What the customer bought in the campaign's name without the shop naming a message.
SELECT
    e.event_id,
    e.event,
    e.occurred_at,
    e.value::float8 AS value,
    e.currency
FROM provider_events AS e
WHERE
    e.tenant_id = current_setting('liftline.tenant') AND e.campaign_id = %(campaign_id)s
    AND e.customer_id = %(customer_id)s AND e.event = 'converted' AND e.message_id IS NULL
ORDER BY e.occurred_at;

-- name: reputation
-- How receiving domains take our mail, day by day; complaints and bounces are never put down to robots.
SELECT
    (e.occurred_at AT TIME ZONE 'UTC')::date AS day,
    e.domain,
    count(DISTINCT e.message_id) FILTER (WHERE e.event = 'delivered') AS delivered,
    count(*) FILTER (WHERE e.event = 'bounced' AND e.hard) AS hard_bounced,
    count(*) FILTER (WHERE e.event = 'bounced' AND NOT e.hard) AS soft_bounced,
    count(*) FILTER (WHERE e.event = 'deferred') AS deferred,
    count(*) FILTER (WHERE e.event = 'complained') AS complained,
    count(*) FILTER (WHERE e.event = 'unsubscribed') AS unsubscribed,
    count(DISTINCT e.recipient) FILTER (WHERE e.event = 'clicked' AND e.verdict = 'human') AS clicked
FROM labelled_events AS e
WHERE
    e.tenant_id = current_setting('liftline.tenant') AND e.domain IS NOT NULL AND e.occurred_at >= %(since)s
    AND (%(domain)s::text IS NULL OR e.domain = %(domain)s)
    AND (
        e.event IN ('delivered', 'bounced', 'deferred', 'complained', 'unsubscribed')
        OR (e.event = 'clicked' AND e.verdict = 'human')
    )
GROUP BY day, e.domain
ORDER BY day DESC, delivered DESC, e.domain ASC
LIMIT %(most)s;
