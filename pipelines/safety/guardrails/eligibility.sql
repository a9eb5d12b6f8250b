-- name: set_based
-- Everything here is a join of whole tables. Without fresh statistics the planner would look up a million rows one by
-- one, or sort where hashing is faster; and it thinks two workers dearer than they are.
SELECT
    set_config('enable_nestloop', 'off', true),
    set_config('enable_sort', 'off', true),
    set_config('work_mem', '256MB', true),
    set_config('parallel_setup_cost', '0', true),
    set_config('parallel_tuple_cost', '0', true);

-- name: audience_segment
SELECT
    m.customer_id,
    u.unit_id
FROM segment_members AS m
INNER JOIN audience_units AS u
    ON
        u.tenant_id = m.tenant_id
        AND u.campaign_id = %(campaign_id)s
        AND u.unit_kind = 'segment'
        AND u.snapshot_id = m.snapshot_id
        AND u.unit_id = m.segment
WHERE
    m.tenant_id = %(tenant)s
    AND m.snapshot_id = %(snapshot_id)s
    AND {of_these};

-- name: audience_persona
SELECT
    m.customer_id,
    u.unit_id
FROM customers AS m
CROSS JOIN LATERAL (
    SELECT k.persona
    FROM unnest(%(personas)s::text[], %(patterns)s::text[]) WITH ORDINALITY AS k (persona, pattern, place)
    WHERE coalesce(m.job_title, '') ~* k.pattern
    ORDER BY k.place
    LIMIT 1
) AS p
INNER JOIN audience_units AS u
    ON
        u.tenant_id = m.tenant_id
        AND u.campaign_id = %(campaign_id)s
        AND u.unit_kind = 'persona'
        AND u.unit_id = p.persona
WHERE m.tenant_id = %(tenant)s AND {of_these};

-- name: audience_account
SELECT
    m.customer_id,
    u.unit_id
FROM customers AS m
INNER JOIN audience_units AS u
    ON
        u.tenant_id = m.tenant_id
        AND u.campaign_id = %(campaign_id)s
        AND u.unit_kind = 'account'
        AND u.unit_id = m.account_id
WHERE m.tenant_id = %(tenant)s AND {of_these};

-- name: audience_person
-- A unit keeps the id that it was made for.
SELECT
    u.unit_id AS customer_id,
    u.unit_id
FROM audience_units AS u
LEFT JOIN customer_aliases AS a ON a.tenant_id = %(tenant)s AND a.alias_id = u.unit_id
INNER JOIN customers AS m ON m.tenant_id = u.tenant_id AND m.customer_id = coalesce(a.customer_id, u.unit_id)
WHERE u.tenant_id = %(tenant)s AND u.campaign_id = %(campaign_id)s AND u.unit_kind = 'person' AND {of_these};

-- name: renamed
-- Who of these has taken another id since.
SELECT
    alias_id,
    customer_id
FROM customer_aliases
WHERE tenant_id = %(tenant)s AND alias_id = ANY(%(customers)s::text[]);

-- name: known_as
-- The ids and the hashes of addresses under which ledgers may hold these people.
SELECT
    (
        SELECT array_agg(a.alias_id) FROM customer_aliases AS a
        WHERE a.tenant_id = %(tenant)s AND a.customer_id = ANY(%(customers)s::text[])
    ) AS ids,
    (
        SELECT array_agg(encode(sha256(convert_to(%(tenant)s || ':' || lower(held.address), 'UTF8')), 'hex'))::text
        FROM customers AS c
        CROSS JOIN LATERAL unnest(ARRAY[c.email, c.phone]) AS held (address)
        WHERE
            c.tenant_id = %(tenant)s
            AND c.customer_id = ANY(%(customers)s::text[])
            AND held.address IS NOT NULL
    ) AS address_hashes;

-- name: any_erased
SELECT EXISTS(
    SELECT 1 FROM suppressions
    WHERE tenant_id = current_setting('liftline.tenant') AND reason = 'erasure'
) AS found;

-- name: masks
-- The rules about one customer, once: over a whole audience, or over a few ids at the moment of sending. Each rule that
-- holds something against a customer sets its bit; what the bits mean stands in reasons.py. An audience, and ledgers
-- that keep the id they were given for, are read through the aliases. Two things are spelt out for speed: the tenant,
-- for a setting would be looked up for every row, and address_hash(), which PostgreSQL does not inline. Each HAVING
-- leaves out those of whom the ledger says nothing that matters, so that what is joined stays small.
SELECT
    m.customer_id,
    m.known_now,
    m.unit_id,
    CASE WHEN %(stopped)s THEN %(campaign_stopped)s ELSE 0 END
    | CASE WHEN c.customer_id IS NULL THEN %(unknown_customer)s ELSE 0 END
    | CASE WHEN (coalesce(x.reasons, 0) | coalesce(y.reasons, 0)) & 1 > 0 THEN %(erased)s ELSE 0 END
    | CASE WHEN c.customer_id IS NOT NULL AND ({address}) IS NULL THEN %(no_address)s ELSE 0 END
    | CASE WHEN (coalesce(x.reasons, 0) | coalesce(y.reasons, 0)) & 2 > 0 THEN %(unsubscribed)s ELSE 0 END
    | CASE WHEN (coalesce(x.reasons, 0) | coalesce(y.reasons, 0)) & 4 > 0 THEN %(complained)s ELSE 0 END
    | CASE WHEN (coalesce(x.reasons, 0) | coalesce(y.reasons, 0)) & 8 > 0 THEN %(hard_bounced)s ELSE 0 END
    | CASE WHEN (coalesce(x.reasons, 0) | coalesce(y.reasons, 0)) & 16 > 0 THEN %(blocked)s ELSE 0 END
    | CASE WHEN k.objected_at >= coalesce(k.accepted_at, '-infinity') THEN %(objected)s ELSE 0 END
    | CASE WHEN k.denied_at >= coalesce(k.granted_at, '-infinity') THEN %(consent_withdrawn)s ELSE 0 END
    | CASE
        WHEN
            k.no_sale_at >= coalesce(k.sale_at, '-infinity')
            AND (
                w.country IS NULL
                OR (w.sale_regions IS NOT NULL AND coalesce(upper(btrim(c.region)) = ANY(w.sale_regions), true))
            )
            THEN %(sale_opt_out)s
        ELSE 0
    END
    | CASE
        WHEN NOT coalesce(w.opt_in, true) OR k.denied_at >= coalesce(k.granted_at, '-infinity') THEN 0
        WHEN k.granted_at IS NULL AND k.other_at IS NULL THEN %(no_consent)s
        WHEN k.granted_at IS NULL THEN %(wrong_purpose)s
        WHEN
            k.granted_at <= CASE WHEN w.country IS NULL THEN %(strict_oldest)s::timestamptz ELSE w.oldest END
            THEN %(consent_too_old)s
        ELSE 0
    END
    | CASE WHEN ({address}) LIKE ANY(%(forbidden_prefixes)s::text[]) THEN %(forbidden_number)s ELSE 0 END
    | CASE WHEN f.only_channel NOT IN ('any', %(channel)s) THEN %(other_channel_only)s ELSE 0 END
    | CASE WHEN f.only_topic NOT IN ('any', %(topic)s) THEN %(other_topic_only)s ELSE 0 END
    | CASE
        WHEN greatest(b.bounces, s.bounces) >= %(most_bounces)s THEN %(soft_opt_out)s
        ELSE 0
    END
    | CASE WHEN t.campaigns >= %(campaigns_a_day)s THEN %(day_cap)s ELSE 0 END
    | CASE WHEN s.of_late >= %(messages)s THEN %(frequency_cap)s ELSE 0 END
    | CASE
        WHEN f.weekly_digest = 'on' AND s.newest_at > %(digest_since)s::timestamptz THEN %(digest_not_due)s
        ELSE 0
    END
    | CASE
        WHEN p.engagement_score > %(engaged_above)s THEN 0
        WHEN
            coalesce(p.frequency, 0) = 0
            AND coalesce(s.unanswered, 0) < %(chances)s
            THEN 0
        ELSE %(low_engagement)s
    END
    | CASE
        WHEN
            p.monetary > CASE
                WHEN p.lifecycle_stage = ANY(%(retention_stages)s::text[]) THEN %(vip_in_retention)s
                ELSE %(vip_above)s
            END::numeric
            AND NOT %(vips_released)s
            AND m.customer_id <> ALL(%(released)s::text[])
            THEN %(vip)s
        ELSE 0
    END
    | CASE
        WHEN NOT %(disturbs)s OR c.time_zone = ANY(%(awake_zones)s::text[]) THEN 0
        WHEN c.time_zone = ANY(%(asleep_zones)s::text[]) THEN %(quiet_hours)s
        WHEN c.country IS NULL THEN CASE WHEN %(awake_anywhere)s THEN 0 ELSE %(quiet_hours)s END
        WHEN c.country = ANY(%(awake_countries)s::text[]) THEN 0
        ELSE %(quiet_hours)s
    END AS mask
FROM (
    SELECT
        q.customer_id,
        q.unit_id,
        coalesce(n.customer_id, q.customer_id) AS known_now
    FROM ({audience}) AS q
    LEFT JOIN customer_aliases AS n ON n.tenant_id = %(tenant)s AND n.alias_id = q.customer_id
) AS m
LEFT JOIN {rows_of_these} AS c
    ON c.tenant_id = %(tenant)s AND c.customer_id = m.known_now
LEFT JOIN {profiles_of_these} AS p
    ON
        p.tenant_id = %(tenant)s
        AND p.as_of = %(profiles_as_of)s
        AND {same_profile}
LEFT JOIN (
    SELECT
        law.country,
        law.opt_in,
        law.oldest,
        string_to_array(nullif(law.regions, ''), '|') AS sale_regions
    FROM
        unnest(
            %(countries)s::text[], %(opt_in)s::boolean[], %(oldest)s::timestamptz[], %(sale_regions)s::text[]
        ) AS law (country, opt_in, oldest, regions)
) AS w ON w.country = c.country
LEFT JOIN (
    SELECT
        coalesce(a.customer_id, l.customer_id) AS customer_id,
        max(l.occurred_at) FILTER (
            WHERE l.status = 'granted' AND l.channel = %(channel)s AND l.purpose = ANY(%(marketing)s::text[])
        ) AS granted_at,
        max(l.occurred_at) FILTER (
            WHERE l.status = 'denied' AND l.channel = %(channel)s AND l.purpose = ANY(%(marketing)s::text[])
        ) AS denied_at,
        max(l.occurred_at) FILTER (WHERE l.status = 'granted' AND l.channel = %(channel)s) AS other_at,
        max(l.occurred_at) FILTER (
            WHERE l.status = 'denied' AND l.purpose = ANY(%(objection)s::text[])
        ) AS objected_at,
        max(l.occurred_at) FILTER (
            WHERE l.status = 'granted' AND l.purpose = ANY(%(objection)s::text[])
        ) AS accepted_at,
        max(l.occurred_at) FILTER (WHERE l.status = 'denied' AND l.purpose = ANY(%(sale)s::text[])) AS no_sale_at,
        max(l.occurred_at) FILTER (WHERE l.status = 'granted' AND l.purpose = ANY(%(sale)s::text[])) AS sale_at
    FROM consents AS l
    LEFT JOIN customer_aliases AS a ON a.tenant_id = l.tenant_id AND a.alias_id = l.customer_id
    WHERE l.tenant_id = %(tenant)s AND l.occurred_at <= %(now)s AND {in_ledger}
    GROUP BY coalesce(a.customer_id, l.customer_id)
) AS k ON k.customer_id = m.known_now
LEFT JOIN ({suppressed}) AS x
    ON x.address_hash = sha256(convert_to(%(tenant)s || ':' || lower({first_address}), 'UTF8'))
LEFT JOIN ({suppressed}) AS y
    ON
        y.address_hash = sha256(convert_to(%(tenant)s || ':' || lower({second_address}), 'UTF8'))
        AND (%(by_any_address)s OR y.reasons & 1 > 0)
LEFT JOIN (
    SELECT
        chosen.customer_id,
        max(chosen.value) FILTER (WHERE chosen.what = 'only_channel') AS only_channel,
        max(chosen.value) FILTER (WHERE chosen.what = 'only_topic') AS only_topic,
        max(chosen.value) FILTER (WHERE chosen.what = 'weekly_digest') AS weekly_digest
    FROM (
        SELECT DISTINCT ON (coalesce(a.customer_id, l.customer_id), l.what)
            coalesce(a.customer_id, l.customer_id) AS customer_id,
            l.what,
            l.value
        FROM preferences AS l
        LEFT JOIN customer_aliases AS a ON a.tenant_id = l.tenant_id AND a.alias_id = l.customer_id
        WHERE l.tenant_id = %(tenant)s AND l.occurred_at <= %(now)s AND {in_ledger}
        ORDER BY coalesce(a.customer_id, l.customer_id), l.what, l.occurred_at DESC, l.value DESC
    ) AS chosen
    GROUP BY chosen.customer_id
) AS f ON f.customer_id = m.known_now
LEFT JOIN (
    SELECT
        l.customer_id,
        count(*) AS bounces
    FROM events AS l
    WHERE
        l.tenant_id = %(tenant)s
        AND lower(btrim(l.event)) = ANY(%(bounce_names)s::text[])
        AND l.occurred_at > %(bounces_since)s
        AND l.occurred_at <= %(now)s
        AND {in_ledger}
    GROUP BY l.customer_id
    HAVING count(*) >= %(most_bounces)s
) AS b ON b.customer_id = m.known_now
LEFT JOIN (
    SELECT
        coalesce(a.customer_id, l.customer_id) AS customer_id,
        count(*) FILTER (WHERE l.marketing AND l.moment > %(capped_since)s) AS of_late,
        count(*) FILTER (WHERE l.marketing AND l.moment > %(chances_since)s) AS unanswered,
        count(*) FILTER (WHERE l.state = 'bounced' AND l.moment > %(bounces_since)s) AS bounces,
        max(l.moment) FILTER (WHERE l.marketing) AS newest_at
    FROM ({sent}) AS l
    LEFT JOIN customer_aliases AS a ON a.tenant_id = l.tenant_id AND a.alias_id = l.customer_id
    GROUP BY coalesce(a.customer_id, l.customer_id)
    HAVING
        max(l.moment) FILTER (WHERE l.marketing) > %(digest_since)s
        OR count(*) FILTER (WHERE l.marketing AND l.moment > %(capped_since)s) >= %(messages)s
        OR count(*) FILTER (WHERE l.marketing AND l.moment > %(chances_since)s) >= %(chances)s
        OR count(*) FILTER (WHERE l.state = 'bounced' AND l.moment > %(bounces_since)s) >= %(most_bounces)s
) AS s ON s.customer_id = m.known_now
LEFT JOIN (
    SELECT
        wrote.customer_id,
        count(*) AS campaigns
    FROM (
        SELECT DISTINCT
            coalesce(a.customer_id, l.customer_id) AS customer_id,
            l.campaign_id
        FROM ({sent}) AS l
        LEFT JOIN customer_aliases AS a ON a.tenant_id = l.tenant_id AND a.alias_id = l.customer_id
        WHERE l.moment > %(day_since)s AND l.campaign_id <> %(campaign_id)s
    ) AS wrote
    GROUP BY wrote.customer_id
    HAVING count(*) >= %(campaigns_a_day)s
) AS t ON t.customer_id = m.known_now;

-- name: suppressed
-- What a lift ended is left out: stops by unsubscribing, on one channel, last said before the person asked for messages
-- again. By joins alone: with a subquery a row, or a view of both tables, workers would not share this with the others.
SELECT
    decode(s.address_hash, 'hex') AS address_hash,
    bit_or(
        CASE s.reason
            WHEN 'erasure' THEN 1
            WHEN 'unsubscribe' THEN 2
            WHEN 'complaint' THEN 4
            WHEN 'hard_bounce' THEN 8
            ELSE 16
        END
    ) AS reasons
FROM suppressions AS s
LEFT JOIN (
    SELECT
        address_hash,
        max(said_at) AS said_at
    FROM lifts_in_force
    WHERE tenant_id = %(tenant)s AND channel = %(channel)s
    GROUP BY address_hash
) AS l ON l.address_hash = s.address_hash AND l.said_at > s.occurred_at AND s.reason = 'unsubscribe'
LEFT JOIN suppressions_again AS g
    ON
        g.tenant_id = %(tenant)s
        AND g.address_hash = l.address_hash
        AND g.channel = s.channel
        AND g.reason = s.reason
        AND g.occurred_at >= l.said_at
WHERE
    s.tenant_id = %(tenant)s
    AND (s.channel IN (%(channel)s, 'all') OR s.reason = 'erasure')
    AND (l.address_hash IS NULL OR g.address_hash IS NOT NULL)
    AND {of_addresses}
GROUP BY decode(s.address_hash, 'hex');

-- name: sent
-- What went to people or may still go. What of this campaign only waits in the queue does not stand in its own way.
SELECT
    l.tenant_id,
    l.customer_id,
    l.campaign_id,
    l.marketing,
    l.state,
    coalesce(l.claimed_at, l.queued_at) AS moment
FROM sends AS l
WHERE
    l.tenant_id = %(tenant)s
    AND l.state NOT IN ('rejected', 'cancelled', 'skipped')
    AND NOT (l.campaign_id = %(campaign_id)s AND l.state = 'queued')
    AND coalesce(l.claimed_at, l.queued_at) > %(sent_since)s
    AND coalesce(l.claimed_at, l.queued_at) <= %(now)s
    AND {in_ledger};
