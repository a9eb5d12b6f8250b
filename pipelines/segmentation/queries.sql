-- name: tenant_exists
SELECT 1 AS found FROM tenants
WHERE tenant_id = current_setting('liftline.tenant');

-- name: alone
-- One run at a time for a tenant: two would write the same snapshot.
SELECT pg_advisory_xact_lock(hashtextextended('segmentation ' || current_setting('liftline.tenant'), 0));

-- name: set_based
-- Everything here is a join of whole tables. Without fresh statistics, right after an import, the planner would look
-- up a million rows one by one; and it thinks two workers dearer than they are.
SELECT
    set_config('enable_nestloop', 'off', true),
    set_config('work_mem', '256MB', true),
    set_config('parallel_setup_cost', '0', true),
    set_config('parallel_tuple_cost', '0', true);

-- name: population
-- One look at all customers: how many there are, and the clocks that PostgreSQL cannot read.
SELECT
    coalesce(sum(z.known), 0)::bigint AS known,
    coalesce(sum(z.later), 0)::bigint AS not_yet_customers,
    coalesce(
        array_agg(z.time_zone) FILTER (WHERE z.time_zone NOT IN (SELECT name FROM pg_timezone_names)), '{}'
    ) AS unreadable
FROM (
    SELECT
        time_zone,
        count(*) AS known,
        count(*) FILTER (WHERE signup_date > %(today)s::date) AS later
    FROM customers
    WHERE tenant_id = current_setting('liftline.tenant')
    GROUP BY time_zone
) AS z;

-- name: inputs
-- Every change leaves rows of a younger transaction or fewer rows, whoever made it: no writer has to remember.
SELECT
    (
        SELECT concat_ws('/', count(*), sum(xmin::text::bigint)) FROM customers
        WHERE tenant_id = current_setting('liftline.tenant')
    ) AS customers,
    (
        SELECT concat_ws('/', count(*), sum(xmin::text::bigint)) FROM orders
        WHERE tenant_id = current_setting('liftline.tenant')
    ) AS orders,
    (
        SELECT concat_ws('/', count(*), sum(xmin::text::bigint)) FROM events
        WHERE tenant_id = current_setting('liftline.tenant')
    ) AS events;

-- name: time_zone_exists
SELECT 1 AS found FROM pg_timezone_names
WHERE name = %(zone)s;

-- name: cuts
-- Where to cut the customers into ranges of about equal work; a small tenant is seldom sampled and stays whole.
SELECT
    coalesce(percentile_disc(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY s.customer_id), '{}') AS cuts
FROM (
    SELECT customer_id FROM orders TABLESAMPLE SYSTEM (1) REPEATABLE (1)
    WHERE tenant_id = current_setting('liftline.tenant')
    UNION ALL
    SELECT customer_id FROM customers TABLESAMPLE SYSTEM (1) REPEATABLE (1)
    WHERE tenant_id = current_setting('liftline.tenant')
) AS s;

-- name: along_the_keys
-- Customers and their orders lie in the same order in two indexes: read side by side, nothing is sorted or hashed.
SELECT
    set_config('enable_seqscan', %(otherwise)s, true),
    set_config('enable_bitmapscan', %(otherwise)s, true),
    set_config('enable_hashjoin', %(otherwise)s, true),
    set_config('enable_hashagg', %(otherwise)s, true);

-- name: bought
-- What each customer of a range bought. Where no order is known up to the moment, what the customer's own row sums up
-- stands in. Such sums bear no date, so they are not believed when the last purchase that they include lies after the
-- moment. "Up to the moment", not "at all": else an order that comes later would change what was true before. A rate is
-- looked up in a short array: a join would undo the walk along the keys.
SELECT
    t.customer_id,
    t.signup_date,
    t.opens,
    t.clicks,
    t.hour,
    t.frequency,
    CASE WHEN t.frequency > 0 THEN t.last_day END AS bought_on,
    CASE WHEN t.frequency > 0 THEN coalesce(t.spent, 0) ELSE 0 END AS monetary,
    (CASE WHEN t.frequency > 0 THEN coalesce(t.spent, 0) ELSE 0 END * 100)::bigint AS cents
FROM (
    SELECT
        c.customer_id,
        c.signup_date,
        c.opens,
        c.clicks,
        CASE
            WHEN count(o.customer_id) > 0 THEN count(o.customer_id)
            WHEN c.last_purchase_date > %(today)s::date THEN 0
            ELSE coalesce(c.orders, (c.last_purchase_date IS NOT NULL OR coalesce(c.total_spend, 0) > 0)::integer)
        END::integer AS frequency,
        CASE
            WHEN count(o.customer_id) > 0 THEN (max(o.ordered_at) AT TIME ZONE 'UTC')::date
            ELSE c.last_purchase_date
        END AS last_day,
        CASE
            WHEN count(o.customer_id) > 0
                THEN sum(
                    o.amount
                    * coalesce((%(rates)s::numeric[])[array_position(%(currencies)s::text[], o.currency)], 1)
                )
            ELSE c.total_spend
        END AS spent,
        mode() WITHIN GROUP (
            ORDER BY date_part(
                'hour',
                o.ordered_at AT TIME ZONE CASE
                    WHEN c.time_zone IS NULL OR c.time_zone = ANY(%(unreadable)s::text[]) THEN %(zone)s
                    ELSE c.time_zone
                END
            )::smallint
        ) AS hour
    FROM customers AS c
    LEFT JOIN orders AS o
        ON
            c.tenant_id = o.tenant_id
            AND c.customer_id = o.customer_id
            AND o.ordered_at <= %(as_of)s
            AND o.customer_id >= %(first)s
            AND (%(beyond)s::text IS NULL OR o.customer_id < %(beyond)s::text)
    WHERE
        c.tenant_id = current_setting('liftline.tenant')
        AND c.customer_id >= %(first)s
        AND (%(beyond)s::text IS NULL OR c.customer_id < %(beyond)s::text)
        AND (c.signup_date IS NULL OR c.signup_date <= %(today)s::date)
    GROUP BY c.tenant_id, c.customer_id
) AS t;

-- name: did
-- Events under names that the policy does not know count for nothing, but their customer has events.
CREATE TEMP TABLE did ON COMMIT DROP AS
SELECT
    e.customer_id,
    coalesce(sum(e.weight) FILTER (WHERE e.counts AND NOT e.is_purchase), 0)::float8 AS points,
    count(*) FILTER (WHERE e.counts AND e.is_purchase) AS purchases,
    (max(e.occurred_at) FILTER (WHERE e.counts AND e.engages) AT TIME ZONE 'UTC')::date AS last_day,
    mode() WITHIN GROUP (ORDER BY e.hour) FILTER (WHERE e.counts AND e.tells_hour) AS hour
FROM (
    SELECT
        v.customer_id,
        v.occurred_at,
        k.weight,
        k.engages,
        k.is_purchase,
        k.tells_hour,
        coalesce(NOT k.human_only OR v.label = 'human', false) AS counts,
        date_part(
            'hour',
            v.occurred_at AT TIME ZONE CASE
                WHEN c.time_zone IS NULL OR c.time_zone = ANY(%(unreadable)s::text[]) THEN %(zone)s
                ELSE c.time_zone
            END
        )::smallint AS hour
    FROM events AS v
    INNER JOIN customers AS c ON c.tenant_id = v.tenant_id AND c.customer_id = v.customer_id
    LEFT JOIN
        unnest(
            %(names)s::text[],
            %(weights)s::numeric[],
            %(engaging)s::boolean[],
            %(human_only)s::boolean[],
            %(purchases)s::boolean[],
            %(tells_hour)s::boolean[]
        ) AS k (name, weight, engages, human_only, is_purchase, tells_hour)
        ON k.name = lower(btrim(v.event))
    WHERE v.tenant_id = current_setting('liftline.tenant') AND v.occurred_at <= %(as_of)s
) AS e
GROUP BY e.customer_id;

-- name: edges
-- A fifth of the buyers lies at or under the first edge, and so on; whole cents sort faster than numeric.
SELECT
    percentile_disc(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY %(today)s::date - bought_on)
    FILTER (WHERE bought_on IS NOT NULL) AS recency,
    percentile_disc(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY frequency) AS frequency,
    percentile_disc(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY cents) AS cents
FROM bought
WHERE frequency > 0;

-- name: profile_now
-- Score: one more than the number of edges strictly below, so equal values have equal scores.
-- Each OFFSET 0 keeps the planner from working the same expression out once for every place that names it.
-- Where no event of a customer is known up to the moment, the opens and clicks of the customer's own row stand in.
CREATE TEMP TABLE profile_now ON COMMIT DROP AS
SELECT
    row_number() OVER (ORDER BY t.customer_id COLLATE "C")::integer AS place,
    t.customer_id,
    t.recency_days,
    t.frequency,
    t.monetary::numeric(16, 2) AS monetary,
    CASE WHEN t.frequency > 0 THEN (t.monetary / t.frequency)::numeric(14, 2) END AS average_order,
    t.r,
    t.f,
    t.m,
    t.engagement_score,
    t.inactive_days,
    CASE
        WHEN t.signup_days <= %(new_days)s THEN 'new'
        WHEN greatest(t.frequency, t.purchases) = 0 THEN 'prospect'
        WHEN t.inactive_days IS NULL THEN %(without_dates)s
        WHEN t.inactive_days >= %(churned_after)s THEN 'churned'
        WHEN t.inactive_days > %(active_days)s OR t.churn_risk >= %(high_churn_risk)s THEN 'at_risk'
        ELSE 'active'
    END AS lifecycle_stage,
    t.churn_risk,
    t.preferred_hour
FROM (
    SELECT
        u.*,
        trunc(10000 * greatest(0, least(1, (
            %(w_recency)s::float8
            * least(1, coalesce(u.recency_days, u.inactive_days, %(horizon)s)::float8 / %(horizon)s)
            + %(w_frequency)s::float8 * (1 - u.frequency / (u.frequency + %(half_at_orders)s::float8))
            + %(w_monetary)s::float8 * (u.m - 1) / 4
            + %(w_engagement)s::float8 * (1 - u.engagement_score)
        ) / %(w_positive)s::float8)) + 0.5) / 10000 AS churn_risk
    FROM (
        SELECT
            s.*,
            trunc(s.engagement * 10000 + 0.5) / 10000 AS engagement_score,
            CASE
                WHEN s.frequency > 0 AND s.recency_days IS NOT NULL
                    THEN
                        5
                        - (s.recency_days > e.recency[1])::integer - (s.recency_days > e.recency[2])::integer
                        - (s.recency_days > e.recency[3])::integer - (s.recency_days > e.recency[4])::integer
                ELSE 1
            END::smallint AS r,
            CASE
                WHEN s.frequency > 0
                    THEN
                        1
                        + (s.frequency > e.frequency[1])::integer + (s.frequency > e.frequency[2])::integer
                        + (s.frequency > e.frequency[3])::integer + (s.frequency > e.frequency[4])::integer
                ELSE 1
            END::smallint AS f,
            CASE
                WHEN s.frequency > 0
                    THEN
                        1
                        + (s.cents > e.cents[1])::integer + (s.cents > e.cents[2])::integer
                        + (s.cents > e.cents[3])::integer + (s.cents > e.cents[4])::integer
                ELSE 1
            END::smallint AS m
        FROM (
            SELECT
                w.*,
                w.points / (w.points + %(half_at)s::float8) AS engagement
            FROM (
                SELECT
                    b.customer_id,
                    b.frequency,
                    b.monetary,
                    b.cents,
                    %(today)s::date - b.bought_on AS recency_days,
                    %(today)s::date - greatest(b.bought_on, d.last_day, b.signup_date) AS inactive_days,
                    %(today)s::date - b.signup_date AS signup_days,
                    coalesce(d.hour, b.hour) AS preferred_hour,
                    coalesce(d.purchases, 0) AS purchases,
                    greatest(
                        0,
                        CASE
                            WHEN d.customer_id IS NULL
                                THEN %(open)s::float8 * coalesce(b.opens, 0) + %(click)s::float8 * coalesce(b.clicks, 0)
                            ELSE d.points
                        END
                        + %(purchase)s::float8 * greatest(b.frequency, coalesce(d.purchases, 0))
                    ) AS points
                FROM bought AS b
                LEFT JOIN did AS d ON b.customer_id = d.customer_id
                OFFSET 0
            ) AS w
        ) AS s
        CROSS JOIN (
            SELECT
                %(recency)s::integer[] AS recency,
                %(frequency)s::integer[] AS frequency,
                %(cents)s::bigint[] AS cents
        ) AS e
        OFFSET 0
    ) AS u
    OFFSET 0
) AS t;

-- name: stages
SELECT
    lifecycle_stage,
    count(*) AS customers
FROM profile_now
GROUP BY lifecycle_stage
ORDER BY lifecycle_stage;

-- name: kept_set
SELECT customers FROM profile_sets
WHERE tenant_id = current_setting('liftline.tenant') AND as_of = %(as_of)s AND basis = %(basis)s;

-- name: profile_then
CREATE TEMP TABLE profile_now ON COMMIT DROP AS
SELECT
    row_number() OVER (ORDER BY customer_id COLLATE "C")::integer AS place,
    customer_id,
    recency_days,
    frequency,
    monetary,
    average_order,
    r,
    f,
    m,
    engagement_score,
    inactive_days,
    lifecycle_stage,
    churn_risk,
    preferred_hour
FROM profiles
WHERE tenant_id = current_setting('liftline.tenant') AND as_of = %(as_of)s;

-- name: drop_profile_now
DROP TABLE profile_now;

-- name: store_set
INSERT INTO profile_sets (tenant_id, as_of, basis, customers)
SELECT current_setting('liftline.tenant') AS tenant_id, %(as_of)s AS as_of, %(basis)s AS basis, count(*) AS customers
FROM profile_now
ON CONFLICT (tenant_id, as_of) DO UPDATE SET basis = excluded.basis, customers = excluded.customers;

-- name: profiles_kept
SELECT EXISTS(
    SELECT 1 FROM profiles
    WHERE tenant_id = current_setting('liftline.tenant') AND as_of = %(as_of)s
) AS found;

-- name: insert_profiles
-- They lie in order of the key, and an index grows faster at its end.
INSERT INTO profiles (
    tenant_id, customer_id, as_of, recency_days, frequency, monetary, average_order, r, f, m, engagement_score,
    inactive_days, lifecycle_stage, churn_risk, preferred_hour
)
SELECT
    current_setting('liftline.tenant') AS tenant_id,
    customer_id,
    %(as_of)s AS as_of,
    recency_days,
    frequency,
    monetary,
    average_order,
    r,
    f,
    m,
    engagement_score,
    inactive_days,
    lifecycle_stage,
    churn_risk,
    preferred_hour
FROM profile_now;

-- name: merge_profiles
MERGE INTO profiles AS p
USING profile_now AS n
    ON
        p.tenant_id = current_setting('liftline.tenant')
        AND p.as_of = %(as_of)s
        AND p.customer_id = n.customer_id
WHEN MATCHED AND (
    p.recency_days, p.frequency, p.monetary, p.average_order, p.r, p.f, p.m, p.engagement_score, p.inactive_days,
    p.lifecycle_stage, p.churn_risk, p.preferred_hour
) IS DISTINCT FROM (
    n.recency_days, n.frequency, n.monetary, n.average_order, n.r, n.f, n.m, n.engagement_score, n.inactive_days,
    n.lifecycle_stage, n.churn_risk, n.preferred_hour
) THEN
    UPDATE
        SET
            recency_days = n.recency_days,
            frequency = n.frequency,
            monetary = n.monetary,
            average_order = n.average_order,
            r = n.r, f = n.f, m = n.m, engagement_score = n.engagement_score, inactive_days = n.inactive_days,
            lifecycle_stage = n.lifecycle_stage, churn_risk = n.churn_risk, preferred_hour = n.preferred_hour
WHEN NOT MATCHED THEN INSERT (
    tenant_id, customer_id, as_of, recency_days, frequency, monetary, average_order, r, f, m, engagement_score,
    inactive_days, lifecycle_stage, churn_risk, preferred_hour
) VALUES (
    current_setting('liftline.tenant'), n.customer_id, %(as_of)s, n.recency_days, n.frequency, n.monetary,
    n.average_order, n.r, n.f, n.m, n.engagement_score, n.inactive_days, n.lifecycle_stage, n.churn_risk,
    n.preferred_hour
);

-- name: forget_profiles
DELETE FROM profiles AS p
WHERE
    p.tenant_id = current_setting('liftline.tenant')
    AND p.as_of = %(as_of)s
    AND NOT EXISTS (
        SELECT 1 FROM profile_now AS n
        WHERE n.customer_id = p.customer_id
    );

-- name: clustered
CREATE TEMP TABLE clustered (place integer, cluster smallint) ON COMMIT DROP;

-- name: counts
SELECT
    number,
    count(*) AS customers
FROM placed
GROUP BY number
ORDER BY number;

-- name: snapshot
SELECT
    snapshot_id,
    scheme,
    as_of,
    campaign_id,
    customers,
    basis
FROM segment_snapshots
WHERE tenant_id = current_setting('liftline.tenant') AND snapshot_id = %(snapshot_id)s;

-- name: segments
SELECT
    segment,
    description,
    customers,
    flag
FROM segments
WHERE tenant_id = current_setting('liftline.tenant') AND snapshot_id = %(snapshot_id)s
ORDER BY customers DESC, segment;

-- name: insert_members
INSERT INTO segment_members (tenant_id, snapshot_id, customer_id, segment, reason)
SELECT
    current_setting('liftline.tenant') AS tenant_id,
    %(snapshot_id)s AS snapshot_id,
    customer_id,
    (%(segment_of)s::text[])[number + 1] AS segment,
    reason || (%(note_of)s::text[])[number + 1] AS reason
FROM placed;

-- name: merge_members
MERGE INTO segment_members AS m
USING (
    SELECT
        w.customer_id,
        (%(segment_of)s::text[])[w.number + 1] AS segment,
        w.reason || (%(note_of)s::text[])[w.number + 1] AS reason
    FROM placed AS w
) AS n
    ON
        m.tenant_id = current_setting('liftline.tenant')
        AND m.snapshot_id = %(snapshot_id)s
        AND m.customer_id = n.customer_id
WHEN MATCHED AND (m.segment, m.reason) IS DISTINCT FROM (n.segment, n.reason) THEN
    UPDATE
        SET
            segment = n.segment, reason = n.reason
WHEN NOT MATCHED THEN
    INSERT (tenant_id, snapshot_id, customer_id, segment, reason)
    VALUES (current_setting('liftline.tenant'), %(snapshot_id)s, n.customer_id, n.segment, n.reason);

-- name: forget_members
DELETE FROM segment_members AS m
WHERE
    m.tenant_id = current_setting('liftline.tenant')
    AND m.snapshot_id = %(snapshot_id)s
    AND NOT EXISTS (
        SELECT 1 FROM profile_now AS n
        WHERE n.customer_id = m.customer_id
    );

-- name: store_segments
MERGE INTO segments AS s
USING
    unnest(%(segments)s::text[], %(descriptions)s::text[], %(customers)s::bigint[], %(flags)s::text[])
        AS n (segment, description, customers, flag)
    ON
        s.tenant_id = current_setting('liftline.tenant')
        AND s.snapshot_id = %(snapshot_id)s
        AND s.segment = n.segment
WHEN MATCHED AND (s.description, s.customers, s.flag) IS DISTINCT FROM (n.description, n.customers, n.flag)
THEN UPDATE SET description = n.description, customers = n.customers, flag = n.flag
WHEN NOT MATCHED THEN
    INSERT (tenant_id, snapshot_id, segment, description, customers, flag)
    VALUES (current_setting('liftline.tenant'), %(snapshot_id)s, n.segment, n.description, n.customers, n.flag);

-- name: forget_segments
DELETE FROM segments
WHERE
    tenant_id = current_setting('liftline.tenant')
    AND snapshot_id = %(snapshot_id)s
    AND segment <> ALL(%(segments)s::text[]);

-- name: store_snapshot
INSERT INTO segment_snapshots (
    tenant_id, snapshot_id, scheme, as_of, campaign_id, definition, customers, taken_at, basis
)
VALUES (
    current_setting('liftline.tenant'), %(snapshot_id)s, %(scheme)s, %(as_of)s, %(campaign_id)s, %(definition)s::jsonb,
    %(customers)s, %(taken_at)s, %(basis)s
)
ON CONFLICT (tenant_id, snapshot_id) DO NOTHING;

-- name: retake_snapshot
UPDATE segment_snapshots SET customers = %(customers)s, taken_at = %(taken_at)s
WHERE tenant_id = current_setting('liftline.tenant') AND snapshot_id = %(snapshot_id)s;

-- name: rebase_snapshot
UPDATE segment_snapshots SET basis = %(basis)s
WHERE tenant_id = current_setting('liftline.tenant') AND snapshot_id = %(snapshot_id)s;
