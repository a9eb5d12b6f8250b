{# Grain: campaign × variant version × unit × arm × channel × day of sending. What every mart of messages adds
   up, so that none of them reads single messages. Campaigns in which a message changed are counted anew. #}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['tenant_id', 'campaign_id'],
    on_schema_change='fail',
    unlogged=true,
    indexes=[{'columns': ['tenant_id', 'campaign_id']}],
    pre_hook="SET LOCAL work_mem = '256MB'",
    post_hook="{{ note_model() }}",
) }}

WITH messages AS (
    SELECT m.*
    FROM {{ ref('int_messages_followed') }} AS m
    {% if is_incremental() %}
    WHERE (m.tenant_id, m.campaign_id) IN (
        SELECT DISTINCT c.tenant_id, c.campaign_id
        FROM {{ ref('int_messages_followed') }} AS c
        WHERE c.built_at > (SELECT coalesce(max(t.built_at), '-infinity') FROM {{ this }} AS t)
    )
    {% endif %}
)

SELECT
    tenant_id,
    campaign_id,
    variant_id,
    version,
    unit_id,
    arm,
    channel,
    sent_on,
    marketing,
    count(*) AS planned,
    count(*) FILTER (WHERE was_sent) AS sent,
    count(*) FILTER (WHERE was_delivered) AS delivered,
    count(*) FILTER (WHERE was_bounced) AS bounced,
    count(*) FILTER (WHERE was_hard_bounced) AS hard_bounced,
    count(*) FILTER (WHERE was_sent AND NOT was_delivered AND NOT was_bounced) AS pending,
    count(*) FILTER (WHERE first_human_at IS NOT NULL) AS touched,
    count(*) FILTER (WHERE opened) AS opened,
    count(*) FILTER (WHERE clicked) AS clicked,
    count(*) FILTER (WHERE replied) AS replied,
    count(*) FILTER (WHERE clicked OR replied) AS engaged,
    count(*) FILTER (WHERE converted) AS converted,
    count(*) FILTER (WHERE complained) AS complained,
    count(*) FILTER (WHERE unsubscribed) AS unsubscribed,
    sum(conversion_value) AS conversion_value,
    sum(cost_usd) AS cost_usd,
    sum(events)::bigint AS events,
    {% for plural in ['opens', 'clicks'] %}
    {% for verdict in ['human', 'proxy', 'suspected', 'bot', 'unlabelled'] %}
    sum({{ plural }}_{{ verdict }})::bigint AS {{ plural }}_{{ verdict }},
    {% endfor %}
    {% endfor %}
    max(built_at) AS built_at
FROM messages
GROUP BY tenant_id, campaign_id, variant_id, version, unit_id, arm, channel, sent_on, marketing
