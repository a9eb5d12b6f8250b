-- name: tenant
SELECT name FROM tenants
WHERE tenant_id = %(tenant)s;

-- name: built
SELECT to_regclass('liftline_marts.kpis') IS NOT NULL AS built;

-- name: kpis
SELECT month, kpi, position, value, numerator, denominator, unit, higher_is_better, definition
FROM liftline_marts.kpis
WHERE month BETWEEN (%(month)s::date - interval '11 months')::date AND %(month)s
ORDER BY position, month;

-- name: campaigns
SELECT
    p.campaign_id, p.name, p.channel, p.status, p.sent, p.delivered, p.opened, p.clicked, p.replied, p.converted,
    p.delivery_rate, p.open_rate, p.conversion_rate, p.complained, p.bounced, p.revenue_usd, p.cost_usd
FROM liftline_marts.campaign_performance AS p
WHERE p.first_sent_on < (%(month)s::date + interval '1 month')::date AND p.last_sent_on >= %(month)s
ORDER BY p.revenue_usd DESC NULLS LAST, p.sent DESC, p.campaign_id
LIMIT 25;

-- name: credited
SELECT
    attribution_model,
    sum(orders) AS orders,
    CASE WHEN bool_and(revenue_usd IS NOT NULL) THEN sum(revenue_usd) END AS revenue_usd
FROM liftline_marts.attribution_by_model
WHERE month = %(month)s AND campaign_id <> 'none'
GROUP BY attribution_model
ORDER BY attribution_model;

-- name: attribution_built
SELECT to_regclass('liftline_marts.campaign_attribution') IS NOT NULL AS built;

-- name: attribution
SELECT
    campaign_id,
    attribution_model,
    touches,
    orders::double precision AS orders,
    revenue_usd::double precision AS revenue_usd,
    revenue_low_usd::double precision AS revenue_low_usd,
    revenue_high_usd::double precision AS revenue_high_usd,
    revenue_per_touch_usd::double precision AS revenue_per_touch_usd,
    cost_usd::double precision AS cost_usd,
    profit_usd::double precision AS profit_usd
FROM liftline_marts.campaign_attribution
WHERE
    (%(campaign_id)s::text IS NULL OR campaign_id = %(campaign_id)s)
    AND (%(model)s::text IS NULL OR attribution_model = %(model)s)
ORDER BY campaign_id, array_position(%(models)s::text[], attribution_model);

-- name: machines
SELECT event, sum(events)::bigint AS events, sum(human)::bigint AS human, sum(proxy)::bigint AS proxy,
    sum(suspected)::bigint AS suspected, sum(bot)::bigint AS bot, sum(unlabelled)::bigint AS unlabelled
FROM liftline_marts.human_vs_machine_engagement AS h
INNER JOIN liftline_marts.campaign_performance AS p
    ON p.tenant_id = h.tenant_id AND p.campaign_id = h.campaign_id
WHERE p.first_sent_on < (%(month)s::date + interval '1 month')::date AND p.last_sent_on >= %(month)s
GROUP BY event
ORDER BY event DESC;

-- name: domains
SELECT channel, domain, sent, delivered, bounced, hard_bounced, pending, complained, unsubscribed, delivery_rate,
    bounce_rate, complaint_rate, at_risk
FROM liftline_marts.deliverability_by_domain
WHERE month = %(month)s
ORDER BY at_risk DESC, sent DESC, channel, domain
LIMIT 40;

-- name: safety
SELECT
    s.campaign_id, p.name, s.drafted, s.stopped_by_grounding, s.screened, s.passed, s.reviewed, s.blocked, s.undecided,
    s.released, s.coverage, s.escalations, s.expired, s.approvals, s.rejections, s.overrides, s.override_rate,
    s.approval_state, s.hours_in_review
FROM liftline_marts.safety_and_approvals AS s
INNER JOIN liftline_marts.campaign_performance AS p ON p.tenant_id = s.tenant_id AND p.campaign_id = s.campaign_id
WHERE s.created_on >= %(month)s AND s.created_on < (%(month)s::date + interval '1 month')::date
ORDER BY s.created_on, s.campaign_id;

-- name: effectiveness
SELECT tone, unit_id, delivered, opened, engaged, converted, engagement_rate, conversion_rate, index_to_segment, rating,
    flags
FROM liftline_marts.content_effectiveness
ORDER BY tone, unit_id;

-- name: confidence
SELECT channel, bucket, variants, delivered, expected, actual, gap
FROM liftline_marts.confidence_vs_actual
WHERE delivered > 0
ORDER BY channel, bucket;

-- name: models
SELECT model, version, state, trained_on, training_rows, auc, brier, decision, decision_reason
FROM liftline_marts.model_performance
WHERE trained_on < (%(month)s::date + interval '1 month')::date
ORDER BY model, version DESC
LIMIT 40;

-- name: insights
SELECT dimension, value, segment, statement, effect, ci_low, ci_high, state
FROM insights
WHERE offered_at < (%(month)s::date + interval '1 month') AND state <> 'outdated'
ORDER BY abs(effect) DESC, insight_id
LIMIT 20;

-- name: messages
-- What people liked best; the subject only of versions that a campaign was approved with.
SELECT v.campaign_id, w.subject, v.tone, v.unit_id, v.delivered, v.open_rate, v.click_rate, v.converted
FROM liftline_marts.variant_performance AS v
INNER JOIN liftline_marts.campaign_performance AS p ON p.tenant_id = v.tenant_id AND p.campaign_id = v.campaign_id
INNER JOIN variants AS w ON w.tenant_id = v.tenant_id AND w.variant_id = v.variant_id AND w.version = v.version
WHERE
    p.first_sent_on < (%(month)s::date + interval '1 month')::date AND p.last_sent_on >= %(month)s
    AND EXISTS (
        SELECT FROM approval_variants AS a
        INNER JOIN approval_requests AS r
            ON r.tenant_id = a.tenant_id AND r.campaign_id = a.campaign_id AND r.approved_hash = a.approved_hash
        WHERE
            a.tenant_id = v.tenant_id AND a.variant_id = v.variant_id AND a.version = v.version
            AND r.state = 'approved')
ORDER BY v.clicked DESC, v.delivered DESC, v.variant_id
LIMIT 10;

-- name: newest_report
SELECT report_id, folder, content_hash, made_at FROM reports
WHERE kind = %(kind)s AND subject = %(subject)s AND for_client = %(for_client)s
ORDER BY made_at DESC
LIMIT 1;

-- name: campaigns_due
-- Campaigns of which something was read out or concluded since their report was written.
SELECT x.campaign_id FROM experiments AS x
WHERE
    x.campaign_id IS NOT NULL
    AND greatest(
        x.concluded_at,
        (
            SELECT max(r.made_at) FROM experiment_readouts AS r
            WHERE r.tenant_id = x.tenant_id AND r.experiment_key = x.experiment_key
        )
    ) > coalesce(
        (SELECT max(w.made_at) FROM reports AS w WHERE w.kind = 'campaign' AND w.subject = x.campaign_id), '-infinity'
    )
ORDER BY x.campaign_id;

-- name: keep_report
INSERT INTO reports (tenant_id, report_id, kind, subject, for_client, folder, content_hash, made_by, made_at)
VALUES (%(tenant)s, %(report_id)s, %(kind)s, %(subject)s, %(for_client)s, %(folder)s, %(content_hash)s, %(by)s, %(now)s)
ON CONFLICT DO NOTHING;

-- name: reports
SELECT * FROM (
    SELECT DISTINCT ON (kind, subject, for_client)
        report_id, kind, subject, for_client, folder, content_hash, made_by, made_at
    FROM reports
    ORDER BY kind, subject, for_client, made_at DESC
) AS newest
WHERE
    %(made_before)s::timestamptz IS NULL
    OR (made_at, report_id) < (%(made_before)s::timestamptz, %(id_before)s::text)
ORDER BY made_at DESC, report_id DESC
LIMIT %(most)s;

-- name: report
SELECT report_id, kind, subject, for_client, folder, content_hash, made_by, made_at FROM reports
WHERE report_id = %(report_id)s;

-- name: subscribe
INSERT INTO report_subscriptions (
    tenant_id, subscription_id, kind, every, for_client, way, target, created_by, created_at
)
VALUES (
    %(tenant)s, %(subscription_id)s, %(kind)s, %(every)s, %(for_client)s, %(way)s, %(target)s, %(by)s, %(now)s
);

-- name: unsubscribe
UPDATE report_subscriptions SET ended_at = %(now)s
WHERE subscription_id = %(subscription_id)s AND ended_at IS NULL
RETURNING subscription_id;

-- name: subscriptions
SELECT subscription_id, kind, every, for_client, way, target, created_by, created_at, last_period
FROM report_subscriptions
WHERE ended_at IS NULL
ORDER BY created_at, subscription_id;

-- name: delivered
UPDATE report_subscriptions SET last_period = %(period)s
WHERE subscription_id = %(subscription_id)s;
