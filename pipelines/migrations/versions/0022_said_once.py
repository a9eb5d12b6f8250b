"""Said once, for whoever asks it: why a passage may not be cited, and whether a campaign has begun."""

from alembic import op

from pipelines.database import SCHEMA

revision = "0022"
down_revision = "0021"

# Inlined by the planner, which a fixed path would prevent: they run as the caller, on tables named in full.
FUNCTIONS = (
    # Null: it may. A passage that is not there has no id.
    f"""
    CREATE FUNCTION {SCHEMA}.why_uncitable(
        passage text, retired timestamptz, approver text, approved date, expires date, today date
    ) RETURNS text IMMUTABLE LANGUAGE sql AS $$
        SELECT CASE
            WHEN passage IS NULL OR retired IS NOT NULL THEN 'passage_removed'
            WHEN approver IS NULL OR approved IS NULL OR approved > today THEN 'passage_unapproved'
            WHEN expires < today THEN 'passage_expired'
        END
    $$
    """,
    f"""
    CREATE FUNCTION {SCHEMA}.has_begun(campaign text) RETURNS boolean STABLE LANGUAGE sql AS $$
        SELECT EXISTS (
            SELECT FROM {SCHEMA}.sends AS s
            WHERE
                s.tenant_id = current_setting('liftline.tenant') AND s.campaign_id = campaign
                AND s.claimed_at IS NOT NULL
        )
    $$
    """,
)


def upgrade() -> None:
    for statement in FUNCTIONS:
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SCHEMA}.why_uncitable, {SCHEMA}.has_begun")
