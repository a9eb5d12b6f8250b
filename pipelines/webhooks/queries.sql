-- name: subscribe
INSERT INTO webhook_subscriptions (tenant_id, subscription_id, url, events, secret, created_by, created_at)
VALUES (
    current_setting('liftline.tenant'), %(subscription_id)s, %(url)s, %(events)s, %(secret)s, %(by)s, %(now)s
);

-- name: subscriptions
SELECT
    s.subscription_id,
    s.url,
    s.events,
    s.created_by,
    s.created_at,
    count(d.delivery_id) FILTER (WHERE d.state = 'pending') AS pending,
    count(d.delivery_id) FILTER (WHERE d.state = 'failed') AS failed,
    max(d.settled_at) FILTER (WHERE d.state = 'delivered') AS last_delivered_at
FROM webhook_subscriptions AS s
LEFT JOIN webhook_deliveries AS d ON d.tenant_id = s.tenant_id AND d.subscription_id = s.subscription_id
WHERE s.tenant_id = current_setting('liftline.tenant') AND s.ended_at IS NULL
GROUP BY s.subscription_id, s.url, s.events, s.created_by, s.created_at
ORDER BY s.created_at DESC, s.subscription_id
LIMIT %(most)s;

-- name: count_subscriptions
SELECT count(*) AS subscriptions FROM webhook_subscriptions
WHERE tenant_id = current_setting('liftline.tenant') AND ended_at IS NULL;

-- name: unsubscribe
UPDATE webhook_subscriptions SET ended_at = %(now)s
WHERE
    tenant_id = current_setting('liftline.tenant') AND subscription_id = %(subscription_id)s AND ended_at IS NULL;

-- name: drop_pending
UPDATE webhook_deliveries SET state = 'failed', sentence = 'The subscription ended.', settled_at = %(now)s
WHERE
    tenant_id = current_setting('liftline.tenant') AND subscription_id = %(subscription_id)s AND state = 'pending';

-- name: deliveries
SELECT d.delivery_id, d.seq, d.subscription_id, d.event_id, e.type, e.occurred_at, d.state, d.attempts, d.next_at,
    d.answered, d.sentence, d.settled_at, d.replay_of
FROM webhook_deliveries AS d
INNER JOIN webhook_events AS e ON e.tenant_id = d.tenant_id AND e.event_id = d.event_id
WHERE
    d.tenant_id = current_setting('liftline.tenant') AND d.subscription_id = %(subscription_id)s
    AND (%(state)s::text IS NULL OR d.state = %(state)s)
    AND (%(before)s::bigint IS NULL OR d.seq < %(before)s)
ORDER BY d.seq DESC
LIMIT %(most)s;

-- name: replay
INSERT INTO webhook_deliveries (tenant_id, subscription_id, event_id, next_at, replay_of)
SELECT d.tenant_id, d.subscription_id, d.event_id, %(now)s, d.delivery_id
FROM webhook_deliveries AS d
INNER JOIN webhook_subscriptions AS s
    ON s.tenant_id = d.tenant_id AND s.subscription_id = d.subscription_id AND s.ended_at IS NULL
WHERE d.tenant_id = current_setting('liftline.tenant') AND d.delivery_id = %(delivery_id)s AND d.state <> 'pending'
RETURNING delivery_id, subscription_id, event_id, state, next_at, replay_of;

-- name: claim
-- Claimed before it is carried: whoever dies in between leaves it to be carried again once the lease is over.
UPDATE webhook_deliveries AS d
SET attempts = d.attempts + 1, next_at = %(leased_until)s
FROM (
    SELECT w.tenant_id, w.delivery_id
    FROM webhook_deliveries AS w
    INNER JOIN webhook_subscriptions AS f
        ON f.tenant_id = w.tenant_id AND f.subscription_id = w.subscription_id AND f.ended_at IS NULL
    WHERE
        w.tenant_id = current_setting('liftline.tenant') AND w.state = 'pending' AND w.next_at <= %(now)s
        AND w.subscription_id <> ALL(%(silent)s::text[])
    ORDER BY w.next_at, w.seq
    LIMIT %(most)s
    FOR UPDATE OF w SKIP LOCKED
) AS due
INNER JOIN webhook_deliveries AS o ON o.tenant_id = due.tenant_id AND o.delivery_id = due.delivery_id
INNER JOIN webhook_events AS e ON e.tenant_id = o.tenant_id AND e.event_id = o.event_id
INNER JOIN webhook_subscriptions AS s ON s.tenant_id = o.tenant_id AND s.subscription_id = o.subscription_id
WHERE d.tenant_id = due.tenant_id AND d.delivery_id = due.delivery_id
RETURNING d.delivery_id, d.seq, d.subscription_id, d.event_id, d.attempts, e.type, e.body, s.url, s.secret;

-- name: settle
UPDATE webhook_deliveries
SET
    state = %(state)s,
    answered = %(answered)s,
    sentence = %(sentence)s,
    next_at = coalesce(%(next_at)s, next_at),
    settled_at = %(settled_at)s
WHERE
    tenant_id = current_setting('liftline.tenant') AND delivery_id = %(delivery_id)s AND state = 'pending';

-- name: log
SELECT append_audit(audit_entry(
    actor => %(by)s, actor_kind => 'person', action => %(action)s, decision => %(decision)s, reason => %(reason)s,
    object => %(object)s
)) AS seq;
