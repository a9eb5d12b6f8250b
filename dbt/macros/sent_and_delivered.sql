{# What was handed to a provider was sent; of that, what came back is bounced, what arrived is delivered, and the rest is
   pending: the three add up to what was sent. A refusal that follows a delivery counts: nobody read it. #}
{% macro sent_and_delivered() %}
    s.state IN ('accepted', 'unknown', 'delivered', 'bounced', 'complained') OR coalesce(h.events, 0) > 0 AS was_sent,
    NOT (s.state = 'bounced' OR coalesce(h.bounced, false))
    AND (s.state IN ('delivered', 'complained') OR coalesce(h.arrived, false)) AS was_delivered,
    s.state = 'bounced' OR coalesce(h.bounced, false) AS was_bounced
{%- endmacro %}
