WITH counted AS (
    {% for event, plural in [('opened', 'opens'), ('clicked', 'clicks')] %}
    SELECT
        tenant_id,
        campaign_id,
        channel,
        '{{ event }}' AS event,
        sum({{ plural }}_human)::bigint AS human,
        sum({{ plural }}_proxy)::bigint AS proxy,
        sum({{ plural }}_suspected)::bigint AS suspected,
        sum({{ plural }}_bot)::bigint AS bot,
        sum({{ plural }}_unlabelled)::bigint AS unlabelled
    FROM {{ ref('int_messages_counted') }}
    GROUP BY tenant_id, campaign_id, channel
    {% if not loop.last %}UNION ALL{% endif %}
    {% endfor %}
)

SELECT
    tenant_id,
    campaign_id,
    channel,
    event,
    human + proxy + suspected + bot + unlabelled AS events,
    human,
    proxy,
    suspected,
    bot,
    unlabelled,
    {{ rate('proxy + suspected + bot', 'human + proxy + suspected + bot') }} AS machine_share
FROM counted
