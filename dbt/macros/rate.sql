{# A share is unknown, not zero, where there was nothing to share. #}
{% macro rate(part, whole) -%}
    trim_scale(round(({{ part }})::numeric / nullif({{ whole }}, 0), 6))
{%- endmacro %}
