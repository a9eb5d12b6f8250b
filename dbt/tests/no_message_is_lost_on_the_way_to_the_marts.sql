-- Of the messages that were there before the last refresh began none is missing. The moment is asked for at each place,
-- for what is joined to a table of one row is not counted on several processors.
{% set border -%}
    (
        SELECT coalesce(max(x.built_at) - make_interval(hours => {{ var('lookback_hours') }}), now())
        FROM {{ ref('int_messages_followed') }} AS x
    )
{%- endset %}
WITH ledger AS (
    SELECT tenant_id, count(*) AS messages
    FROM {{ ref('stg_sends') }}
    WHERE coalesce(claimed_at, queued_at) < {{ border }}
    GROUP BY tenant_id
),

followed AS (
    SELECT tenant_id, count(*) AS messages
    FROM {{ ref('int_messages_followed') }}
    WHERE sent_at < {{ border }}
    GROUP BY tenant_id
)

SELECT l.tenant_id, l.messages, f.messages AS followed
FROM ledger AS l
LEFT JOIN followed AS f ON f.tenant_id = l.tenant_id
WHERE f.messages IS DISTINCT FROM l.messages
