SELECT tenant_id, campaign_id, drafted, screened, passed, reviewed, blocked
FROM {{ ref('safety_and_approvals') }}
WHERE screened <> passed + reviewed + blocked OR screened > drafted
