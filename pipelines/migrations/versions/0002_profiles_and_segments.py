"""Facts as of a moment, and the segments that they put each customer in."""

from alembic import op

from pipelines.database import SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0002"
down_revision = "0001"

TABLES = {
    "profiles": """
        tenant_id text NOT NULL,
        customer_id text NOT NULL,
        as_of timestamptz NOT NULL,
        recency_days integer,
        frequency integer NOT NULL,
        monetary numeric(16, 2) NOT NULL,
        average_order numeric(14, 2),
        r smallint NOT NULL,
        f smallint NOT NULL,
        m smallint NOT NULL,
        engagement_score double precision NOT NULL,
        inactive_days integer,
        lifecycle_stage text NOT NULL,
        churn_risk double precision NOT NULL,
        preferred_hour smallint,
        PRIMARY KEY (tenant_id, as_of, customer_id)""",
    # What the profiles of a moment rest on; as long as that stays the same they need not be worked out again.
    "profile_sets": """
        tenant_id text NOT NULL,
        as_of timestamptz NOT NULL,
        basis text NOT NULL,
        customers bigint NOT NULL,
        PRIMARY KEY (tenant_id, as_of)""",
    "segment_snapshots": """
        tenant_id text NOT NULL,
        snapshot_id text NOT NULL,
        scheme text NOT NULL,
        as_of timestamptz NOT NULL,
        campaign_id text,
        definition jsonb NOT NULL,
        customers bigint NOT NULL,
        taken_at timestamptz NOT NULL DEFAULT now(),
        basis text,
        PRIMARY KEY (tenant_id, snapshot_id)""",
    "segments": """
        tenant_id text NOT NULL,
        snapshot_id text NOT NULL,
        segment text NOT NULL,
        description text NOT NULL,
        customers bigint NOT NULL,
        flag text,
        PRIMARY KEY (tenant_id, snapshot_id, segment)""",
    "segment_members": """
        tenant_id text NOT NULL,
        snapshot_id text NOT NULL,
        customer_id text NOT NULL,
        segment text NOT NULL,
        reason text NOT NULL,
        PRIMARY KEY (tenant_id, snapshot_id, customer_id)""",
}


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        for statement in guard(table):
            op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {SCHEMA}.{table}")
