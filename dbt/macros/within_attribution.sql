{# Whether something happened after a message and soon enough to be its outcome, by the days of the campaign's design. #}
{% macro within_attribution(happened, since, days) -%}
    {{ happened }} >= {{ since }}
    AND {{ happened }} < {{ since }} + make_interval(days => coalesce({{ days }}, {{ var('attribution_days') }}))
{%- endmacro %}
