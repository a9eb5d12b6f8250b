-- name: campaign
SELECT
    c.campaign_id,
    c.name,
    c.channel,
    c.status,
    c.brief,
    o.campaign_id IS NOT NULL AS is_outreach
FROM campaigns AS c
LEFT JOIN outreach_campaigns AS o ON o.tenant_id = c.tenant_id AND o.campaign_id = c.campaign_id
WHERE c.tenant_id = current_setting('liftline.tenant') AND c.campaign_id = %(campaign_id)s;

-- name: one_at_a_time
-- Claims of a tenant go one after the other: caps and budgets are counted over what others have claimed, and two who
-- count at once would both find room.
SELECT pg_advisory_xact_lock(hashtextextended('liftline claims ' || %(tenant)s, 0));

-- name: one_hour
-- The hourly limit is counted over all tenants: only what follows waits for them, and not all that was asked before.
SELECT pg_advisory_xact_lock(hashtextextended('liftline claims', 0));

-- name: papers
-- What stands now. The share lock lets a pause wait for this claim, or this claim for the pause.
SELECT
    c.status,
    approved_for_sending(c.campaign_id) AS approved,
    approval_hash(c.campaign_id) AS approved_hash
FROM campaigns AS c
WHERE c.tenant_id = current_setting('liftline.tenant') AND c.campaign_id = %(campaign_id)s
FOR SHARE OF c;

-- name: begin
UPDATE campaigns SET status = 'active'
WHERE tenant_id = current_setting('liftline.tenant') AND campaign_id = %(campaign_id)s AND status = 'draft';

-- name: ramp
-- How far a campaign has grown whose brief wants it to grow step by step, or whose experiment shares out each step by
-- what the steps before showed; no row: everybody at once.
SELECT
    e.experiment_key,
    coalesce(e.design ->> 'allocation', 'fixed') <> 'fixed' AS learns,
    r.steps,
    least(coalesce(o.cohort, 1), r.steps) AS cohort
FROM campaigns AS c
INNER JOIN experiments AS e ON e.tenant_id = c.tenant_id AND e.campaign_id = c.campaign_id
CROSS JOIN LATERAL (SELECT jsonb_array_length(e.design -> 'ramp') AS steps) AS r
CROSS JOIN LATERAL (
    SELECT max(a.cohort) AS cohort FROM allocations AS a
    WHERE a.tenant_id = e.tenant_id AND a.experiment_key = e.experiment_key
) AS o
WHERE
    c.tenant_id = %(tenant)s
    AND c.campaign_id = %(campaign_id)s
    AND ((c.brief #>> '{experiment,ramp}')::boolean OR coalesce(e.design ->> 'allocation', 'fixed') <> 'fixed');

-- name: widen
-- From this step on the arms keep the shares that they have.
INSERT INTO allocations (tenant_id, experiment_key, cohort, shares, code, reason, decided_at)
SELECT
    %(tenant)s,
    %(experiment_key)s,
    %(cohort)s,
    jsonb_object_agg(r.arm, r.weight),
    'widened',
    %(reason)s,
    %(now)s
FROM experiment_arms AS r
WHERE r.tenant_id = %(tenant)s AND r.experiment_key = %(experiment_key)s;

-- name: full_domains
-- To which mailboxes as many messages went in the last hour as they take.
SELECT
    u.domain,
    u.claimed
FROM (
    SELECT
        split_part(lower(c.email), '@', 2) AS domain,
        count(*) AS claimed
    FROM sends AS s
    LEFT JOIN customer_aliases AS n ON n.tenant_id = s.tenant_id AND n.alias_id = s.customer_id
    INNER JOIN customers AS c
        ON c.tenant_id = s.tenant_id AND c.customer_id = coalesce(n.customer_id, s.customer_id)
    WHERE
        s.tenant_id = %(tenant)s
        AND s.channel = 'email'
        AND s.claimed_at > %(now)s::timestamptz - interval '1 hour'
    GROUP BY split_part(lower(c.email), '@', 2)
) AS u
WHERE u.domain = ANY(%(domains)s::text[]);

-- name: one_sender
-- Those who share a new sender count one after the other: two who count at once would both find room.
SELECT pg_advisory_xact_lock(hashtextextended('liftline sender ' || %(domain)s, 0));

-- name: claimed_today
SELECT
    claimed_of(
        %(whose)s::text[], %(others)s::text[], %(channel)s, date_trunc('day', %(now)s::timestamptz, 'UTC')
    ) AS messages;

-- name: in_order_of_index
-- The planner takes the few texts that were approved for few messages, and would sort all that waits for each claim.
SELECT set_config('enable_sort', %(sorted)s, true), set_config('enable_incremental_sort', %(sorted)s, true);

-- name: due
-- In the order of the index, so that what waits behind these is not read; where no domain is limited, none is asked.
SELECT
    s.message_id,
    s.customer_id,
    s.step,
    s.variant_id,
    s.version
FROM sends AS s
INNER JOIN approval_variants AS k
    ON
        k.tenant_id = s.tenant_id
        AND k.campaign_id = s.campaign_id
        AND k.approved_hash = %(approved_hash)s
        AND k.variant_id = s.variant_id
        AND k.version = s.version
        AND k.content_hash = s.content_hash
WHERE
    s.tenant_id = %(tenant)s
    AND s.campaign_id = %(campaign_id)s
    AND s.channel = %(channel)s
    AND s.waiting
    AND coalesce(greatest(s.send_at, s.not_before) <= %(now)s, true)
    AND (
        cardinality(%(closed)s::text[]) = 0
        OR NOT EXISTS (
            SELECT FROM customers AS c
            WHERE
                c.tenant_id = s.tenant_id
                AND c.customer_id = coalesce(
                    (
                        SELECT n.customer_id FROM customer_aliases AS n
                        WHERE n.tenant_id = s.tenant_id AND n.alias_id = s.customer_id
                    ),
                    s.customer_id
                )
                AND split_part(lower(c.email), '@', 2) = ANY(%(closed)s::text[])
        )
    )
    AND (
        %(cohort)s::smallint IS NULL
        OR EXISTS (
            SELECT FROM assignments AS a
            WHERE
                a.tenant_id = s.tenant_id
                AND a.experiment_key = s.experiment_key
                AND a.customer_id = s.customer_id
                AND a.cohort <= %(cohort)s::smallint
        )
    )
ORDER BY s.variant_id, s.customer_id
LIMIT %(most)s
FOR UPDATE OF s SKIP LOCKED;

-- name: domains_of
SELECT
    w.customer_id,
    split_part(lower(c.email), '@', 2) AS domain
FROM unnest(%(customers)s::text[]) AS w (customer_id)
LEFT JOIN customer_aliases AS n ON n.tenant_id = %(tenant)s AND n.alias_id = w.customer_id
INNER JOIN customers AS c ON c.tenant_id = %(tenant)s AND c.customer_id = coalesce(n.customer_id, w.customer_id);

-- name: claim
UPDATE sends AS s SET
    state = 'claimed',
    claimed_at = %(now)s,
    claimed_by = %(worker)s,
    batch_id = %(batch_id)s,
    attempts = s.attempts + 1,
    cost_usd = %(cost)s,
    reason_code = null,
    reason = null
WHERE s.tenant_id = %(tenant)s AND s.message_id = ANY(%(messages)s::text[]) AND s.state = 'queued';

-- name: open_claim
INSERT INTO open_claims (tenant_id, batch_id, campaign_id, claimed_at)
VALUES (%(tenant)s, %(batch_id)s, %(campaign_id)s, %(now)s);

-- name: claim_stands
-- Of a claim that another run has put in doubt people may have said already what became of it.
SELECT batch_id FROM open_claims
WHERE tenant_id = %(tenant)s AND batch_id = %(batch_id)s;

-- name: close_claim
DELETE FROM open_claims
WHERE tenant_id = %(tenant)s AND batch_id = %(batch_id)s;

-- name: keep_requests
INSERT INTO provider_requests (tenant_id, provider_id)
SELECT
    %(tenant)s,
    unnest(%(provider_ids)s::text[])
ON CONFLICT DO NOTHING;

-- name: skip
UPDATE sends AS s SET state = 'skipped', reason_code = w.code, reason = w.reason, settled_at = %(now)s
FROM unnest(%(messages)s::text[], %(codes)s::text[], %(reasons)s::text[]) AS w (message_id, code, reason)
WHERE s.tenant_id = %(tenant)s AND s.message_id = w.message_id AND s.state = 'queued';

-- name: put_off
UPDATE sends AS s SET not_before = %(until)s, reason_code = w.code, reason = w.reason
FROM unnest(%(messages)s::text[], %(codes)s::text[], %(reasons)s::text[]) AS w (message_id, code, reason)
WHERE s.tenant_id = %(tenant)s AND s.message_id = w.message_id AND s.state = 'queued';

-- name: people
-- Those of one claim with what fills the places of their message, as CSV: a column at a time is read faster than a row.
-- Who took another id since they were queued is known by that one now.
COPY (
    SELECT
        s.message_id,
        s.customer_id,
        s.variant_id,
        s.version,
        CASE s.channel
            WHEN 'email' THEN c.email
            WHEN 'sms' THEN c.phone
            WHEN 'whatsapp' THEN c.phone
            WHEN 'push' THEN c.attributes ->> 'push_token'
            ELSE c.customer_id
        END AS address,
        c.first_name,
        c.last_name,
        c.company,
        c.job_title,
        c.city,
        c.country,
        a.name AS account_name
    FROM sends AS s
    LEFT JOIN customer_aliases AS n ON n.tenant_id = s.tenant_id AND n.alias_id = s.customer_id
    INNER JOIN customers AS c
        ON c.tenant_id = s.tenant_id AND c.customer_id = coalesce(n.customer_id, s.customer_id)
    LEFT JOIN accounts AS a ON a.tenant_id = c.tenant_id AND a.account_id = c.account_id
    WHERE
        s.tenant_id = %(tenant)s
        AND s.campaign_id = %(campaign_id)s
        AND s.message_id = ANY(%(messages)s::text[])
        AND s.batch_id = %(batch_id)s
        AND s.state = 'claimed'
    ORDER BY s.variant_id, s.customer_id
) TO STDOUT (FORMAT csv, HEADER);

-- name: copies
SELECT
    variant_id,
    version,
    channel,
    subject,
    preheader,
    html,
    body,
    content_hash
FROM variants
WHERE
    tenant_id = %(tenant)s
    AND campaign_id = %(campaign_id)s
    AND (variant_id, version) IN (
        SELECT
            w.variant_id,
            w.version
        FROM unnest(%(variants)s::text[], %(versions)s::integer[]) AS w (variant_id, version)
    );

-- name: keep_links
INSERT INTO message_links (tenant_id, campaign_id, link_id, variant_id, version, kind, url)
SELECT
    %(tenant)s,
    %(campaign_id)s,
    l.link_id,
    %(variant_id)s,
    %(version)s,
    l.kind,
    l.url
FROM unnest(%(ids)s::text[], %(kinds)s::text[], %(urls)s::text[]) AS l (link_id, kind, url)
ON CONFLICT DO NOTHING;

-- name: settle
-- A worker that was taken for dead may still say what became of its claim: that is better than not to know.
UPDATE sends AS s SET
    state = w.state,
    provider = %(provider)s,
    provider_id = w.provider_id,
    reason_code = w.code,
    reason = w.reason,
    settled_at = %(now)s
FROM unnest(
    %(messages)s::text[], %(states)s::text[], %(provider_ids)s::text[], %(codes)s::text[], %(reasons)s::text[]
) AS w (message_id, state, provider_id, code, reason)
WHERE
    s.tenant_id = %(tenant)s
    AND s.message_id = w.message_id
    AND s.batch_id = %(batch_id)s
    AND s.state IN ('claimed', 'unknown');

-- name: settle_alike
UPDATE sends AS s SET
    state = %(state)s,
    provider = %(provider)s,
    provider_id = %(provider_id)s,
    reason_code = %(code)s,
    reason = %(reason)s,
    settled_at = %(now)s
WHERE
    s.tenant_id = %(tenant)s
    AND s.message_id = ANY(%(messages)s::text[])
    AND s.batch_id = %(batch_id)s
    AND s.state IN ('claimed', 'unknown');

-- name: back_to_queue
-- Only what was surely not accepted; a worker that was taken for dead may say so later. Of a campaign that was
-- cancelled meanwhile nothing waits any more.
WITH standing AS (
    SELECT status = 'cancelled' AS cancelled FROM campaigns
    WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign_id)s
    FOR SHARE
)

UPDATE sends AS s SET
    state = CASE WHEN c.cancelled THEN 'cancelled' ELSE 'queued' END,
    claimed_at = null,
    claimed_by = null,
    cost_usd = null,
    not_before = %(until)s,
    reason_code = CASE WHEN c.cancelled THEN 'campaign_cancelled' ELSE %(code)s END,
    reason = CASE WHEN c.cancelled THEN 'The campaign was cancelled before it was sent.' ELSE %(reason)s END,
    settled_at = CASE WHEN c.cancelled THEN %(now)s::timestamptz END
FROM standing AS c
WHERE
    s.tenant_id = %(tenant)s
    AND s.message_id = ANY(%(messages)s::text[])
    AND s.batch_id = %(batch_id)s
    AND (s.state = 'claimed' OR (s.state = 'unknown' AND s.reason_code = 'worker_gone'));

-- name: in_doubt
WITH gone AS (
    DELETE FROM open_claims
    WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign_id)s AND claimed_at <= %(before)s
    RETURNING batch_id
)

UPDATE sends AS s SET
    state = 'unknown',
    reason_code = 'worker_gone',
    reason = 'The worker that claimed it ended before it said what became of it.',
    settled_at = %(now)s
FROM gone AS g
WHERE
    s.tenant_id = %(tenant)s
    AND s.campaign_id = %(campaign_id)s
    AND s.batch_id = g.batch_id
    AND s.state = 'claimed'
RETURNING s.message_id;

-- name: tell_outreach
-- What became of these messages, or of all of the campaign, is the status of those to single leads. The marks are those
-- of outreach (0010, `happened`): 1 sent, 64 failed.
UPDATE outreach_messages AS m SET
    status = CASE s.state WHEN 'accepted' THEN 'sent' ELSE 'failed' END,
    happened = m.happened | CASE s.state WHEN 'accepted' THEN 1 ELSE 64 END,
    reason = CASE s.state WHEN 'accepted' THEN m.reason ELSE coalesce(s.reason, '') END
FROM sends AS s
WHERE
    s.tenant_id = %(tenant)s
    AND s.campaign_id = %(campaign_id)s
    AND (%(messages)s::text[] IS NULL OR s.message_id = ANY(%(messages)s::text[]))
    AND s.state IN ('accepted', 'rejected', 'skipped', 'cancelled')
    AND m.tenant_id = s.tenant_id
    AND m.campaign_id = s.campaign_id
    AND m.lead_id = s.customer_id
    AND m.status = 'pending';

-- name: failures
SELECT failures FROM delivery_states
WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign_id)s;

-- name: note_failure
INSERT INTO delivery_states AS d (tenant_id, campaign_id, failures, changed_at)
VALUES (%(tenant)s, %(campaign_id)s, 1, %(now)s)
ON CONFLICT (tenant_id, campaign_id) DO UPDATE SET failures = d.failures + 1, changed_at = excluded.changed_at
RETURNING failures;

-- name: note_success
UPDATE delivery_states SET failures = 0, changed_at = %(now)s
WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign_id)s AND failures > 0;

-- name: provider_wait
SELECT
    wait_until,
    code,
    reason
FROM provider_waits
WHERE
    tenant_id = %(tenant)s
    AND channel = %(channel)s
    AND provider = %(provider)s
    AND wait_until > %(now)s;

-- name: note_wait
-- Nothing takes a wait back before its time: a request that was answered well may have been asked before the refusal.
INSERT INTO provider_waits (tenant_id, channel, provider, wait_until, code, reason)
VALUES (%(tenant)s, %(channel)s, %(provider)s, %(until)s, %(code)s, %(reason)s)
ON CONFLICT (tenant_id, channel, provider) DO UPDATE SET
    wait_until = excluded.wait_until,
    code = excluded.code,
    reason = excluded.reason
WHERE provider_waits.wait_until < excluded.wait_until;

-- name: waits_for_provider
-- Whether the wait for a provider is what holds something up.
SELECT message_id FROM sends
WHERE
    tenant_id = %(tenant)s
    AND campaign_id = %(campaign_id)s
    AND channel = %(channel)s
    AND waiting
    AND coalesce(greatest(send_at, not_before) <= %(until)s, true)
LIMIT 1;

-- name: resolve_sent
UPDATE sends SET state = 'accepted', reason_code = 'resolved_sent', reason = %(reason)s, settled_at = %(now)s
WHERE
    tenant_id = %(tenant)s
    AND campaign_id = %(campaign_id)s
    AND state = 'unknown'
    AND (%(messages)s::text[] IS NULL OR message_id = ANY(%(messages)s::text[]))
RETURNING message_id;

-- name: resolve_rejected
UPDATE sends SET state = 'rejected', reason_code = 'resolved_not_sent', reason = %(reason)s, settled_at = %(now)s
WHERE
    tenant_id = %(tenant)s
    AND campaign_id = %(campaign_id)s
    AND state = 'unknown'
    AND (%(messages)s::text[] IS NULL OR message_id = ANY(%(messages)s::text[]))
RETURNING message_id;

-- name: gather_statistics
SELECT gather_statistics();

-- name: lock_campaign
SELECT status FROM campaigns
WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign_id)s
FOR UPDATE;

-- name: set_status
UPDATE campaigns SET status = %(status)s
WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign_id)s;

-- name: cancel_waiting
UPDATE sends SET
    state = 'cancelled',
    reason_code = 'campaign_cancelled',
    reason = 'The campaign was cancelled before it was sent.',
    settled_at = %(now)s
WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign_id)s AND waiting;

-- name: cancel_experiment
-- What half a campaign showed promotes nobody, and its part of a namespace is free again.
UPDATE experiments SET state = 'cancelled', concluded_at = %(now)s
WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign_id)s AND state IN ('designed', 'running');

-- name: was_sent
SELECT EXISTS (
    SELECT FROM sends WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign_id)s
) OR approved_for_sending(%(campaign_id)s) AS yes;

-- name: log
SELECT append_audit(audit_entry(
    actor => %(by)s,
    actor_kind => %(actor_kind)s,
    action => %(action)s,
    object => %(object)s,
    campaign_id => %(campaign_id)s,
    decision => %(decision)s,
    reason => %(reason)s,
    thresholds => %(thresholds)s::jsonb,
    execution_status => 'done'
)) AS seq;
