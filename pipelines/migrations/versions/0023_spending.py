"""What calls cost is carried forward by campaign and by month, so that nobody adds all of it up before each batch."""

from alembic import op

from pipelines.database import OWNER, SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0023"
down_revision = "0022"

TABLE = """
CREATE TABLE spending (
    tenant_id text NOT NULL,
    whose text NOT NULL CHECK (whose IN ('campaign', 'month')),
    which text NOT NULL,
    usd numeric(16, 8) NOT NULL,
    PRIMARY KEY (tenant_id, whose, which)
)
"""

# What was asked and never answered counts with all that it may have cost. In one order, so that nobody waits in a ring.
ADD_UP = """
INSERT INTO spending AS s (tenant_id, whose, which, usd)
SELECT c.tenant_id, w.whose, w.which, sum(c.usd)
FROM ({changes}) AS c
CROSS JOIN LATERAL (
    VALUES ('campaign', c.campaign_id), ('month', to_char(c.asked_at AT TIME ZONE 'UTC', 'YYYY-MM'))
) AS w (whose, which)
WHERE w.which IS NOT NULL
GROUP BY c.tenant_id, w.whose, w.which
HAVING sum(c.usd) <> 0
ORDER BY c.tenant_id, w.whose, w.which
ON CONFLICT (tenant_id, whose, which) DO UPDATE SET usd = s.usd + excluded.usd
"""
CHANGES = "SELECT tenant_id, campaign_id, asked_at, {sign}coalesce(cost_usd, reserved_usd) AS usd FROM {rows}"
GAINED, LOST = CHANGES.format(sign="", rows="after_it"), CHANGES.format(sign="-", rows="before_it")
TRIGGERS = {
    "insert": ("NEW TABLE AS after_it", GAINED),
    "update": ("OLD TABLE AS before_it NEW TABLE AS after_it", f"{GAINED} UNION ALL {LOST}"),
    "delete": ("OLD TABLE AS before_it", LOST),
}
FUNCTION = """
CREATE FUNCTION add_up_{event}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp AS $$ BEGIN
    {statement};
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute(TABLE)
    for event, (tables, changes) in TRIGGERS.items():
        op.execute(FUNCTION.format(event=event, schema=SCHEMA, statement=ADD_UP.format(changes=changes)))
        op.execute(f"ALTER FUNCTION add_up_{event}() OWNER TO {OWNER}")
        op.execute(
            f"CREATE TRIGGER add_up_{event} AFTER {event.upper()} ON generations REFERENCING {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION add_up_{event}()"
        )
    # Of all tenants at once, as their owner may.
    op.execute("ALTER TABLE generations NO FORCE ROW LEVEL SECURITY")
    op.execute(ADD_UP.format(changes=CHANGES.format(sign="", rows="generations")))
    op.execute("ALTER TABLE generations FORCE ROW LEVEL SECURITY")
    for statement in guard("spending", app="SELECT"):
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for event in TRIGGERS:
        op.execute(f"DROP TRIGGER add_up_{event} ON generations")
        op.execute(f"DROP FUNCTION add_up_{event}")
    op.execute("DROP TABLE spending")
