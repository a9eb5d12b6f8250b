{# The treated rate minus the control's; unknown without a control. #}
{% macro lift(part, whole, control_part, control_whole) -%}
    trim_scale(round(
        ({{ part }})::numeric / nullif({{ whole }}, 0)
        - ({{ control_part }})::numeric / nullif({{ control_whole }}, 0), 6
    ))
{%- endmacro %}

{# The lift as a share of the control's rate; unknown where nobody of the control converted. #}
{% macro relative_lift(part, whole, control_part, control_whole) -%}
    trim_scale(round(
        ({{ part }})::numeric * {{ control_whole }} / nullif(({{ whole }})::numeric * {{ control_part }}, 0) - 1, 6
    ))
{%- endmacro %}
