"""Documents that people bring to a tenant's knowledge: kept as they came, found once somebody else approved them."""

from alembic import op

from pipelines.database import SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0016"
down_revision = "0015"

CONTRIBUTIONS = """
    tenant_id text NOT NULL REFERENCES tenants,
    contribution_id text NOT NULL,
    name text NOT NULL,
    version integer NOT NULL,
    content bytea NOT NULL,
    bytes integer NOT NULL GENERATED ALWAYS AS (octet_length(content)) STORED,
    sha256 text NOT NULL,
    brought_by text NOT NULL,
    brought_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (
        state IN ('waiting', 'approved', 'rejected', 'replaced', 'withdrawn')),
    approved_by text,
    approved_at timestamptz,
    ended_by text,
    ended_at timestamptz,
    comment text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, contribution_id),
    UNIQUE (tenant_id, name, version),
    CHECK (state <> 'approved' OR (approved_by IS NOT NULL AND approved_at IS NOT NULL)),
    CHECK (lower(btrim(approved_by)) <> lower(btrim(brought_by)))"""
GRANTED = "SELECT, INSERT, UPDATE (state, approved_by, approved_at, ended_by, ended_at, comment)"

INDEXES = (
    "CREATE UNIQUE INDEX one_waiting_contribution ON contributions (tenant_id, name) WHERE state = 'waiting'",
    "CREATE UNIQUE INDEX one_approved_contribution ON contributions (tenant_id, name) WHERE state = 'approved'",
    "CREATE INDEX contributions_newest ON contributions (tenant_id, brought_at, contribution_id)",
)

# Who brought it is no approver of it and may take it back; all else takes a role: also where the application errs.
GUARD = """
CREATE FUNCTION guard_contribution() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decider text := CASE WHEN NEW.state = 'approved' THEN NEW.approved_by ELSE NEW.ended_by END;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'waiting' OR NEW.approved_by IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'A contribution begins waiting.';
        END IF;
    ELSIF (OLD.state, NEW.state) NOT IN (
        ('waiting', 'approved'), ('waiting', 'rejected'), ('waiting', 'replaced'), ('waiting', 'withdrawn'),
        ('approved', 'replaced'), ('approved', 'withdrawn')
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'A contribution that is ' || OLD.state || ' does not become ' || NEW.state || '.';
    ELSIF OLD.approved_by IS NOT NULL AND NEW.approved_by IS DISTINCT FROM OLD.approved_by THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'Who approved it stays.';
    ELSIF NEW.state IN ('approved', 'rejected', 'withdrawn')
        AND NOT (NEW.state = 'withdrawn' AND lower(btrim(decider)) = lower(btrim(OLD.brought_by)))
        AND NOT has_role(decider, ARRAY['reviewer', 'qa', 'compliance', 'manager', 'director'])
    THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = decider || ' has no role that decides on documents; `liftline access grant` gives one.';
    END IF;
    RETURN NEW;
END $$
"""
TRIGGER = """
CREATE TRIGGER guard_contribution BEFORE INSERT OR UPDATE ON contributions
FOR EACH ROW EXECUTE FUNCTION guard_contribution()
"""


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute(f"CREATE TABLE contributions ({CONTRIBUTIONS})")
    for statement in (*guard("contributions", app=GRANTED), *INDEXES, GUARD, TRIGGER):
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute("DROP TABLE contributions")
    op.execute("DROP FUNCTION guard_contribution")
