"""Who of a campaign's audience may be written to, by numbered runs."""

from alembic import op

from pipelines.database import SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0007"
down_revision = "0006"

RUNS = """
CREATE TABLE eligibility_runs (
    tenant_id text NOT NULL,
    campaign_id text NOT NULL,
    run integer NOT NULL,
    as_of timestamptz NOT NULL,
    policy_version text NOT NULL,
    snapshot_id text NOT NULL,
    audience bigint NOT NULL,
    included bigint NOT NULL,
    excluded bigint NOT NULL,
    review bigint NOT NULL,
    reasons jsonb NOT NULL,
    digest text NOT NULL,
    decided_at timestamptz NOT NULL,
    decided_by text NOT NULL,
    PRIMARY KEY (tenant_id, campaign_id, run),
    FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns)
"""


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute(RUNS)
    for statement in guard("eligibility_runs", app="SELECT, INSERT"):
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"DROP TABLE {SCHEMA}.eligibility_runs")
