-- name: set_based
SELECT
    set_config('enable_nestloop', 'off', true),
    set_config('work_mem', '256MB', true);

-- name: customers_known
SELECT count(*) AS customers FROM customers
WHERE tenant_id = current_setting('liftline.tenant');

-- name: messages_known
SELECT count(*) AS messages FROM sends
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND claimed_at > %(since)s
    AND claimed_at <= %(newest)s
    AND state NOT IN ('queued', 'claimed', 'rejected', 'cancelled', 'skipped');

-- name: asked_of_all
CREATE TEMP TABLE asked_of (unit_kind text, unit_id text, customer_id text, known_as text) ON COMMIT DROP;

-- name: asked_of_audience
-- Some of those whom each unit of a campaign stands for, under every id that they ever had.
CREATE TEMP TABLE asked_of ON COMMIT DROP AS
WITH readers AS (
    SELECT
        u.unit_kind,
        u.unit_id,
        r.customer_id
    FROM audience_units AS u
    CROSS JOIN LATERAL (
        SELECT m.customer_id FROM segment_members AS m
        WHERE
            u.unit_kind = 'segment'
            AND m.tenant_id = u.tenant_id
            AND m.snapshot_id = u.snapshot_id
            AND m.segment = u.unit_id
        UNION ALL
        -- A persona takes those in whose job title its words stand first.
        SELECT c.customer_id FROM customers AS c
        WHERE
            u.unit_kind = 'persona'
            AND c.tenant_id = u.tenant_id
            AND u.unit_id = (
                SELECT k.persona
                FROM unnest(%(personas)s::text[], %(patterns)s::text[]) WITH ORDINALITY AS k (persona, pattern, place)
                WHERE coalesce(c.job_title, '') ~* k.pattern
                ORDER BY k.place
                LIMIT 1
            )
        UNION ALL
        SELECT c.customer_id FROM customers AS c
        WHERE u.unit_kind = 'account' AND c.tenant_id = u.tenant_id AND c.account_id = u.unit_id
        UNION ALL
        SELECT u.unit_id WHERE u.unit_kind = 'person'
        ORDER BY customer_id
        LIMIT %(most)s
    ) AS r
    WHERE u.tenant_id = current_setting('liftline.tenant') AND u.campaign_id = %(campaign)s
)

SELECT
    r.unit_kind,
    r.unit_id,
    r.customer_id,
    k.known_as
FROM readers AS r
CROSS JOIN LATERAL (
    SELECT r.customer_id AS known_as
    UNION ALL
    SELECT a.alias_id FROM customer_aliases AS a
    WHERE a.tenant_id = current_setting('liftline.tenant') AND a.customer_id = r.customer_id
) AS k;

-- name: analyse_asked
ANALYZE asked_of;

-- name: audience
SELECT DISTINCT unit_kind, unit_id, customer_id FROM asked_of
ORDER BY unit_kind, unit_id, customer_id;

-- name: bought
-- Purchases under the id that their buyer has today.
CREATE TEMP TABLE bought ON COMMIT DROP AS
SELECT
    coalesce(a.customer_id, o.customer_id) AS customer_id,
    o.ordered_at,
    o.amount::float8 AS amount
FROM orders AS o
LEFT JOIN customer_aliases AS a ON o.tenant_id = a.tenant_id AND o.customer_id = a.alias_id
WHERE
    o.tenant_id = current_setting('liftline.tenant')
    AND o.ordered_at <= %(until)s
    AND (%(of_all)s OR o.customer_id IN (SELECT known_as FROM asked_of));

-- name: did
-- What people did, never what robots did.
CREATE TEMP TABLE did ON COMMIT DROP AS
SELECT
    coalesce(a.customer_id, e.customer_id) AS customer_id,
    lower(e.event) AS event,
    e.occurred_at
FROM events AS e
LEFT JOIN customer_aliases AS a ON e.tenant_id = a.tenant_id AND e.customer_id = a.alias_id
WHERE
    e.tenant_id = current_setting('liftline.tenant')
    AND e.label = 'human'
    AND e.occurred_at <= %(until)s
    AND (%(of_all)s OR e.customer_id IN (SELECT known_as FROM asked_of));

-- name: recorded
-- Whether what people did was written down already in the weeks that the oldest cases look back on: there is a tenth at
-- least of what there is before the newest.
SELECT
    10 * count(*) FILTER (WHERE occurred_at > %(oldest)s - interval '90 days' AND occurred_at <= %(oldest)s)
    >= count(*) FILTER (WHERE occurred_at > %(newest)s - interval '90 days' AND occurred_at <= %(newest)s) AS yes
FROM did;

-- name: answered
-- How people answered our messages. A click that unsubscribes is no interest.
CREATE TEMP TABLE answered ON COMMIT DROP AS
SELECT
    e.message_id,
    coalesce(a.customer_id, e.customer_id, s.customer_id) AS customer_id,
    e.event,
    e.occurred_at
FROM labelled_events AS e
LEFT JOIN sends AS s ON e.tenant_id = s.tenant_id AND e.message_id = s.message_id
LEFT JOIN message_links AS l
    ON e.tenant_id = l.tenant_id AND e.campaign_id = l.campaign_id AND e.link_id = l.link_id
LEFT JOIN customer_aliases AS a
    ON e.tenant_id = a.tenant_id AND coalesce(e.customer_id, s.customer_id) = a.alias_id
WHERE
    e.tenant_id = current_setting('liftline.tenant')
    AND e.verdict = 'human'
    AND e.event IN ('opened', 'clicked', 'replied', 'converted')
    AND (e.event <> 'clicked' OR l.kind IS NULL OR l.kind IN ('action', 'body'))
    AND e.occurred_at <= %(until)s
    AND (%(of_all)s OR coalesce(e.customer_id, s.customer_id) IN (SELECT known_as FROM asked_of));

-- name: received
CREATE TEMP TABLE received ON COMMIT DROP AS
SELECT
    coalesce(a.customer_id, s.customer_id) AS customer_id,
    s.message_id,
    s.campaign_id,
    s.variant_id,
    s.version,
    s.channel,
    s.step,
    s.claimed_at
FROM sends AS s
LEFT JOIN customer_aliases AS a ON s.tenant_id = a.tenant_id AND s.customer_id = a.alias_id
WHERE
    s.tenant_id = current_setting('liftline.tenant')
    AND s.claimed_at <= %(until)s
    AND s.state NOT IN ('queued', 'claimed', 'rejected', 'cancelled', 'skipped')
    AND (%(of_all)s OR s.customer_id IN (SELECT known_as FROM asked_of));

-- name: analyse
ANALYZE bought, did, answered, received;

-- name: subjects_churn
-- Who bought within a year before the moment.
CREATE TEMP TABLE subjects ON COMMIT DROP AS
SELECT
    row_number() OVER (ORDER BY m.as_of, c.customer_id) AS unit,
    c.customer_id,
    m.as_of,
    NULL::text AS message_id
FROM unnest(%(moments)s::timestamptz[]) AS m (as_of)
CROSS JOIN customers AS c
WHERE
    c.tenant_id = current_setting('liftline.tenant')
    AND (c.signup_date IS NULL OR c.signup_date <= m.as_of::date)
    AND mod(abs(hashtextextended(c.customer_id, 0)), 1000000) < %(of_a_million)s
    AND EXISTS (
        SELECT FROM bought AS o
        WHERE
            o.customer_id = c.customer_id
            AND o.ordered_at <= m.as_of
            AND o.ordered_at > m.as_of - interval '365 days'
    );

-- name: subjects_conversion
CREATE TEMP TABLE subjects ON COMMIT DROP AS
SELECT
    row_number() OVER (ORDER BY m.as_of, c.customer_id) AS unit,
    c.customer_id,
    m.as_of,
    NULL::text AS message_id
FROM unnest(%(moments)s::timestamptz[]) AS m (as_of)
CROSS JOIN customers AS c
WHERE
    c.tenant_id = current_setting('liftline.tenant')
    AND (c.signup_date IS NULL OR c.signup_date <= m.as_of::date)
    AND mod(abs(hashtextextended(c.customer_id, 0)), 1000000) < %(of_a_million)s;

-- name: subjects_lead_quality
-- Who never bought before the moment.
CREATE TEMP TABLE subjects ON COMMIT DROP AS
SELECT
    row_number() OVER (ORDER BY m.as_of, c.customer_id) AS unit,
    c.customer_id,
    m.as_of,
    NULL::text AS message_id
FROM unnest(%(moments)s::timestamptz[]) AS m (as_of)
CROSS JOIN customers AS c
WHERE
    c.tenant_id = current_setting('liftline.tenant')
    AND (c.signup_date IS NULL OR c.signup_date <= m.as_of::date)
    AND mod(abs(hashtextextended(c.customer_id, 0)), 1000000) < %(of_a_million)s
    AND NOT EXISTS (
        SELECT FROM bought AS o
        WHERE o.customer_id = c.customer_id AND o.ordered_at <= m.as_of
    );

-- name: subjects_messages
-- Each message as of the moment in which it was claimed.
CREATE TEMP TABLE subjects ON COMMIT DROP AS
SELECT
    row_number() OVER (ORDER BY r.claimed_at, r.message_id) AS unit,
    r.customer_id,
    r.claimed_at AS as_of,
    r.message_id
FROM received AS r
WHERE
    r.claimed_at > %(since)s
    AND r.claimed_at <= %(newest)s
    AND mod(abs(hashtextextended(r.message_id, 0)), 1000000) < %(of_a_million)s;

-- name: subjects_audience
CREATE TEMP TABLE subjects ON COMMIT DROP AS
SELECT
    row_number() OVER (ORDER BY a.customer_id) AS unit,
    a.customer_id,
    %(as_of)s::timestamptz AS as_of,
    NULL::text AS message_id
FROM (SELECT DISTINCT customer_id FROM asked_of) AS a;

-- name: subjects_everybody
CREATE TEMP TABLE subjects ON COMMIT DROP AS
SELECT
    row_number() OVER (ORDER BY c.customer_id) AS unit,
    c.customer_id,
    %(as_of)s::timestamptz AS as_of,
    NULL::text AS message_id
FROM customers AS c
WHERE
    c.tenant_id = current_setting('liftline.tenant')
    AND (c.signup_date IS NULL OR c.signup_date <= %(as_of)s::date);

-- name: analyse_subjects
ANALYZE subjects;

-- name: features
-- Everything here is known at the subject's moment: each join says so. Only where people live, what they speak and what
-- they work is as of today; whether a phone or a company is known is left out, for that often comes with a purchase.
SELECT
    s.unit,
    s.customer_id,
    s.as_of,
    c.country,
    c.locale,
    c.job_title,
    s.as_of::date - c.signup_date AS tenure_days,
    o.orders,
    o.orders_30,
    o.orders_90,
    o.orders_365,
    o.spent,
    o.spent_90,
    o.average_order,
    o.recency_days,
    o.recency_days / nullif(o.days_between, 0) AS gaps_since_last,
    o.days_between,
    d.events_30,
    d.events_90,
    d.clicks_90,
    d.visits_90,
    d.silent_days,
    n.opened_90,
    n.clicked_90,
    n.replied_365,
    n.unanswered_days,
    r.messages_30,
    r.messages_90,
    r.message_days
FROM subjects AS s
INNER JOIN customers AS c
    ON c.tenant_id = current_setting('liftline.tenant') AND s.customer_id = c.customer_id
LEFT JOIN (
    SELECT
        t.unit,
        count(*) AS orders,
        count(*) FILTER (WHERE o.ordered_at > t.as_of - interval '30 days') AS orders_30,
        count(*) FILTER (WHERE o.ordered_at > t.as_of - interval '90 days') AS orders_90,
        count(*) FILTER (WHERE o.ordered_at > t.as_of - interval '365 days') AS orders_365,
        sum(o.amount) AS spent,
        sum(o.amount) FILTER (WHERE o.ordered_at > t.as_of - interval '90 days') AS spent_90,
        avg(o.amount) AS average_order,
        date_part('epoch', min(t.as_of) - max(o.ordered_at)) / 86400 AS recency_days,
        date_part('epoch', max(o.ordered_at) - min(o.ordered_at)) / 86400
        / nullif(count(*) - 1, 0) AS days_between
    FROM subjects AS t
    INNER JOIN bought AS o ON t.customer_id = o.customer_id AND o.ordered_at <= t.as_of
    GROUP BY t.unit
) AS o ON s.unit = o.unit
LEFT JOIN (
    SELECT
        t.unit,
        count(*) FILTER (WHERE e.occurred_at > t.as_of - interval '30 days') AS events_30,
        count(*) AS events_90,
        count(*) FILTER (WHERE e.event LIKE '%%click%%') AS clicks_90,
        count(*) FILTER (
            WHERE e.event IN ('visit', 'page_view', 'pageview', 'session', 'login', 'form_submit')
        ) AS visits_90,
        date_part('epoch', min(t.as_of) - max(e.occurred_at)) / 86400 AS silent_days
    FROM subjects AS t
    INNER JOIN did AS e
        ON
            t.customer_id = e.customer_id
            AND e.occurred_at <= t.as_of
            AND e.occurred_at > t.as_of - interval '90 days'
    GROUP BY t.unit
) AS d ON s.unit = d.unit
LEFT JOIN (
    SELECT
        t.unit,
        count(*) FILTER (WHERE e.event = 'opened' AND e.occurred_at > t.as_of - interval '90 days') AS opened_90,
        count(*) FILTER (WHERE e.event = 'clicked' AND e.occurred_at > t.as_of - interval '90 days') AS clicked_90,
        count(*) FILTER (WHERE e.event = 'replied') AS replied_365,
        date_part('epoch', min(t.as_of) - max(e.occurred_at)) / 86400 AS unanswered_days
    FROM subjects AS t
    INNER JOIN answered AS e
        ON
            t.customer_id = e.customer_id
            AND e.occurred_at <= t.as_of
            AND e.occurred_at > t.as_of - interval '365 days'
    GROUP BY t.unit
) AS n ON s.unit = n.unit
LEFT JOIN (
    SELECT
        t.unit,
        count(*) FILTER (WHERE r.claimed_at > t.as_of - interval '30 days') AS messages_30,
        count(*) AS messages_90,
        date_part('epoch', min(t.as_of) - max(r.claimed_at)) / 86400 AS message_days
    FROM subjects AS t
    INNER JOIN received AS r
        ON
            t.customer_id = r.customer_id
            -- The message itself is no history of its own.
            AND r.claimed_at < t.as_of
            AND r.claimed_at > t.as_of - interval '90 days'
    GROUP BY t.unit
) AS r ON s.unit = r.unit
ORDER BY s.unit;

-- name: message_features
-- What a message was, and when its reader's clock said it came.
SELECT
    s.unit,
    r.channel,
    r.step::integer AS step,
    v.strategy,
    v.unit_kind,
    c.brief ->> 'tone' AS tone,
    length(v.subject) AS subject_length,
    (v.subject LIKE '%%?')::integer AS subject_asks,
    (v.subject ~ '[0-9]')::integer AS subject_has_number,
    (v.subject LIKE '%%{{%%')::integer AS subject_is_personal,
    array_length(regexp_split_to_array(v.body, '\s+'), 1) AS words,
    date_part('hour', s.as_of AT TIME ZONE coalesce(z.name, 'UTC'))::integer AS hour,
    date_part('isodow', s.as_of AT TIME ZONE coalesce(z.name, 'UTC'))::integer AS weekday
FROM subjects AS s
INNER JOIN received AS r ON s.message_id = r.message_id
INNER JOIN variants AS v
    ON
        v.tenant_id = current_setting('liftline.tenant')
        AND r.variant_id = v.variant_id
        AND r.version = v.version
INNER JOIN campaigns AS c ON v.tenant_id = c.tenant_id AND v.campaign_id = c.campaign_id
INNER JOIN customers AS p ON v.tenant_id = p.tenant_id AND s.customer_id = p.customer_id
LEFT JOIN pg_timezone_names AS z ON p.time_zone = z.name
ORDER BY s.unit;

-- name: outcome_churn
-- Yes: nothing was bought within the horizon.
SELECT
    s.unit,
    (NOT EXISTS (
        SELECT FROM bought AS o
        WHERE o.customer_id = s.customer_id AND o.ordered_at > s.as_of AND o.ordered_at <= s.as_of + %(horizon)s
    ))::integer AS outcome
FROM subjects AS s
ORDER BY s.unit;

-- name: outcome_conversion
SELECT
    s.unit,
    (
        EXISTS (
            SELECT FROM bought AS o
            WHERE o.customer_id = s.customer_id AND o.ordered_at > s.as_of AND o.ordered_at <= s.as_of + %(horizon)s
        )
        OR EXISTS (
            SELECT FROM answered AS e
            WHERE
                e.customer_id = s.customer_id
                AND e.event = 'converted'
                AND e.occurred_at > s.as_of
                AND e.occurred_at <= s.as_of + %(horizon)s
        )
    )::integer AS outcome
FROM subjects AS s
ORDER BY s.unit;

-- name: outcome_response
SELECT
    s.unit,
    (EXISTS (
        SELECT FROM answered AS e
        WHERE
            e.message_id = s.message_id
            AND e.event IN ('clicked', 'replied')
            AND e.occurred_at > s.as_of
            AND e.occurred_at <= s.as_of + %(horizon)s
    ))::integer AS outcome
FROM subjects AS s
ORDER BY s.unit;

-- name: outcome_send_hour
SELECT
    s.unit,
    (EXISTS (
        SELECT FROM answered AS e
        WHERE
            e.message_id = s.message_id
            AND e.event IN ('opened', 'clicked', 'replied')
            AND e.occurred_at > s.as_of
            AND e.occurred_at <= s.as_of + %(horizon)s
    ))::integer AS outcome
FROM subjects AS s
ORDER BY s.unit;

-- name: undecided
-- Of the answers in the window those of which nobody could say whether a person gave them.
SELECT
    count(*) AS answers,
    count(*) FILTER (WHERE e.verdict IS NULL OR e.verdict = 'suspected') AS undecided
FROM labelled_events AS e
WHERE
    e.tenant_id = current_setting('liftline.tenant')
    AND e.event IN ('opened', 'clicked', 'replied')
    AND e.occurred_at > %(since)s
    AND e.occurred_at <= %(until)s;
