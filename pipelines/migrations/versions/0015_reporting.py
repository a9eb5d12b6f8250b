"""What was built out of the facts: each refresh of the marts, each report, and who gets which report when."""

from alembic import op

from pipelines.database import APP, DBT, MARTS, READER, SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0015"
down_revision = "0014"

TABLES = {
    "reports": """
        tenant_id text NOT NULL REFERENCES tenants,
        report_id text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('executive', 'campaign', 'deliverability', 'safety', 'learning')),
        subject text NOT NULL,
        for_client boolean NOT NULL,
        folder text NOT NULL,
        content_hash text NOT NULL,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, report_id)""",
    "report_subscriptions": """
        tenant_id text NOT NULL REFERENCES tenants,
        subscription_id text NOT NULL,
        kind text NOT NULL,
        every text NOT NULL CHECK (every IN ('day', 'week', 'month')),
        for_client boolean NOT NULL,
        way text NOT NULL CHECK (way IN ('email', 'folder')),
        target text NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        ended_at timestamptz,
        last_period text,
        PRIMARY KEY (tenant_id, subscription_id)""",
}
GRANTS = {
    "reports": "SELECT, INSERT",
    "report_subscriptions": "SELECT, INSERT, UPDATE (ended_at, last_period)",
}

# What is new since the last refresh is found by when it came, in tables that only grow at their end.
ARRIVALS = (
    "CREATE INDEX provider_events_arrived ON provider_events USING brin (tenant_id, seq, received_at)",
    "CREATE INDEX event_labels_arrived ON event_labels USING brin (tenant_id, labelled_at)",
)


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        for statement in guard(table, app=GRANTS[table]):
            op.execute(statement)
    op.execute(f"CREATE SCHEMA {MARTS} AUTHORIZATION {DBT}")
    op.execute(f"GRANT USAGE ON SCHEMA {MARTS} TO {APP}, {READER}")
    for statement in ARRIVALS:
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"DROP SCHEMA {MARTS} CASCADE")
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute("DROP INDEX provider_events_arrived, event_labels_arrived")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
