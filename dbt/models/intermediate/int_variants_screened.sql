{# Grain: the newest version of every variant, with its screening under the policy in force. #}
WITH newest AS (
    SELECT DISTINCT ON (tenant_id, variant_id)
        tenant_id, variant_id, version, campaign_id, status, content_hash
    FROM {{ ref('stg_variants') }}
    ORDER BY tenant_id ASC, variant_id ASC, version DESC
)

SELECT
    v.tenant_id,
    v.variant_id,
    v.version,
    v.campaign_id,
    v.status,
    s.decision,
    coalesce(s.undecided, false) AS undecided,
    coalesce(s.released, false) AS released,
    coalesce(s.cleared, false) AS cleared
FROM newest AS v
LEFT JOIN {{ ref('stg_policies_in_force') }} AS f ON f.tenant_id = v.tenant_id AND f.kind = 'content'
LEFT JOIN {{ ref('stg_screenings') }} AS s
    ON s.tenant_id = v.tenant_id AND s.content_hash = v.content_hash AND s.policy_version = f.policy_version
