-- By month of sending: the opening rate of people, and which share of all openings machines made.
SELECT
    date_trunc('month', p.first_sent_on)::date AS month,
    sum(p.delivered) AS delivered,
    round(sum(p.opened)::numeric / nullif(sum(p.delivered), 0), 4) AS open_rate_of_people,
    sum(h.events) AS openings,
    round(sum(h.events - h.human - h.unlabelled)::numeric / nullif(sum(h.events - h.unlabelled), 0), 4)
        AS share_by_machines
FROM liftline_marts.campaign_performance AS p
INNER JOIN liftline_marts.human_vs_machine_engagement AS h
    ON h.tenant_id = p.tenant_id AND h.campaign_id = p.campaign_id AND h.channel = p.channel
WHERE h.event = 'opened'
GROUP BY 1
ORDER BY 1;
