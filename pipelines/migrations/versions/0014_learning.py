"""Models with their lineage, every decision on them, what they say of customers, and learnings offered to people."""

from alembic import op

from pipelines.database import SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0014"
down_revision = "0013"

TABLES = {
    "model_versions": """
        tenant_id text NOT NULL REFERENCES tenants,
        model text NOT NULL CHECK (model IN ('response', 'conversion', 'churn', 'send_hour', 'lead_quality')),
        version integer NOT NULL CHECK (version > 0),
        state text NOT NULL CHECK (state IN ('candidate', 'champion', 'retired', 'refused', 'rolled_back')),
        artifact text NOT NULL,
        artifact_sha256 text NOT NULL,
        data_hash text NOT NULL,
        code_version text NOT NULL,
        window_from timestamptz NOT NULL,
        window_to timestamptz NOT NULL,
        rows bigint NOT NULL,
        features jsonb NOT NULL,
        metrics jsonb NOT NULL,
        card text NOT NULL,
        trained_by text NOT NULL,
        trained_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, model, version)""",
    "model_decisions": """
        tenant_id text NOT NULL,
        model text NOT NULL,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        version integer,
        champion_before integer,
        champion_after integer,
        decision text NOT NULL CHECK (decision IN ('promote', 'keep', 'refuse', 'roll_back')),
        code text NOT NULL,
        reason text NOT NULL,
        evidence jsonb NOT NULL,
        decided_by text NOT NULL,
        decided_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, model, seq)""",
    # The newest score of each customer under the champion.
    "model_scores": """
        tenant_id text NOT NULL,
        model text NOT NULL,
        customer_id text NOT NULL,
        version integer NOT NULL,
        score double precision NOT NULL,
        as_of timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, model, customer_id),
        FOREIGN KEY (tenant_id, model, version) REFERENCES model_versions""",
    # A learning steers nothing until a person has accepted it.
    "insights": """
        tenant_id text NOT NULL REFERENCES tenants,
        insight_id text NOT NULL,
        dimension text NOT NULL,
        value text NOT NULL,
        segment text,
        statement text NOT NULL,
        effect double precision NOT NULL,
        ci_low double precision NOT NULL,
        ci_high double precision NOT NULL,
        evidence jsonb NOT NULL,
        state text NOT NULL DEFAULT 'offered' CHECK (state IN ('offered', 'accepted', 'rejected', 'outdated')),
        offered_at timestamptz NOT NULL,
        decided_by text,
        decided_at timestamptz,
        comment text,
        prompt_version text,
        PRIMARY KEY (tenant_id, insight_id),
        CHECK ((state IN ('accepted', 'rejected')) = (decided_by IS NOT NULL))""",
}
GRANTS = {
    "model_versions": "SELECT, INSERT, UPDATE (state)",
    "model_decisions": "SELECT, INSERT",
    "model_scores": "SELECT, INSERT, UPDATE, DELETE",
    "insights": "SELECT, INSERT, UPDATE",
}

INDEXES = ("CREATE UNIQUE INDEX one_champion ON model_versions (tenant_id, model) WHERE state = 'champion'",)


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        for statement in guard(table, app=GRANTS[table]):
            op.execute(statement)
    for statement in INDEXES:
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
