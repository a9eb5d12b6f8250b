{# An amount in US dollars; unknown where nobody set a rate for its currency. #}
{% macro in_usd(amount, currency) -%}
    {{ amount }} * CASE {{ currency }}
        {% for code, rate in var('usd_rates').items() %}
        WHEN '{{ code }}' THEN {{ rate }}
        {% endfor %}
    END
{%- endmacro %}
