-- Each statement returns one row for each thing that breaks a promise, named by `what`. None shares code with the step
-- that keeps the promise.

-- name: nothing_unapproved_was_sent
SELECT s.message_id AS what
FROM sends AS s
WHERE
    s.tenant_id = current_setting('liftline.tenant')
    AND s.claimed_at IS NOT NULL
    AND NOT EXISTS (
        SELECT 1
        FROM approval_variants AS v
        INNER JOIN approval_requests AS r
            ON r.tenant_id = v.tenant_id AND r.campaign_id = v.campaign_id AND r.approved_hash = v.approved_hash
        WHERE
            v.tenant_id = s.tenant_id
            AND v.campaign_id = s.campaign_id
            AND v.variant_id = s.variant_id
            AND v.version = s.version
            AND v.content_hash = s.content_hash
            AND NOT EXISTS (
                SELECT 1 FROM unnest(r.needs) AS n (stage)
                WHERE NOT EXISTS (
                    SELECT 1 FROM approvals AS a
                    WHERE
                        a.tenant_id = r.tenant_id
                        AND a.campaign_id = r.campaign_id
                        AND a.approved_hash = r.approved_hash
                        AND a.stage = n.stage
                        AND a.decision = 'approve'
                        AND a.decided_at <= s.claimed_at
                )
            )
    );

-- name: nothing_unscreened_was_sent
SELECT s.message_id AS what
FROM sends AS s
WHERE
    s.tenant_id = current_setting('liftline.tenant')
    AND s.claimed_at IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM screenings AS g
        WHERE
            g.tenant_id = s.tenant_id
            AND g.content_hash = s.content_hash
            AND g.policy_version = s.policy_version
            AND (g.decision = 'pass' OR g.released_by IS NOT NULL)
            AND g.screened_at <= s.claimed_at
    );

-- name: nobody_who_said_stop_was_written_to
-- When a stop was heard is known of files and of readers, who may say it while a claim is made; of what a vendor tells
-- only when it happened is known. What two officers had lifted when the claim was made held no more.
SELECT DISTINCT s.message_id AS what
FROM sends AS s
LEFT JOIN customer_aliases AS a ON a.tenant_id = s.tenant_id AND a.alias_id = s.customer_id
INNER JOIN customers AS c ON c.tenant_id = s.tenant_id AND c.customer_id = coalesce(a.customer_id, s.customer_id)
INNER JOIN stops_heard AS n
    ON
        n.tenant_id = s.tenant_id
        AND n.address_hash = address_hash(s.tenant_id, CASE s.channel WHEN 'email' THEN c.email ELSE c.phone END)
        AND n.channel IN (s.channel, 'all')
LEFT JOIN import_batches AS b ON b.tenant_id = n.tenant_id AND b.seq = n.source_seq
WHERE
    s.tenant_id = current_setting('liftline.tenant')
    AND s.channel IN ('email', 'sms', 'whatsapp')
    AND NOT EXISTS (
        SELECT FROM lifts_in_force AS l
        WHERE
            l.tenant_id = n.tenant_id AND l.address_hash = n.address_hash AND l.channel = s.channel
            AND n.reason = 'unsubscribe' AND l.said_at > n.occurred_at AND l.answered_at <= s.claimed_at
    )
    AND (
        greatest(n.occurred_at, b.imported_at) < s.claimed_at AND b.seq IS NOT NULL
        OR n.source = 'reader' AND b.seq IS NULL AND n.occurred_at + interval '1 minute' < s.claimed_at
    );

-- name: no_maker_is_checker
SELECT r.campaign_id || ', ' || a.decided_by AS what
FROM approvals AS a
INNER JOIN approval_requests AS r
    ON r.tenant_id = a.tenant_id AND r.campaign_id = a.campaign_id AND r.approved_hash = a.approved_hash
INNER JOIN campaigns AS c ON c.tenant_id = r.tenant_id AND c.campaign_id = r.campaign_id
WHERE
    a.tenant_id = current_setting('liftline.tenant')
    AND a.decision = 'approve'
    AND (
        lower(a.decided_by) IN (lower(r.asked_by), lower(c.created_by))
        OR EXISTS (
            SELECT 1
            FROM approval_variants AS v
            INNER JOIN variants AS w
                ON w.tenant_id = v.tenant_id AND w.variant_id = v.variant_id AND w.version <= v.version
            WHERE
                v.tenant_id = r.tenant_id
                AND v.campaign_id = r.campaign_id
                AND v.approved_hash = r.approved_hash
                AND lower(w.created_by) = lower(a.decided_by)
        )
    );

-- name: every_sent_sentence_rests_on_a_passage
SELECT DISTINCT v.variant_id || ' sentence ' || t.position AS what
FROM (
    SELECT DISTINCT tenant_id, variant_id, version FROM sends
    WHERE tenant_id = current_setting('liftline.tenant') AND claimed_at IS NOT NULL
) AS v
INNER JOIN variant_sentences AS t
    ON t.tenant_id = v.tenant_id AND t.variant_id = v.variant_id AND t.version = v.version
WHERE t.verdict = 'unsupported' OR t.verdict = 'supported' AND cardinality(t.passage_ids) = 0;

-- name: nothing_was_sent_twice
SELECT e.message_id AS what
FROM provider_events AS e
WHERE
    e.tenant_id = current_setting('liftline.tenant')
    AND e.event = 'delivered'
    AND e.message_id IS NOT NULL
    AND e.provider_message IS NOT NULL
GROUP BY e.message_id
HAVING count(DISTINCT split_part(e.provider_message, '.', 1)) > 1
UNION ALL
SELECT campaign_id || ', ' || customer_id || ', step ' || step AS what
FROM sends
WHERE tenant_id = current_setting('liftline.tenant') AND claimed_at IS NOT NULL
GROUP BY campaign_id, customer_id, step, channel
HAVING count(*) > 1;

-- name: nothing_claimed_was_forgotten
-- A request takes minutes at most: what is still claimed after an hour was left by a worker that died, and what no
-- open claim names would never be asked after.
SELECT message_id AS what
FROM sends
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND (state = 'claimed' AND claimed_at < %(now)s - interval '1 hour'
        OR state = 'claimed' AND NOT EXISTS (
            SELECT FROM open_claims AS o WHERE o.tenant_id = sends.tenant_id AND o.batch_id = sends.batch_id
        )
        OR state IN ('accepted', 'rejected', 'unknown') AND claimed_at IS NULL);

-- name: every_line_is_accounted_for
SELECT b.batch_id AS what
FROM import_batches AS b
LEFT JOIN (
    SELECT batch_id, count(*) AS lines FROM quarantined_lines
    WHERE tenant_id = current_setting('liftline.tenant')
    GROUP BY batch_id
) AS q ON q.batch_id = b.batch_id
WHERE
    b.tenant_id = current_setting('liftline.tenant')
    AND (b.loaded + b.merged + b.quarantined <> b.rows OR coalesce(q.lines, 0) <> b.quarantined);

-- name: no_event_was_lost
SELECT l.event_id AS what
FROM event_labels AS l
WHERE
    l.tenant_id = current_setting('liftline.tenant')
    AND NOT EXISTS (
        SELECT 1 FROM provider_events AS e
        WHERE e.tenant_id = l.tenant_id AND e.provider = l.provider AND e.event_id = l.event_id
    );

-- name: every_outcome_has_its_reason
SELECT 'message ' || message_id AS what
FROM sends
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND state IN ('skipped', 'rejected', 'unknown')
    AND (coalesce(reason_code, '') = '' OR coalesce(reason, '') = '')
UNION ALL
SELECT 'decision on ' || customer_id AS what
FROM recipient_decisions
WHERE tenant_id = current_setting('liftline.tenant') AND verdict <> 'included' AND coalesce(code, '') = ''
UNION ALL
SELECT 'variant ' || variant_id AS what
FROM variants
WHERE tenant_id = current_setting('liftline.tenant') AND status = 'blocked' AND coalesce(reason, '') = '';

-- name: the_ledger_is_whole
-- The chain is worked out anew from the stored bytes; a gap breaks it like a changed entry.
SELECT 'entry ' || e.seq AS what
FROM (
    SELECT
        seq,
        hash,
        previous_hash,
        lag(hash, 1, repeat('0', 64)) OVER (ORDER BY seq) AS expected_hash,
        lag(seq, 1, 0::bigint) OVER (ORDER BY seq) AS expected_seq,
        encode(sha256(convert_to(
            previous_hash || ',' || seq || ','
            || to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || ',' || tenant_id || ','
            || coalesce(campaign_id, '') || ',' || encode(sha256(convert_to(body, 'UTF8')), 'hex'), 'UTF8'
        )), 'hex') AS worked_out
    FROM audit_entries
    WHERE tenant_id = current_setting('liftline.tenant')
) AS e
WHERE e.previous_hash <> e.expected_hash OR e.seq <> e.expected_seq + 1 OR e.hash <> e.worked_out;

-- name: no_model_saw_or_wrote_an_address
-- A question itself is not kept, but what it was made of is: what was known of whom it is for, and the passages.
WITH told AS (
    SELECT 'generation ' || g.generation_id AS what, g.output AS text
    FROM generations AS g
    WHERE g.tenant_id = current_setting('liftline.tenant')
    UNION ALL
    -- Of an account or a person only the traits go out.
    SELECT
        concat_ws(' ', 'what is known of a', u.unit_kind, 'in', u.campaign_id),
        concat_ws(
            ' ', u.traits, CASE WHEN u.unit_kind IN ('segment', 'persona') THEN u.label || ' ' || u.description END
        )
    FROM audience_units AS u
    WHERE u.tenant_id = current_setting('liftline.tenant')
    UNION ALL
    SELECT 'passage ' || p.passage_id, p.text
    FROM passages AS p
    WHERE
        p.tenant_id = current_setting('liftline.tenant') AND p.text LIKE '%%@%%'
        AND EXISTS (
            SELECT FROM audience_units AS u WHERE u.tenant_id = p.tenant_id AND p.passage_id = ANY(u.passage_ids)
        )
)

SELECT DISTINCT told.what
FROM told
CROSS JOIN LATERAL regexp_matches(
    told.text, '[[:alnum:]._%%+-]+@[[:alnum:]-]+(?:[.][[:alnum:]-]+)+', 'g'
) AS found (address)
INNER JOIN customers AS c
    ON c.tenant_id = current_setting('liftline.tenant') AND c.email = lower(found.address[1])
WHERE told.text LIKE '%%@%%';

-- name: tenants_see_only_themselves
SELECT c.relname AS what
FROM pg_class AS c
INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
WHERE
    c.relnamespace = 'liftline'::regnamespace
    AND c.relkind IN ('r', 'p')
    AND NOT (c.relrowsecurity AND c.relforcerowsecurity);
