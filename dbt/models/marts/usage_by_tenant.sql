WITH used AS (
    SELECT
        tenant_id, {{ month_of('imported_at') }} AS month, lines AS imported_lines, 0 AS campaigns, 0 AS generations,
        0 AS tokens, 0.0 AS generation_cost_usd, 0 AS messages, 0 AS events, 0.0 AS sending_cost_usd, 0 AS decisions
    FROM {{ ref('stg_import_batches') }}
    UNION ALL
    SELECT tenant_id, {{ month_of('created_at') }} AS month, 0, 1, 0, 0, 0.0, 0, 0, 0.0, 0
    FROM {{ ref('stg_campaigns') }}
    UNION ALL
    SELECT tenant_id, {{ month_of('asked_at') }} AS month, 0, 0, 1, input_tokens + output_tokens, cost_usd, 0, 0, 0.0, 0
    FROM {{ ref('stg_generations') }}
    UNION ALL
    SELECT tenant_id, date_trunc('month', sent_on)::date AS month, 0, 0, 0, 0, 0.0, sent, events, cost_usd, 0
    FROM {{ ref('int_messages_counted') }}
    UNION ALL
    SELECT tenant_id, {{ month_of('occurred_at') }} AS month, 0, 0, 0, 0, 0.0, 0, 0, 0.0, count(*)
    FROM {{ ref('stg_audit_entries') }}
    GROUP BY 1, 2
)

SELECT
    tenant_id,
    month,
    sum(imported_lines)::bigint AS imported_lines,
    sum(campaigns)::bigint AS campaigns,
    sum(generations)::bigint AS generations,
    sum(tokens)::bigint AS tokens,
    sum(generation_cost_usd) AS generation_cost_usd,
    sum(messages)::bigint AS messages,
    sum(events)::bigint AS events,
    sum(sending_cost_usd) AS sending_cost_usd,
    sum(decisions)::bigint AS decisions,
    sum(generation_cost_usd + sending_cost_usd) AS cost_usd
FROM used
GROUP BY tenant_id, month
