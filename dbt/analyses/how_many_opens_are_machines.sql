-- By month of sending: what opening rates would be if machines were believed.
SELECT
    date_trunc('month', p.first_sent_on)::date AS month,
    sum(p.delivered) AS delivered,
    round(sum(p.opened)::numeric / nullif(sum(p.delivered), 0), 4) AS open_rate,
    round(sum(h.events - h.human)::numeric / nullif(sum(h.events), 0), 4) AS share_not_human
FROM liftline_marts.campaign_performance AS p
INNER JOIN liftline_marts.human_vs_machine_engagement AS h
    ON h.tenant_id = p.tenant_id AND h.campaign_id = p.campaign_id
WHERE h.event = 'opened'
GROUP BY 1
ORDER BY 1;
