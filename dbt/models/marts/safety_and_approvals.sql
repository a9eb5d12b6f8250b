WITH variants AS (
    SELECT
        tenant_id,
        campaign_id,
        count(*) FILTER (WHERE status = 'drafted') AS drafted,
        count(*) FILTER (WHERE status = 'blocked') AS stopped_by_grounding,
        count(decision) FILTER (WHERE status = 'drafted') AS screened,
        count(*) FILTER (WHERE status = 'drafted' AND decision = 'pass') AS passed,
        count(*) FILTER (WHERE status = 'drafted' AND decision = 'review') AS reviewed,
        count(*) FILTER (WHERE status = 'drafted' AND decision = 'block') AS blocked,
        count(*) FILTER (WHERE status = 'drafted' AND undecided) AS undecided,
        count(*) FILTER (WHERE status = 'drafted' AND released) AS released
    FROM {{ ref('int_variants_screened') }}
    GROUP BY tenant_id, campaign_id
),

dropped AS (
    SELECT v.tenant_id, v.campaign_id, count(DISTINCT v.variant_id) AS dropped
    FROM {{ ref('int_variants_screened') }} AS v
    INNER JOIN {{ ref('stg_ai_feedback') }} AS f
        ON f.tenant_id = v.tenant_id AND f.variant_id = v.variant_id AND f.version = v.version
    WHERE v.decision = 'pass' AND f.decision = 'reject'
    GROUP BY v.tenant_id, v.campaign_id
),

asked AS (
    SELECT
        tenant_id,
        campaign_id,
        count(*) AS escalations,
        count(*) FILTER (WHERE settlement = 'expired') AS expired
    FROM {{ ref('stg_escalations') }}
    WHERE campaign_id IS NOT NULL
    GROUP BY tenant_id, campaign_id
),

answered AS (
    SELECT
        tenant_id,
        campaign_id,
        count(*) FILTER (WHERE decision = 'approve') AS approvals,
        count(*) FILTER (WHERE decision = 'reject') AS rejections
    FROM {{ ref('stg_approvals') }}
    GROUP BY tenant_id, campaign_id
),

requests AS (
    SELECT DISTINCT ON (tenant_id, campaign_id)
        tenant_id,
        campaign_id,
        state,
        trim_scale(round(extract(EPOCH FROM settled_at - asked_at) / 3600.0, 2)) AS hours_in_review
    FROM {{ ref('stg_approval_requests') }}
    ORDER BY tenant_id ASC, campaign_id ASC, asked_at DESC
)

SELECT
    c.tenant_id,
    c.campaign_id,
    (c.created_at AT TIME ZONE 'UTC')::date AS created_on,
    coalesce(v.drafted, 0) AS drafted,
    coalesce(v.stopped_by_grounding, 0) AS stopped_by_grounding,
    coalesce(v.screened, 0) AS screened,
    coalesce(v.passed, 0) AS passed,
    coalesce(v.reviewed, 0) AS reviewed,
    coalesce(v.blocked, 0) AS blocked,
    coalesce(v.undecided, 0) AS undecided,
    coalesce(v.released, 0) AS released,
    {{ rate('v.screened', 'v.drafted') }} AS coverage,
    coalesce(e.escalations, 0) AS escalations,
    coalesce(e.expired, 0) AS expired,
    coalesce(a.approvals, 0) AS approvals,
    coalesce(a.rejections, 0) AS rejections,
    coalesce(v.released, 0) + coalesce(d.dropped, 0) AS overrides,
    {{ rate('coalesce(v.released, 0) + coalesce(d.dropped, 0)', 'v.screened') }} AS override_rate,
    r.state AS approval_state,
    r.hours_in_review
FROM {{ ref('stg_campaigns') }} AS c
LEFT JOIN variants AS v ON v.tenant_id = c.tenant_id AND v.campaign_id = c.campaign_id
LEFT JOIN dropped AS d ON d.tenant_id = c.tenant_id AND d.campaign_id = c.campaign_id
LEFT JOIN asked AS e ON e.tenant_id = c.tenant_id AND e.campaign_id = c.campaign_id
LEFT JOIN answered AS a ON a.tenant_id = c.tenant_id AND a.campaign_id = c.campaign_id
LEFT JOIN requests AS r ON r.tenant_id = c.tenant_id AND r.campaign_id = c.campaign_id
