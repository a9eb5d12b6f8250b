{# A sum is unknown, not smaller, where one of its parts is unknown. #}
{% macro whole_sum(part) -%}
    CASE WHEN bool_and({{ part }} IS NOT NULL) THEN sum({{ part }}) END
{%- endmacro %}
