{# The first day of the month in UTC, whatever the session's time zone is. #}
{% macro month_of(moment) -%}
    date_trunc('month', ({{ moment }}) AT TIME ZONE 'UTC')::date
{%- endmacro %}
