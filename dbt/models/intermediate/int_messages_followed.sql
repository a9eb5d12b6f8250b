{# Grain: one row a message of the ledger, with what became of it. Grows with events: only what changed is made anew. #}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['tenant_id', 'message_id'],
    on_schema_change='fail',
    indexes=[
        {'columns': ['tenant_id', 'message_id'], 'unique': true},
        {'columns': ['tenant_id', 'campaign_id']},
        {'columns': ['built_at'], 'type': 'brin'},
    ],
    pre_hook="SET LOCAL work_mem = '256MB'",
) }}

{# What only an incremental build reads. Each is read at one place: what is read at two is written down whole before. #}
-- depends_on: {{ ref('stg_provider_events') }}, {{ ref('stg_event_labels') }}, {{ ref('stg_label_rules_in_force') }}

WITH
{% if is_incremental() %}
before AS (
    SELECT
        -- Where nothing was built yet, everything is new.
        coalesce(max(last_seq), -1) AS last_seq,
        coalesce(max(built_at) - make_interval(hours => {{ var('lookback_hours') }}), '-infinity') AS moment
    FROM {{ this }}
),

-- By when something arrived, never by when it happened: an event that comes late is new all the same.
changed AS MATERIALIZED (
    SELECT e.tenant_id, e.message_id
    FROM {{ ref('stg_provider_events') }} AS e
    WHERE
        e.message_id IS NOT NULL
        AND (e.seq > (SELECT b.last_seq FROM before AS b) OR e.received_at > (SELECT b.moment FROM before AS b))
    UNION
    SELECT l.tenant_id, l.message_id
    FROM {{ ref('stg_event_labels') }} AS l
    WHERE l.message_id IS NOT NULL AND l.labelled_at > (SELECT b.moment FROM before AS b)
),

sends AS (
    SELECT s.*
    FROM {{ ref('stg_sends') }} AS s
    LEFT JOIN {{ this }} AS t ON t.tenant_id = s.tenant_id AND t.message_id = s.message_id
    LEFT JOIN {{ ref('stg_label_rules_in_force') }} AS f ON f.tenant_id = s.tenant_id
    WHERE
        -- A person who was merged with another is known by one id from then on.
        (t.state, t.customer_id) IS DISTINCT FROM (s.state, s.customer_id)
        OR f.in_force_since > (SELECT b.moment FROM before AS b)
        OR (s.tenant_id, s.message_id) IN (SELECT c.tenant_id, c.message_id FROM changed AS c)
),

events AS (
    SELECT e.*
    FROM sends AS s
    -- Message by message: however few changed, a join would read every event that ever was.
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
    coalesce(nullif(c.email_domain, ''), 'none') AS domain,
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
    now() AS built_at
FROM sends AS s
LEFT JOIN heard AS h ON h.tenant_id = s.tenant_id AND h.message_id = s.message_id
LEFT JOIN {{ ref('stg_customers') }} AS c ON c.tenant_id = s.tenant_id AND c.customer_id = s.customer_id
