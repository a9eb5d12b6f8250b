"""Messages of people who took another id since: found by their address, whichever id they were sent under."""

from alembic import op

from pipelines.database import SCHEMA

revision = "0025"
down_revision = "0024"

# Asked of one tenant after the other, which leaves the caller its own.
OF_EACH_TENANT = """
    CREATE OR REPLACE FUNCTION {signature}
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp
    AS $$
    DECLARE
        mine CONSTANT text := current_setting('liftline.tenant', true);
        one text;
    BEGIN
        FOR one IN SELECT t.tenant_id FROM tenants AS t LOOP
            PERFORM set_config('liftline.tenant', one, true);
            RETURN QUERY {query};
        END LOOP;
        PERFORM set_config('liftline.tenant', coalesce(mine, ''), true);
    END $$
"""
# Every id that a customer has or had, or the one that they have.
EVERY_ID = """(SELECT c.customer_id AS known_as UNION ALL SELECT a.alias_id FROM customer_aliases AS a
                    WHERE a.tenant_id = one AND a.customer_id = c.customer_id)"""
THIS_ID = "(SELECT c.customer_id AS known_as)"
ADDRESSES = (
    "tenants_of_addresses(addresses text[]) RETURNS TABLE (address text, tenant_id text)",
    """SELECT DISTINCT c.email, one FROM customers AS c
                CROSS JOIN LATERAL {ids} AS k
                WHERE c.tenant_id = one AND c.email = ANY(addresses)
                AND EXISTS (SELECT FROM sends AS s WHERE s.tenant_id = one AND s.customer_id = k.known_as)""",
)
NUMBERS = (
    "last_messages_to(number text, over text, moment timestamptz) "
    "RETURNS TABLE (message_id text, claimed_at timestamptz)",
    """SELECT s.message_id, s.claimed_at FROM customers AS c
                CROSS JOIN LATERAL {ids} AS k
                INNER JOIN sends AS s ON s.tenant_id = one AND s.customer_id = k.known_as
                WHERE c.tenant_id = one AND c.phone = number AND s.channel = over
                AND s.claimed_at <= moment + interval '5 minutes'
                AND s.state IN ('accepted', 'delivered', 'unknown', 'claimed')
                ORDER BY s.claimed_at DESC, s.message_id ASC LIMIT 1""",
)


def _functions(ids: str) -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for signature, query in (ADDRESSES, NUMBERS):
        asked = query.format(ids=ids)
        # As they stand: op.execute would take a colon for a parameter.
        op.get_bind().exec_driver_sql(OF_EACH_TENANT.format(signature=signature, schema=SCHEMA, query=asked))


def upgrade() -> None:
    # Whose an alias is was looked for in all of them.
    op.execute(f"CREATE INDEX customer_aliases_of ON {SCHEMA}.customer_aliases (tenant_id, customer_id)")
    _functions(EVERY_ID)


def downgrade() -> None:
    _functions(THIS_ID)
    op.execute(f"DROP INDEX {SCHEMA}.customer_aliases_of")
