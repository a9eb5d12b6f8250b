{# Which server this is: it stays what it is as long as its transactions are numbered on. #}
{% macro server() -%}
    (SELECT x.system_identifier FROM pg_control_system() AS x)
{%- endmacro %}
