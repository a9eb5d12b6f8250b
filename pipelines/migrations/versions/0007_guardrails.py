"""The ledger of messages, what people prefer, and who may be sent to in a campaign and why."""

from alembic import op

from pipelines.database import APP, OWNER, SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0007"
down_revision = "0006"

TABLES = {
    # A row can only be there for content that was screened and cleared.
    "sends": """
        tenant_id text NOT NULL,
        campaign_id text NOT NULL,
        customer_id text NOT NULL,
        step smallint NOT NULL CHECK (step > 0),
        channel text NOT NULL,
        message_id text NOT NULL,
        variant_id text NOT NULL,
        version integer NOT NULL,
        content_hash text NOT NULL,
        policy_version text NOT NULL,
        cleared boolean NOT NULL DEFAULT true CHECK (cleared),
        arm text,
        state text NOT NULL CHECK (state IN (
            'queued', 'claimed', 'accepted', 'rejected', 'unknown', 'delivered', 'bounced', 'complained', 'cancelled',
            'skipped')),
        marketing boolean NOT NULL,
        reason_code text,
        reason text,
        cost_usd numeric(14, 8),
        queued_at timestamptz NOT NULL,
        claimed_at timestamptz,
        settled_at timestamptz,
        PRIMARY KEY (tenant_id, campaign_id, customer_id, step, channel),
        UNIQUE (tenant_id, message_id),
        FOREIGN KEY (tenant_id, content_hash, policy_version, cleared)
            REFERENCES screenings (tenant_id, content_hash, policy_version, cleared)""",
    # The newest entry of a kind counts; 'any' and 'off' lift what was wished before.
    "preferences": """
        tenant_id text NOT NULL REFERENCES tenants,
        customer_id text NOT NULL,
        what text NOT NULL CHECK (what IN ('only_channel', 'weekly_digest', 'only_topic')),
        occurred_at timestamptz NOT NULL,
        value text NOT NULL CHECK (value <> '' AND (what <> 'weekly_digest' OR value IN ('on', 'off'))),
        source text NOT NULL,
        PRIMARY KEY (tenant_id, customer_id, what, occurred_at, value)""",
    "eligibility_runs": """
        tenant_id text NOT NULL,
        campaign_id text NOT NULL,
        run integer NOT NULL CHECK (run > 0),
        as_of timestamptz NOT NULL,
        policy_version text NOT NULL,
        snapshot_id text NOT NULL,
        audience bigint NOT NULL,
        included bigint NOT NULL,
        excluded bigint NOT NULL,
        review bigint NOT NULL,
        reasons jsonb NOT NULL,
        guardrails jsonb NOT NULL,
        digest text NOT NULL,
        decided_at timestamptz NOT NULL,
        decided_by text NOT NULL,
        PRIMARY KEY (tenant_id, campaign_id, run),
        FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns,
        CHECK (audience = included + excluded + review)""",
    "recipient_decisions": """
        tenant_id text NOT NULL,
        campaign_id text NOT NULL,
        run integer NOT NULL,
        customer_id text NOT NULL,
        unit_id text NOT NULL,
        verdict text NOT NULL,
        code text NOT NULL,
        codes text[] NOT NULL,
        PRIMARY KEY (tenant_id, campaign_id, run, customer_id)""",
}

APPEND_ONLY = ("preferences", "eligibility_runs", "recipient_decisions")

INDEXES = (
    "CREATE INDEX sends_of_customer ON sends (tenant_id, customer_id)",
    "CREATE INDEX sends_by_claim ON sends (tenant_id, claimed_at) WHERE claimed_at IS NOT NULL",
)

# The hourly limit is one for all tenants together; what a tenant learns of the others is this one sum.
CLAIMED_SINCE = """
CREATE FUNCTION claimed_since(moment timestamptz) RETURNS bigint
STABLE LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp
AS $$
    SELECT coalesce(sum(claimed.messages), 0)::bigint
    FROM tenants AS t
    CROSS JOIN LATERAL (
        SELECT count(*) AS messages FROM sends AS s WHERE s.tenant_id = t.tenant_id AND s.claimed_at >= moment
    ) AS claimed
$$
"""


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        grants = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE"
        for statement in guard(table, app=grants):
            op.execute(statement)
    for statement in INDEXES:
        op.execute(statement)
    op.execute(f"CREATE POLICY counts_all ON sends FOR SELECT TO {OWNER} USING (true)")
    op.execute(CLAIMED_SINCE.format(schema=SCHEMA))
    op.execute(f"ALTER FUNCTION claimed_since(timestamptz) OWNER TO {OWNER}")
    op.execute("REVOKE EXECUTE ON FUNCTION claimed_since(timestamptz) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION claimed_since(timestamptz) TO {APP}")


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute("DROP FUNCTION claimed_since")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
