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
    # How the live champion does on outcomes that ripened after it was trained.
    "model_measurements": """
        tenant_id text NOT NULL,
        model text NOT NULL,
        version integer NOT NULL,
        as_of timestamptz NOT NULL,
        rows bigint NOT NULL,
        metrics jsonb NOT NULL,
        verdict text NOT NULL CHECK (verdict IN ('healthy', 'degraded', 'too_little_data')),
        reason text NOT NULL,
        PRIMARY KEY (tenant_id, model, version, as_of),
        FOREIGN KEY (tenant_id, model, version) REFERENCES model_versions""",
}
GRANTS = {
    "model_versions": "SELECT, INSERT, UPDATE (state)",
    "model_decisions": "SELECT, INSERT",
    "model_scores": "SELECT, INSERT, UPDATE, DELETE",
    "insights": "SELECT, INSERT, UPDATE",
    "model_measurements": "SELECT, INSERT",
}

# Who may decide on what the machine learnt: never the machine.
DECIDERS = "'ai_template_manager', 'manager', 'director', 'admin'"
GUARD_INSIGHTS = f"""
CREATE FUNCTION guard_insight() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.decided_by IS NOT NULL AND NEW.decided_by IS DISTINCT FROM OLD.decided_by AND NOT EXISTS (
        SELECT FROM access_grants AS g
        WHERE g.tenant_id = NEW.tenant_id AND g.user_name = NEW.decided_by AND g.revoked_at IS NULL
            AND g.role IN ({DECIDERS})
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = NEW.decided_by || ' has no role that decides on insights.';
    END IF;
    RETURN NEW;
END $$
"""
TRIGGER = (
    "CREATE TRIGGER guard_insight BEFORE UPDATE ON insights FOR EACH ROW EXECUTE FUNCTION guard_insight()",
    "CREATE TRIGGER guard_new_insight BEFORE INSERT ON insights FOR EACH ROW "
    "WHEN (NEW.state <> 'offered') EXECUTE FUNCTION refuse_decided_insight()",
)
REFUSE_DECIDED = """
CREATE FUNCTION refuse_decided_insight() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'An insight begins as an offer.';
END $$
"""

INDEXES = (
    # The same data under the same code is the same version.
    "CREATE UNIQUE INDEX model_versions_by_data ON model_versions (tenant_id, model, data_hash, code_version)",
    "CREATE UNIQUE INDEX one_champion ON model_versions (tenant_id, model) WHERE state = 'champion'",
)


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        for statement in guard(table, app=GRANTS[table]):
            op.execute(statement)
    for statement in (*INDEXES, GUARD_INSIGHTS, REFUSE_DECIDED, *TRIGGER):
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION guard_insight, refuse_decided_insight")
