"""What tenants that share a sender have claimed together; said once, by which decisions a campaign was approved."""

from alembic import op

from pipelines.database import APP, OWNER, SCHEMA

revision = "0026"
down_revision = "0025"

# A new sender warms up by what all send who write from it. What a tenant learns of the others is this one sum; none of
# `whose` named: everybody but `others`.
CLAIMED_OF = f"""
CREATE FUNCTION {SCHEMA}.claimed_of(whose text[], others text[], over text, moment timestamptz) RETURNS bigint
STABLE LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, {SCHEMA}, pg_temp
AS $$
    SELECT coalesce(sum(claimed.messages), 0)::bigint
    FROM tenants AS t
    CROSS JOIN LATERAL (
        SELECT count(*) AS messages FROM sends AS s
        WHERE s.tenant_id = t.tenant_id AND s.claimed_at >= moment AND s.channel = over
    ) AS claimed
    WHERE (whose IS NULL OR t.tenant_id = ANY(whose)) AND t.tenant_id <> ALL(others)
$$
"""
# Inlined by the planner, which a fixed path would prevent: it runs as the caller, on tables named in full.
APPROVED_RUN = f"""
CREATE FUNCTION {SCHEMA}.approved_run(campaign text) RETURNS integer STABLE LANGUAGE sql AS $$
    SELECT (r.content #>> '{{eligibility,run}}')::integer FROM {SCHEMA}.approval_requests AS r
    WHERE
        r.tenant_id = current_setting('liftline.tenant') AND r.campaign_id = campaign
        AND r.approved_hash = {SCHEMA}.approval_hash(campaign)
$$
"""


def upgrade() -> None:
    # As they stand: op.execute would take a colon for a parameter.
    for statement in (CLAIMED_OF, APPROVED_RUN):
        op.get_bind().exec_driver_sql(statement)
    named = f"{SCHEMA}.claimed_of(text[], text[], text, timestamptz)"
    op.execute(f"ALTER FUNCTION {named} OWNER TO {OWNER}")
    op.execute(f"REVOKE EXECUTE ON FUNCTION {named} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {named} TO {APP}")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SCHEMA}.claimed_of, {SCHEMA}.approved_run")
