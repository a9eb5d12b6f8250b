"""Experiments as designed, who got which arm and why, what was read out of them, and how arms shared people."""

from alembic import op

from pipelines.database import SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0011"
down_revision = "0010"

TABLES = {
    # The design is fixed before the first message; its hash is a part of what is approved.
    "experiments": """
        tenant_id text NOT NULL REFERENCES tenants,
        experiment_key text NOT NULL,
        campaign_id text,
        kind text NOT NULL CHECK (kind IN ('ab', 'factorial', 'holdout')),
        design jsonb NOT NULL,
        design_hash text NOT NULL,
        state text NOT NULL DEFAULT 'designed'
            CHECK (state IN ('designed', 'running', 'concluded', 'invalid', 'cancelled')),
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        started_at timestamptz,
        concluded_at timestamptz,
        conclusion jsonb,
        PRIMARY KEY (tenant_id, experiment_key),
        UNIQUE (tenant_id, campaign_id),
        FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns""",
    # An arm without a strategy is sent nothing.
    "experiment_arms": """
        tenant_id text NOT NULL,
        experiment_key text NOT NULL,
        arm text NOT NULL,
        position smallint NOT NULL,
        weight double precision NOT NULL CHECK (weight >= 0),
        control boolean NOT NULL,
        strategy text,
        PRIMARY KEY (tenant_id, experiment_key, arm),
        FOREIGN KEY (tenant_id, experiment_key) REFERENCES experiments""",
    # Everybody whom the guardrails included has a row: with an arm, or without one and the code says why.
    "assignments": """
        tenant_id text NOT NULL,
        experiment_key text NOT NULL,
        customer_id text NOT NULL,
        unit_id text NOT NULL,
        arm text,
        bucket double precision,
        code text NOT NULL,
        assigned_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, experiment_key, customer_id),
        FOREIGN KEY (tenant_id, experiment_key) REFERENCES experiments,
        CHECK ((arm IS NOT NULL) = (code = 'assigned'))""",
    "experiment_readouts": """
        tenant_id text NOT NULL,
        experiment_key text NOT NULL,
        readout integer NOT NULL CHECK (readout > 0),
        as_of timestamptz NOT NULL,
        final boolean NOT NULL,
        analysis jsonb NOT NULL,
        verdict text NOT NULL
            CHECK (verdict IN ('winner', 'loser', 'inconclusive', 'not enough data', 'invalid')),
        winner text,
        reason text NOT NULL,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, experiment_key, readout),
        FOREIGN KEY (tenant_id, experiment_key) REFERENCES experiments""",
    # The share of each arm from a cohort on: what a bandit decided, kept so that it can be accounted for afterwards.
    "allocations": """
        tenant_id text NOT NULL,
        experiment_key text NOT NULL,
        cohort integer NOT NULL CHECK (cohort > 0),
        shares jsonb NOT NULL,
        code text NOT NULL,
        reason text NOT NULL,
        decided_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, experiment_key, cohort),
        FOREIGN KEY (tenant_id, experiment_key) REFERENCES experiments""",
}
GRANTS = {
    "experiments": "SELECT, INSERT, UPDATE",
    "experiment_arms": "SELECT, INSERT, UPDATE, DELETE",
    "assignments": "SELECT, INSERT, UPDATE (arm, bucket, code)",
    "experiment_readouts": "SELECT, INSERT",
    "allocations": "SELECT, INSERT",
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
