{# A table that grows was made by its model as that was then: where the model has changed since, it is made anew. #}
{% macro should_full_refresh() %}
    {% if flags.FULL_REFRESH or not execute or model.config.materialized != 'incremental' %}
        {{ return(flags.FULL_REFRESH) }}
    {% endif %}
    {% set made_by = run_query("SELECT obj_description(to_regclass('" ~ this.include(database=false) ~ "'))") %}
    {{ return(made_by.rows[0][0] != model.checksum.checksum) }}
{% endmacro %}

{# What a later build compares itself with. #}
{% macro note_model() %}
    COMMENT ON TABLE {{ this }} IS '{{ model.checksum.checksum }}'
{% endmacro %}
