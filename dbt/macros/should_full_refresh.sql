{# A table that grows was made by its model as that was then: where the model has changed since, it is made anew. #}
{% macro should_full_refresh() %}
    {% if flags.FULL_REFRESH or not execute or model.config.materialized != 'incremental' %}
        {{ return(flags.FULL_REFRESH) }}
    {% endif %}
    {% set made_by = run_query("SELECT obj_description(to_regclass('" ~ this.include(database=false) ~ "'))") %}
    {{ return(made_by.rows[0][0] != whole_model()) }}
{% endmacro %}

{# What a later build compares itself with. #}
{% macro note_model() %}
    COMMENT ON TABLE {{ this }} IS '{{ whole_model() }}'
{% endmacro %}

{# A model with all that is compiled into it: the models of staging that it reads, and how messages are counted. #}
{% macro whole_model() %}
    {% set parts = [model.checksum.checksum, sent_and_delivered()] %}
    {% for parent in model.depends_on.nodes if graph.nodes.get(parent, {}).get('config', {}).get('materialized') == 'ephemeral' %}
        {% do parts.append(graph.nodes[parent].checksum.checksum) %}
    {% endfor %}
    {{ return(local_md5(parts | join(' '))) }}
{% endmacro %}
