"""What a send needs on its way out: when it is due, who claimed it, what the provider called it, and its links."""

from alembic import op

from pipelines.database import APP, OWNER, SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0012"
down_revision = "0011"

COLUMNS = {
    "experiment_key": "text",
    "unit_id": "text",
    # When it is planned for; and, where something holds it up, the moment before which it is not looked at again.
    "send_at": "timestamptz",
    "not_before": "timestamptz",
    "provider": "text",
    "provider_id": "text",
    "batch_id": "text",
    "claimed_by": "text",
    "attempts": "smallint NOT NULL DEFAULT 0",
}

TABLES = {
    # Every place that a click in a message can lead to; a hidden one no person ever sees.
    "message_links": """
        tenant_id text NOT NULL,
        campaign_id text NOT NULL,
        link_id text NOT NULL,
        variant_id text NOT NULL,
        version integer NOT NULL,
        kind text NOT NULL CHECK (kind IN ('action', 'body', 'unsubscribe', 'preferences', 'hidden')),
        url text NOT NULL,
        PRIMARY KEY (tenant_id, campaign_id, link_id),
        FOREIGN KEY (tenant_id, variant_id, version) REFERENCES variants""",
    # What all workers of a campaign share: how many of its requests failed in a row.
    "delivery_states": """
        tenant_id text NOT NULL,
        campaign_id text NOT NULL,
        failures smallint NOT NULL DEFAULT 0,
        changed_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, campaign_id),
        FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns""",
    # Until when a provider wants not to be asked: it counts what an account sends, whichever campaign it is of.
    "provider_waits": """
        tenant_id text NOT NULL,
        channel text NOT NULL,
        provider text NOT NULL,
        wait_until timestamptz NOT NULL,
        code text NOT NULL,
        reason text NOT NULL,
        PRIMARY KEY (tenant_id, channel, provider)""",
}
GRANTS = {
    "message_links": "SELECT, INSERT", "delivery_states": "SELECT, INSERT, UPDATE",
    "provider_waits": "SELECT, INSERT, UPDATE",
}  # fmt: skip

# What comes back from a provider names nothing but our opaque ids; whose they are is all that is told here.
OWNERS_OF = """
CREATE FUNCTION tenants_of_messages(messages text[]) RETURNS TABLE (message_id text, tenant_id text)
STABLE LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp
AS $$
    SELECT s.message_id, s.tenant_id
    FROM tenants AS t
    INNER JOIN sends AS s ON s.tenant_id = t.tenant_id AND s.message_id = ANY(messages)
$$
"""


# Tables that were just filled have no statistics yet, and guardrails would be planned for one person. Only the owner
# may gather them; what another session gathers right now is left to it.
STATISTICS = """
CREATE FUNCTION gather_statistics() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp
AS $$
DECLARE
    stale regclass;
BEGIN
    FOR stale IN
        SELECT relid FROM pg_stat_user_tables
        WHERE
            schemaname = '{schema}'
            AND relname IN ('customers', 'consents', 'suppressions', 'preferences', 'profiles', 'segment_members',
                'recipient_decisions', 'assignments', 'sends')
            AND n_mod_since_analyze > greatest(1000, n_live_tup / 5)
    LOOP
        EXECUTE format('ANALYZE (SKIP_LOCKED) %s', stale);
    END LOOP;
END
$$
"""


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for column, kind in COLUMNS.items():
        op.execute(f"ALTER TABLE sends ADD COLUMN {column} {kind}")
    # Claims go through the queue text by text, so that one request holds one text to many people.
    op.execute(
        "CREATE INDEX sends_due ON sends (tenant_id, campaign_id, variant_id, customer_id) WHERE state = 'queued'"
    )
    op.execute("CREATE INDEX sends_in_flight ON sends (tenant_id, campaign_id) WHERE state = 'claimed'")
    op.execute("CREATE INDEX sends_of_provider ON sends (tenant_id, provider_id) WHERE provider_id IS NOT NULL")
    # Who answers a text is found by nothing but the number.
    op.execute("CREATE INDEX customers_of_phone ON customers (tenant_id, phone) WHERE phone IS NOT NULL")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        for statement in guard(table, app=GRANTS[table]):
            op.execute(statement)
    for statement in (OWNERS_OF, STATISTICS):
        op.execute(statement.format(schema=SCHEMA))
    op.execute(f"ALTER FUNCTION gather_statistics() OWNER TO {OWNER}")
    op.execute("REVOKE EXECUTE ON FUNCTION gather_statistics() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION gather_statistics() TO {APP}")
    op.execute(f"ALTER FUNCTION tenants_of_messages(text[]) OWNER TO {OWNER}")
    op.execute("REVOKE EXECUTE ON FUNCTION tenants_of_messages(text[]) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION tenants_of_messages(text[]) TO {APP}")


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute("DROP FUNCTION tenants_of_messages, gather_statistics")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP INDEX customers_of_phone, sends_due, sends_in_flight, sends_of_provider")
    for column in reversed(COLUMNS):
        op.execute(f"ALTER TABLE sends DROP COLUMN {column}")
