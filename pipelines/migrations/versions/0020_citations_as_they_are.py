"""That a cited passage expires holds a text up until it is approved for longer, and voids no approval."""

from alembic import op

from pipelines.database import SCHEMA

revision = "0020"
down_revision = "0019"

# Whether what is cited may be cited is asked when a message is claimed, of the passages as they stand then.
APPROVABLE = """
CREATE OR REPLACE FUNCTION approvable_variants(campaign text)
RETURNS TABLE (
    variant_id text, version integer, unit_kind text, unit_id text, content_hash text, policy_version text
)
STABLE LANGUAGE sql SET search_path = pg_catalog, {schema}, pg_temp AS $$
    SELECT v.variant_id, v.version, v.unit_kind, v.unit_id, v.content_hash, s.policy_version
    FROM (
        SELECT DISTINCT ON (w.variant_id) w.*
        FROM variants AS w
        WHERE w.tenant_id = current_setting('liftline.tenant') AND w.campaign_id = campaign
        ORDER BY w.variant_id, w.version DESC
    ) AS v
    INNER JOIN policies_in_force AS f ON f.tenant_id = v.tenant_id AND f.kind = 'content'
    INNER JOIN screenings AS s
        ON s.tenant_id = v.tenant_id AND s.content_hash = v.content_hash AND s.policy_version = f.version
    WHERE
        v.status = 'drafted' AND s.cleared{in_time}
        AND coalesce((
            SELECT a.decision FROM ai_feedback AS a
            WHERE
                a.tenant_id = v.tenant_id AND a.variant_id = v.variant_id AND a.version = v.version
                AND a.decision IS NOT NULL
            ORDER BY a.seq DESC
            LIMIT 1
        ), '') <> 'reject'
$$
"""
BEFORE = " AND (s.valid_until IS NULL OR s.valid_until > now())"


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute(APPROVABLE.format(schema=SCHEMA, in_time=""))


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute(APPROVABLE.format(schema=SCHEMA, in_time=BEFORE))
