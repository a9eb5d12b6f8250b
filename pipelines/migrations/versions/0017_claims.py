"""What a claim leaves open, and whose a request is, are kept beside the ledger: settling touches no index of it."""

from alembic import op

from pipelines.database import OWNER, SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0017"
down_revision = "0016"

TABLES = {
    # One row from the claim on until all of it is settled; what a worker that died leaves is found by it.
    "open_claims": (
        """
        tenant_id text NOT NULL,
        batch_id text NOT NULL,
        campaign_id text NOT NULL,
        claimed_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, batch_id),
        FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns""",
        "SELECT, INSERT, DELETE",
        """
        SELECT tenant_id, batch_id, campaign_id, min(claimed_at) FROM sends
        WHERE state = 'claimed'
        GROUP BY tenant_id, batch_id, campaign_id""",
    ),
    # What the provider called each request: an event that names nothing else is somebody's by it.
    "provider_requests": (
        """
        tenant_id text NOT NULL REFERENCES tenants,
        provider_id text NOT NULL,
        PRIMARY KEY (tenant_id, provider_id)""",
        "SELECT, INSERT",
        "SELECT DISTINCT tenant_id, provider_id FROM sends WHERE provider_id IS NOT NULL",
    ),
}

# Room on each page for what becomes of the messages on it; and a queue whose index knows nothing of later states.
LEDGER = (
    "DROP INDEX sends_due, sends_in_flight, sends_of_provider",
    "ALTER TABLE sends SET (fillfactor = 65)",
    "ALTER TABLE sends ADD COLUMN waiting boolean NOT NULL GENERATED ALWAYS AS (state = 'queued') STORED",
    "CREATE INDEX sends_due ON sends (tenant_id, campaign_id, variant_id, customer_id) WHERE waiting",
)
AS_BEFORE = (
    "DROP INDEX sends_due",
    "ALTER TABLE sends DROP COLUMN waiting",
    "ALTER TABLE sends RESET (fillfactor)",
    "CREATE INDEX sends_due ON sends (tenant_id, campaign_id, variant_id, customer_id) WHERE state = 'queued'",
    "CREATE INDEX sends_in_flight ON sends (tenant_id, campaign_id) WHERE state = 'claimed'",
    "CREATE INDEX sends_of_provider ON sends (tenant_id, provider_id) WHERE provider_id IS NOT NULL",
)

OWNERS_OF = """
CREATE OR REPLACE FUNCTION tenants_of_provider_ids(ids text[]) RETURNS TABLE (provider_id text, tenant_id text)
STABLE LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp
AS $$
    SELECT DISTINCT s.provider_id, s.tenant_id
    FROM tenants AS t
    INNER JOIN {table} AS s ON s.tenant_id = t.tenant_id AND s.provider_id = ANY(ids)
$$
"""


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, (columns, grants, known) in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        op.execute(f"INSERT INTO {table} {known}")
        for statement in guard(table, app=grants):
            op.execute(statement)
    op.execute(f"CREATE POLICY names_all ON provider_requests FOR SELECT TO {OWNER} USING (true)")
    for statement in LEDGER:
        op.execute(statement)
    op.execute(OWNERS_OF.format(schema=SCHEMA, table="provider_requests"))


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute(OWNERS_OF.format(schema=SCHEMA, table="sends"))
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
    for statement in AS_BEFORE:
        op.execute(statement)
