SELECT tenant_id, campaign_id, sent, delivered, bounced, pending
FROM {{ ref('campaign_performance') }}
WHERE sent <> delivered + bounced + pending OR sent > planned
