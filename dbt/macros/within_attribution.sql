{# Whether something happened after a moment and soon enough to be its outcome. #}
{% macro within_attribution(happened, since) -%}
    {{ happened }} >= {{ since }}
    AND {{ happened }} < {{ since }} + make_interval(days => {{ var('attribution_days') }})
{%- endmacro %}
