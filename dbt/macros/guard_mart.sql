{# A rebuilt table has lost its policies and grants; they come back in the transaction that puts it in place. #}
{% macro guard_mart() %}
    ALTER TABLE {{ this }} ENABLE ROW LEVEL SECURITY;
    ALTER TABLE {{ this }} FORCE ROW LEVEL SECURITY;
    DROP POLICY IF EXISTS own_tenant ON {{ this }};
    DROP POLICY IF EXISTS builds_marts ON {{ this }};
    CREATE POLICY own_tenant ON {{ this }} FOR SELECT USING (tenant_id = current_setting('liftline.tenant', true));
    CREATE POLICY builds_marts ON {{ this }} TO liftline_dbt USING (true) WITH CHECK (true);
    GRANT SELECT ON {{ this }} TO liftline_app, liftline_reader;
{% endmacro %}
