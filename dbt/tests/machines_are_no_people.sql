-- Every opening and click is of exactly one kind, and none of a machine makes a message opened.
SELECT tenant_id, campaign_id, event, events
FROM {{ ref('human_vs_machine_engagement') }}
WHERE events <> human + proxy + suspected + bot + unlabelled
UNION ALL
SELECT tenant_id, campaign_id, message_id, events
FROM {{ ref('int_messages_followed') }}
WHERE opened AND opens_human + clicks_human = 0
