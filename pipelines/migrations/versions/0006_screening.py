"""What content was screened with which verdict, and what waits for a person."""

from alembic import op

from pipelines.database import SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0006"
down_revision = "0005"

TABLES = {
    "policies_in_force": """
        tenant_id text NOT NULL REFERENCES tenants,
        kind text NOT NULL,
        version text NOT NULL,
        in_force_since timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, kind)""",
    "screenings": """
        tenant_id text NOT NULL,
        content_hash text NOT NULL,
        policy_version text NOT NULL,
        decision text NOT NULL CHECK (decision IN ('pass', 'review', 'block')),
        undecided boolean NOT NULL,
        category text,
        severity smallint,
        severities jsonb NOT NULL,
        blocklist_hits text[] NOT NULL,
        findings jsonb NOT NULL,
        reason text NOT NULL,
        screen text NOT NULL,
        screen_version text NOT NULL,
        valid_until timestamptz,
        screened_at timestamptz NOT NULL,
        released_by text,
        released_at timestamptz,
        release_reason text,
        cleared boolean GENERATED ALWAYS AS
            (decision = 'pass' OR (decision = 'review' AND released_by IS NOT NULL)) STORED,
        PRIMARY KEY (tenant_id, content_hash, policy_version),
        UNIQUE (tenant_id, content_hash, policy_version, cleared)""",
    "escalations": """
        tenant_id text NOT NULL REFERENCES tenants,
        escalation_id text NOT NULL,
        kind text NOT NULL,
        campaign_id text,
        object text NOT NULL,
        code text NOT NULL,
        reason text NOT NULL,
        priority smallint NOT NULL,
        opened_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        notified_at timestamptz,
        settled_by text,
        settled_at timestamptz,
        settlement text CHECK (settlement IN ('approved', 'rejected', 'expired', 'void')),
        note text,
        PRIMARY KEY (tenant_id, escalation_id)""",
}

INDEXES = (
    "CREATE UNIQUE INDEX escalations_open ON escalations (tenant_id, kind, campaign_id, object) "
    "NULLS NOT DISTINCT WHERE settled_at IS NULL",
)


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        for statement in guard(table, app="SELECT, INSERT, UPDATE"):
            op.execute(statement)
    for statement in INDEXES:
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {SCHEMA}.{table}")
