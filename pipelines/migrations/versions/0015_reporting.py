"""What was built out of the facts: each refresh of the marts, each report, and who gets which report when."""

from alembic import op

from pipelines.database import SCHEMA
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


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        for statement in guard(table, app=GRANTS[table]):
            op.execute(statement)


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
