-- name: set_based
-- Everybody is joined with what became of them: without fresh statistics the planner would read that once a person.
SELECT set_config('enable_nestloop', 'off', true);

-- name: campaign
SELECT c.campaign_id, c.name, c.channel, c.status, t.name AS house
FROM campaigns AS c
INNER JOIN tenants AS t ON t.tenant_id = c.tenant_id
WHERE c.tenant_id = current_setting('liftline.tenant') AND c.campaign_id = %(campaign_id)s;

-- name: experiment
SELECT x.experiment_key, x.state, x.design, x.design_hash, x.started_at, x.assigned, x.conclusion
FROM experiments AS x
WHERE x.tenant_id = current_setting('liftline.tenant') AND x.campaign_id = %(campaign_id)s;

-- name: readouts
-- Without their numbers, the newest first.
SELECT r.readout, r.as_of, r.verdict, r.winner, r.reason, r.final
FROM experiment_readouts AS r
INNER JOIN experiments AS x ON x.tenant_id = r.tenant_id AND x.experiment_key = r.experiment_key
WHERE r.tenant_id = current_setting('liftline.tenant') AND x.campaign_id = %(campaign_id)s
ORDER BY r.readout DESC;

-- name: analysis
SELECT r.analysis
FROM experiment_readouts AS r
INNER JOIN experiments AS x ON x.tenant_id = r.tenant_id AND x.experiment_key = r.experiment_key
WHERE r.tenant_id = current_setting('liftline.tenant') AND x.campaign_id = %(campaign_id)s
ORDER BY r.readout DESC
LIMIT 1;

-- name: promotions
SELECT p.arm, p.outcome, p.reason, p.decided_by
FROM promotions AS p
INNER JOIN experiments AS x ON x.tenant_id = p.tenant_id AND x.experiment_key = p.experiment_key
WHERE p.tenant_id = current_setting('liftline.tenant') AND x.campaign_id = %(campaign_id)s
ORDER BY p.outcome, p.arm;

-- name: audience
SELECT e.audience, e.included, e.excluded, e.review, e.reasons
FROM eligibility_runs AS e
WHERE e.tenant_id = current_setting('liftline.tenant') AND e.campaign_id = %(campaign_id)s
ORDER BY e.run DESC
LIMIT 1;

-- name: without_arm
SELECT a.code, count(*) AS people
FROM assignments AS a
INNER JOIN experiments AS x ON x.tenant_id = a.tenant_id AND x.experiment_key = a.experiment_key
WHERE
    a.tenant_id = current_setting('liftline.tenant') AND x.campaign_id = %(campaign_id)s AND a.arm IS NULL
GROUP BY a.code
ORDER BY people DESC, a.code;

-- name: arms
-- Every arm of the design with its people, what became of their messages, and what these people did: each person once.
WITH reached AS (
    SELECT
        s.customer_id,
        bool_or(s.state IN ('accepted', 'unknown', 'delivered', 'bounced', 'complained')) AS sent,
        bool_or(s.state IN ('delivered', 'complained')) AS delivered,
        sum(s.cost_usd) AS cost_usd
    FROM sends AS s
    WHERE s.tenant_id = current_setting('liftline.tenant') AND s.campaign_id = %(campaign_id)s
    GROUP BY s.customer_id
),

heard AS (
    SELECT
        e.customer_id,
        bool_or(e.event = 'clicked' AND e.verdict = 'human') AS clicked,
        bool_or(e.event = 'replied' AND e.verdict = 'human') AS replied,
        bool_or(e.event = 'delivered') AS delivered,
        bool_or(e.event = 'unsubscribed') AS unsubscribed,
        bool_or(e.verdict = 'bot') AS robot
    FROM labelled_events AS e
    WHERE e.tenant_id = current_setting('liftline.tenant') AND e.campaign_id = %(campaign_id)s
    GROUP BY e.customer_id
)

SELECT
    g.arm,
    g.control,
    g.strategy,
    g.weight,
    count(a.customer_id) AS people,
    count(*) FILTER (WHERE r.sent) AS sent,
    count(*) FILTER (WHERE r.delivered OR h.delivered) AS delivered,
    count(*) FILTER (WHERE h.clicked) AS clicked,
    count(*) FILTER (WHERE h.replied) AS replied,
    count(*) FILTER (WHERE h.unsubscribed) AS unsubscribed,
    count(*) FILTER (WHERE h.robot) AS robots,
    coalesce(sum(r.cost_usd), 0) AS cost_usd
FROM experiments AS x
INNER JOIN experiment_arms AS g ON g.tenant_id = x.tenant_id AND g.experiment_key = x.experiment_key
LEFT JOIN assignments AS a
    ON a.tenant_id = g.tenant_id AND a.experiment_key = g.experiment_key AND a.arm = g.arm
LEFT JOIN reached AS r ON r.customer_id = a.customer_id
LEFT JOIN heard AS h ON h.customer_id = a.customer_id
WHERE x.tenant_id = current_setting('liftline.tenant') AND x.campaign_id = %(campaign_id)s
GROUP BY g.arm, g.control, g.strategy, g.weight, g.position
ORDER BY g.position;

-- name: costs
-- What a call was not billed for yet counts with what was set aside for it.
SELECT
    coalesce((
        SELECT sum(coalesce(g.cost_usd, g.reserved_usd)) FROM generations AS g
        WHERE g.tenant_id = current_setting('liftline.tenant') AND g.campaign_id = %(campaign_id)s
    ), 0) AS writing_usd,
    coalesce((
        SELECT sum(s.cost_usd) FROM sends AS s
        WHERE s.tenant_id = current_setting('liftline.tenant') AND s.campaign_id = %(campaign_id)s
    ), 0) AS sending_usd;
