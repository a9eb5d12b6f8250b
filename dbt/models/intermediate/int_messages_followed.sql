{# Grain: one row a message of the ledger, with what became of it. Grows with events: only what changed is made anew.
   Unlogged, as what is counted from it: a server that crashed empties them, and then everything is new. #}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['tenant_id', 'message_id'],
    on_schema_change='fail',
    unlogged=true,
    indexes=[
        {'columns': ['tenant_id', 'message_id'], 'unique': true},
        {'columns': ['tenant_id', 'campaign_id']},
        {'columns': ['tenant_id', 'last_seq']},
        {'columns': ['built_at']},
    ],
    pre_hook="SET LOCAL work_mem = '256MB'",
    post_hook=["{{ tell_planner_of_groups() }}", "{{ note_model() }}"],
) }}

{# What only an incremental build reads. Each is read at one place: what is read at two is written down whole before. #}
-- depends_on: {{ ref('stg_provider_events') }}, {{ ref('stg_event_labels') }}, {{ ref('stg_label_rules_in_force') }}
-- depends_on: {{ ref('stg_tenants') }}, {{ ref('stg_sends_written') }}

WITH
{% if is_incremental() %}
-- How far the last build saw. Transactions are numbered by one server, of which 3 is the first: what another one
-- numbered says nothing here.
last AS MATERIALIZED (
    SELECT
        coalesce(max(t.built_at) - make_interval(hours => {{ var('lookback_hours') }}), '-infinity') AS moment,
        coalesce(max(age((CASE WHEN t.seen_by = {{ server() }} THEN t.seen_to % 4294967296 ELSE 3 END)::text::xid)),
            2147483647) AS seen_ago
    FROM (SELECT built_at, seen_by, seen_to FROM {{ this }} ORDER BY built_at DESC LIMIT 1) AS t
),

before AS MATERIALIZED (
    SELECT
        t.tenant_id,
        -- Events of a tenant are stored one after the other: none that precedes the last one followed is still to come.
        -- Where nothing was built yet, everything is new.
        (SELECT coalesce(max(m.last_seq), -1) FROM {{ this }} AS m WHERE m.tenant_id = t.tenant_id) AS last_seq
    FROM {{ ref('stg_tenants') }} AS t
),

-- By when something was stored, never by when it happened: what comes late is new all the same.
changed AS MATERIALIZED (
    -- Tenant by tenant, for so the index finds the few that are new.
    SELECT n.tenant_id, n.message_id
    FROM before AS b
    CROSS JOIN LATERAL (
        SELECT e.tenant_id, e.message_id FROM {{ ref('stg_provider_events') }} AS e
        WHERE e.tenant_id = b.tenant_id AND e.seq > b.last_seq AND e.message_id IS NOT NULL
        OFFSET 0
    ) AS n
    UNION
    SELECT n.tenant_id, n.message_id
    FROM before AS b
    CROSS JOIN LATERAL (
        SELECT l.tenant_id, l.message_id FROM {{ ref('stg_event_labels') }} AS l
        WHERE
            -- The moment is what the index knows: who began before the last build may have ended after it.
            l.tenant_id = b.tenant_id AND l.labelled_at > (SELECT t.moment FROM last AS t)
            AND age(l.written_by) <= (SELECT t.seen_ago FROM last AS t) AND l.message_id IS NOT NULL
        OFFSET 0
    ) AS n
    UNION
    SELECT w.tenant_id, w.message_id
    FROM {{ ref('stg_sends_written') }} AS w
    WHERE
        age(w.written_by) <= (SELECT t.seen_ago FROM last AS t)
        OR w.tenant_id IN (
            SELECT f.tenant_id FROM {{ ref('stg_label_rules_in_force') }} AS f
            WHERE age(f.written_by) <= (SELECT t.seen_ago FROM last AS t)
        )
),

-- Message by message: however few changed, a join would read everything that ever was.
sends AS (
    SELECT s.*
    FROM changed AS n
    CROSS JOIN LATERAL (
        SELECT v.* FROM {{ ref('stg_sends') }} AS v
        WHERE v.tenant_id = n.tenant_id AND v.message_id = n.message_id
        OFFSET 0
    ) AS s
),

events AS (
    SELECT e.*
    FROM sends AS s
    CROSS JOIN LATERAL (
        SELECT v.* FROM {{ ref('stg_labelled_events') }} AS v
        WHERE v.tenant_id = s.tenant_id AND v.message_id = s.message_id
        OFFSET 0
    ) AS e
),
{% else %}
sends AS (
    SELECT * FROM {{ ref('stg_sends') }}
),

events AS (
    SELECT * FROM {{ ref('stg_labelled_events') }}
    WHERE message_id IS NOT NULL
),
{% endif %}

heard AS (
    SELECT
        tenant_id,
        message_id,
        max(seq) AS last_seq,
        count(*) AS events,
        bool_or(event IN ('bounced', 'dropped')) AS bounced,
        bool_or(event = 'bounced' AND hard) AS hard_bounced,
        bool_or(event IN ('delivered', 'opened', 'clicked', 'replied', 'complained', 'unsubscribed')) AS arrived,
        bool_or(event = 'complained') AS complained,
        -- Honoured whoever clicked.
        bool_or(event = 'unsubscribed') AS unsubscribed,
        min(occurred_at) FILTER (
            WHERE verdict = 'human' AND event IN ('opened', 'clicked', 'replied')
        ) AS first_human_at,
        coalesce(sum(value) FILTER (WHERE event = 'converted' AND verdict = 'human'), 0) AS conversion_value,
        count(*) FILTER (WHERE event = 'converted' AND verdict = 'human') AS conversions,
        count(*) FILTER (WHERE event = 'replied' AND verdict = 'human') AS replies_human,
        {% for event, plural in [('opened', 'opens'), ('clicked', 'clicks')] %}
        {% for verdict in ['human', 'proxy', 'suspected', 'bot', 'unlabelled'] %}
        count(*) FILTER (WHERE event = '{{ event }}' AND verdict = '{{ verdict }}') AS {{ plural }}_{{ verdict }}
        {%- if not loop.last %},{% endif %}

        {% endfor %}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    FROM events
    GROUP BY tenant_id, message_id
)

SELECT
    s.tenant_id,
    s.message_id,
    s.campaign_id,
    s.customer_id,
    s.channel,
    s.variant_id,
    s.version,
    s.unit_id,
    s.arm,
    s.state,
    s.marketing,
    s.cost_usd,
    coalesce(s.claimed_at, s.queued_at) AS sent_at,
    (coalesce(s.claimed_at, s.queued_at) AT TIME ZONE 'UTC')::date AS sent_on,
    {{ sent_and_delivered() }},
    coalesce(h.hard_bounced, false) AS was_hard_bounced,
    s.state = 'complained' OR coalesce(h.complained, false) AS complained,
    coalesce(h.unsubscribed, false) AS unsubscribed,
    coalesce(h.opens_human, 0) > 0 OR coalesce(h.clicks_human, 0) > 0 AS opened,
    coalesce(h.clicks_human, 0) > 0 AS clicked,
    coalesce(h.replies_human, 0) > 0 AS replied,
    coalesce(h.conversions, 0) > 0 AS converted,
    coalesce(h.conversion_value, 0) AS conversion_value,
    h.first_human_at,
    coalesce(h.events, 0) AS events,
    {% for plural in ['opens', 'clicks'] %}
    {% for verdict in ['human', 'proxy', 'suspected', 'bot', 'unlabelled'] %}
    coalesce(h.{{ plural }}_{{ verdict }}, 0) AS {{ plural }}_{{ verdict }},
    {% endfor %}
    {% endfor %}
    coalesce(h.last_seq, 0) AS last_seq,
    now() AS built_at,
    {{ server() }} AS seen_by,
    (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint) AS seen_to
FROM sends AS s
LEFT JOIN heard AS h ON h.tenant_id = s.tenant_id AND h.message_id = s.message_id
