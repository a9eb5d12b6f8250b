{# Grain: customer, by the id of then × channel × month of sending. What the marts of people and of domains add up, so
   that none of them reads single messages; being merged or erased later changes no row here. People of whose messages
   one changed are counted anew. #}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['tenant_id', 'customer_id'],
    on_schema_change='fail',
    unlogged=true,
    indexes=[{'columns': ['tenant_id', 'customer_id', 'channel', 'month'], 'unique': true}],
    pre_hook="SET LOCAL work_mem = '256MB'",
    post_hook="{{ note_model() }}",
) }}

WITH messages AS (
    SELECT m.*
    FROM {{ ref('int_messages_followed') }} AS m
    {% if is_incremental() %}
    WHERE (m.tenant_id, m.customer_id) IN (
        SELECT DISTINCT c.tenant_id, c.customer_id
        FROM {{ ref('int_messages_followed') }} AS c
        WHERE c.built_at > (SELECT coalesce(max(t.built_at), '-infinity') FROM {{ this }} AS t)
    )
    {% endif %}
)

SELECT
    tenant_id,
    customer_id,
    channel,
    date_trunc('month', sent_on)::date AS month,
    count(*) FILTER (WHERE was_sent) AS sent,
    count(*) FILTER (WHERE was_delivered) AS delivered,
    count(*) FILTER (WHERE was_bounced) AS bounced,
    count(*) FILTER (WHERE was_hard_bounced) AS hard_bounced,
    count(*) FILTER (WHERE was_sent AND NOT was_delivered AND NOT was_bounced) AS pending,
    count(*) FILTER (WHERE opened) AS opened,
    count(*) FILTER (WHERE clicked) AS clicked,
    count(*) FILTER (WHERE replied) AS replied,
    count(*) FILTER (WHERE complained) AS complained,
    count(*) FILTER (WHERE unsubscribed) AS unsubscribed,
    max(first_human_at) AS last_engaged_at,
    max(built_at) AS built_at
FROM messages
GROUP BY 1, 2, 3, 4
