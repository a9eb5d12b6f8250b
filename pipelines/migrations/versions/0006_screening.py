"""What was said of each text under each policy, the constraint that nothing leaves without it, and who must look."""

from alembic import op

from pipelines.database import SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0006"
down_revision = "0005"

TABLES = {
    # The version under which content must have passed; once it changes, older screenings count no more.
    "policies_in_force": """
        tenant_id text NOT NULL REFERENCES tenants,
        kind text NOT NULL,
        version text NOT NULL,
        in_force_since timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, kind)""",
    # Whoever would approve or send a text refers to (…, cleared) and holds `cleared` true: that is the coverage.
    "screenings": """
        tenant_id text NOT NULL REFERENCES tenants,
        content_hash text NOT NULL,
        policy_version text NOT NULL,
        decision text NOT NULL CHECK (decision IN ('pass', 'review', 'block')),
        undecided boolean NOT NULL,
        category text,
        severity smallint,
        severities jsonb NOT NULL,
        blocklist_hits text[] NOT NULL,
        findings jsonb NOT NULL,
        reason text NOT NULL CHECK (reason <> ''),
        screen text NOT NULL,
        screen_version text NOT NULL,
        valid_until timestamptz,
        screened_at timestamptz NOT NULL,
        released_by text CHECK (btrim(released_by) <> ''),
        released_at timestamptz,
        release_reason text CHECK (btrim(release_reason) <> ''),
        cleared boolean NOT NULL GENERATED ALWAYS AS (
            decision = 'pass' OR (decision = 'review' AND released_by IS NOT NULL)) STORED,
        PRIMARY KEY (tenant_id, content_hash, policy_version),
        UNIQUE (tenant_id, content_hash, policy_version, cleared),
        CHECK (decision = 'block' OR NOT undecided),
        CHECK (decision = 'review' OR released_by IS NULL),
        CHECK (num_nulls(released_by, released_at, release_reason) IN (0, 3))""",
    # Which variants a screening was made or found for: one text may stand in several campaigns.
    "screened_variants": """
        tenant_id text NOT NULL,
        variant_id text NOT NULL,
        version integer NOT NULL,
        campaign_id text NOT NULL,
        content_hash text NOT NULL,
        policy_version text NOT NULL,
        screened_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, variant_id, version, policy_version),
        FOREIGN KEY (tenant_id, variant_id, version) REFERENCES variants,
        FOREIGN KEY (tenant_id, content_hash, policy_version) REFERENCES screenings""",
    "escalations": """
        tenant_id text NOT NULL REFERENCES tenants,
        escalation_id text NOT NULL DEFAULT gen_random_uuid()::text,
        kind text NOT NULL,
        campaign_id text,
        object text NOT NULL,
        code text NOT NULL,
        reason text NOT NULL,
        priority smallint NOT NULL CHECK (priority >= 1),
        opened_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL CHECK (due_at > opened_at),
        notified_at timestamptz,
        settled_by text CHECK (btrim(settled_by) <> ''),
        settled_at timestamptz,
        settlement text CHECK (settlement IN ('approved', 'rejected', 'expired', 'void')),
        note text,
        PRIMARY KEY (tenant_id, escalation_id),
        FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns,
        CHECK (num_nulls(settled_by, settled_at, settlement) IN (0, 3)),
        CHECK (settlement <> 'approved' OR settled_at <= due_at)""",
}
GRANTS = {
    "policies_in_force": "SELECT, INSERT, UPDATE",
    "screenings": "SELECT, INSERT, UPDATE",
    "screened_variants": "SELECT, INSERT",
    "escalations": "SELECT, INSERT, UPDATE",
}

INDEXES = (
    "CREATE INDEX variants_by_content ON variants (tenant_id, content_hash)",
    "CREATE INDEX screened_variants_by_content ON screened_variants (tenant_id, content_hash, policy_version)",
    """CREATE UNIQUE INDEX one_open_escalation ON escalations (tenant_id, kind, campaign_id, object)
    NULLS NOT DISTINCT WHERE settled_at IS NULL""",
    "CREATE INDEX escalations_by_object ON escalations (tenant_id, object)",
)

# A session's own tables cannot stand in for ours: the path is fixed.
FIXED = f"SET search_path = pg_catalog, {SCHEMA}, pg_temp"

FUNCTIONS = (
    f"""
    CREATE FUNCTION refuse_change(sentence text) RETURNS void LANGUAGE plpgsql {FIXED} AS $$ BEGIN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = sentence;
    END $$
    """,
    # Whoever wrote a version of the variant, this one or one before it, made its text.
    f"""
    CREATE FUNCTION made_content(who text, content text) RETURNS boolean STABLE LANGUAGE sql {FIXED} AS $$
        SELECT EXISTS (
            SELECT FROM variants AS v
            INNER JOIN variants AS w
                ON w.tenant_id = v.tenant_id AND w.variant_id = v.variant_id AND w.version <= v.version
            WHERE
                v.tenant_id = current_setting('liftline.tenant') AND v.content_hash = content
                AND lower(btrim(w.created_by)) = lower(btrim(who))
        )
    $$
    """,
    f"""
    CREATE FUNCTION keep_screening() RETURNS trigger LANGUAGE plpgsql {FIXED} AS $$
    DECLARE
        release CONSTANT text[] := '{{released_by, released_at, release_reason, cleared}}';
    BEGIN
        IF TG_OP NOT IN ('INSERT', 'UPDATE') THEN
            PERFORM refuse_change('A screening is never deleted.');
        ELSIF TG_OP = 'INSERT' OR OLD.undecided THEN
            IF NEW.released_by IS NOT NULL THEN
                PERFORM refuse_change('A screening is released after it was made, never with it.');
            ELSIF TG_OP = 'UPDATE' AND (NEW.tenant_id, NEW.content_hash, NEW.policy_version)
                IS DISTINCT FROM (OLD.tenant_id, OLD.content_hash, OLD.policy_version) THEN
                PERFORM refuse_change('A screening is of one text under one policy for ever.');
            END IF;
        ELSIF OLD.released_by IS NOT NULL OR NEW.released_by IS NULL
            OR to_jsonb(NEW) - release IS DISTINCT FROM to_jsonb(OLD) - release THEN
            PERFORM refuse_change('A decided screening never changes but for its release.');
        ELSIF made_content(NEW.released_by, NEW.content_hash) THEN
            PERFORM refuse_change(NEW.released_by || ' made this text, and who made it cannot release it.');
        END IF;
        RETURN NEW;
    END $$
    """,
    f"""
    CREATE FUNCTION keep_escalation() RETURNS trigger LANGUAGE plpgsql {FIXED} AS $$
    DECLARE
        later CONSTANT text[] := '{{notified_at, settled_by, settled_at, settlement, note}}';
    BEGIN
        IF TG_OP NOT IN ('INSERT', 'UPDATE') THEN
            PERFORM refuse_change('An escalation is never deleted.');
        ELSIF TG_OP = 'INSERT' AND NEW.settled_at IS NOT NULL THEN
            PERFORM refuse_change('An escalation is settled after it was opened, never with it.');
        ELSIF TG_OP = 'UPDATE' AND OLD.settled_at IS NOT NULL THEN
            PERFORM refuse_change('An escalation is settled once.');
        ELSIF TG_OP = 'UPDATE' AND to_jsonb(NEW) - later IS DISTINCT FROM to_jsonb(OLD) - later THEN
            PERFORM refuse_change('What was escalated never changes.');
        END IF;
        RETURN NEW;
    END $$
    """,
    # screened = passed + reviewed + blocked, over the newest version of every drafted variant.
    """
    CREATE FUNCTION screening_coverage(campaign text)
    RETURNS TABLE (
        policy_version text, variants bigint, screened bigint, passed bigint, reviewed bigint, blocked bigint,
        undecided bigint, cleared bigint, unscreened bigint
    )
    STABLE LANGUAGE sql SECURITY INVOKER
    BEGIN ATOMIC
        SELECT
            max(f.version),
            count(*),
            count(s.decision),
            count(*) FILTER (WHERE s.decision = 'pass'),
            count(*) FILTER (WHERE s.decision = 'review'),
            count(*) FILTER (WHERE s.decision = 'block'),
            count(*) FILTER (WHERE s.undecided),
            count(*) FILTER (WHERE s.cleared),
            count(*) FILTER (WHERE s.decision IS NULL)
        FROM (
            SELECT DISTINCT ON (v.variant_id) v.tenant_id, v.status, v.content_hash
            FROM variants AS v
            WHERE v.tenant_id = current_setting('liftline.tenant') AND v.campaign_id = campaign
            ORDER BY v.variant_id, v.version DESC
        ) AS newest
        LEFT JOIN policies_in_force AS f ON f.tenant_id = newest.tenant_id AND f.kind = 'content'
        LEFT JOIN screenings AS s
            ON s.tenant_id = newest.tenant_id AND s.content_hash = newest.content_hash AND s.policy_version = f.version
        WHERE newest.status = 'drafted';
    END
    """,
)

# ALWAYS: a session that replays for a replica is held to them as well.
TRIGGERS = tuple(
    statement
    for table, function in (("screenings", "keep_screening"), ("escalations", "keep_escalation"))
    for statement in (
        f"CREATE TRIGGER keep BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()",
        f"CREATE TRIGGER keep_all BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {function}()",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER keep",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER keep_all",
    )
)


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, columns in TABLES.items():
        # As it stands: op.execute would take a colon for a parameter.
        op.get_bind().exec_driver_sql(f"CREATE TABLE {table} ({columns})")
    for statement in (*INDEXES, *FUNCTIONS, *TRIGGERS):
        op.get_bind().exec_driver_sql(statement)
    for table in TABLES:
        for statement in guard(table, app=GRANTS[table]):
            op.execute(statement)


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute("DROP FUNCTION screening_coverage")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP INDEX variants_by_content")
    op.execute("DROP FUNCTION keep_escalation, keep_screening, made_content, refuse_change")
