{# A variant belongs to one campaign and unit: a planner that does not know multiplies them, and sorts every message where
   it might count. What it knows goes with a table that is replaced, and comes back with the next. #}
{% macro tell_planner_of_groups() %}
    {% if not is_incremental() %}
    DROP STATISTICS IF EXISTS {{ this.schema }}.messages_by_variant;
    CREATE STATISTICS {{ this.schema }}.messages_by_variant (ndistinct)
    ON campaign_id, variant_id, unit_id, arm, sent_on FROM {{ this }};
    ANALYZE {{ this }};
    {% endif %}
{% endmacro %}
