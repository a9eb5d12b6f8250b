"""What is entered by the million is held to what it refers to once a statement; a foreign key asks row by row."""

from alembic import op

from pipelines.database import SCHEMA

revision = "0018"
down_revision = "0017"

# No row that is referred to here ever goes: a screening keeps its clearance, an experiment and a version of a model
# stay. So asking when something is entered is enough, and nothing need be locked.
HELD = (
    ("sends", ("INSERT", "UPDATE"), "screenings", "tenant_id, content_hash, policy_version, cleared"),
    ("assignments", ("INSERT",), "experiments", "tenant_id, experiment_key"),
    ("model_scores", ("INSERT", "UPDATE"), "model_versions", "tenant_id, model, version"),
)
KEYS = {
    "sends": "sends_tenant_id_content_hash_policy_version_cleared_fkey",
    "assignments": "assignments_tenant_id_experiment_key_fkey",
    "model_scores": "model_scores_tenant_id_model_version_fkey",
}

REFER = f"""
CREATE FUNCTION refer() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, {SCHEMA}, pg_temp AS $$
DECLARE
    named CONSTANT text := TG_ARGV[0];
    columns CONSTANT text := TG_ARGV[1];
    amiss boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT FROM (SELECT DISTINCT %2$s FROM entered) AS e LEFT JOIN %1$I AS k USING (%2$s)'
        ' WHERE k.tenant_id IS NULL)', named, columns
    ) INTO amiss;
    IF amiss THEN
        RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME,
            MESSAGE = 'Rows of ' || TG_TABLE_NAME || ' refer to none of ' || named || ' by ' || columns || '.';
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute(REFER)
    for table, events, named, columns in HELD:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {KEYS[table]}")
        for event in events:
            name = f"refer_to_{named}_on_{event.lower()}"
            op.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING NEW TABLE AS entered "
                f"FOR EACH STATEMENT EXECUTE FUNCTION refer('{named}', '{columns}')"
            )
            # ALWAYS: a session that replays for a replica is held to it as well.
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, events, named, columns in HELD:
        for event in events:
            op.execute(f"DROP TRIGGER refer_to_{named}_on_{event.lower()} ON {table}")
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {KEYS[table]} FOREIGN KEY ({columns}) REFERENCES {named} ({columns})"
        )
    op.execute("DROP FUNCTION refer")
