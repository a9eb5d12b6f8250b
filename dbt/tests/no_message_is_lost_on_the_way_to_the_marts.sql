-- Of the messages that were there before the last refresh began none is missing.
WITH border AS (
    SELECT coalesce(max(built_at) - make_interval(hours => {{ var('lookback_hours') }}), now()) AS moment
    FROM {{ ref('int_messages_followed') }}
),

ledger AS (
    SELECT s.tenant_id, count(*) AS messages
    FROM {{ ref('stg_sends') }} AS s
    CROSS JOIN border AS b
    WHERE coalesce(s.claimed_at, s.queued_at) < b.moment
    GROUP BY s.tenant_id
),

followed AS (
    SELECT m.tenant_id, count(*) AS messages
    FROM {{ ref('int_messages_followed') }} AS m
    CROSS JOIN border AS b
    WHERE m.sent_at < b.moment
    GROUP BY m.tenant_id
)

SELECT l.tenant_id, l.messages, f.messages AS followed
FROM ledger AS l
LEFT JOIN followed AS f ON f.tenant_id = l.tenant_id
WHERE f.messages IS DISTINCT FROM l.messages
