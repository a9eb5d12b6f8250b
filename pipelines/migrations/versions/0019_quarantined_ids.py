"""A refused line is known by its own id, so that an erasure blanks the person's lines and no others."""

from alembic import op

from pipelines.database import SCHEMA

revision = "0019"
down_revision = "0018"

TABLE = f"{SCHEMA}.quarantined_lines"


def upgrade() -> None:
    # Empty: the line has no id. Null: nobody can say which of its cells is one.
    op.execute(f"ALTER TABLE {TABLE} ADD COLUMN customer_id text")
    # Who asked to be erased was written down again when they came back; of all tenants at once, as their owner may.
    op.execute(f"ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY")
    op.execute(f"UPDATE {TABLE} SET original = '' WHERE 'erased' = ANY(codes) AND original <> ''")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.execute(f"ALTER TABLE {TABLE} DROP COLUMN customer_id")
