"""The audit ledger: every decision, chained, written by one function and by nobody else."""

from alembic import op

from pipelines.database import APP, DBT, READER, SCHEMA
from pipelines.migrations.roles import LEDGER, MAKE_LEDGER_ROLE
from pipelines.migrations.tenancy import guard

revision = "0005"
down_revision = "0004"

TAKE_UP = f"DO $$ BEGIN EXECUTE format('GRANT {LEDGER} TO %I', session_user); END $$"
LAY_DOWN = f"DO $$ BEGIN EXECUTE format('REVOKE {LEDGER} FROM %I', session_user); END $$"

# What a step says of a decision; what it may not say (number, moment, tenant, hashes) is added by the ledger.
# The campaign stands first: everything after it is the body of the entry.
DRAFT = """
CREATE TYPE audit_draft AS (
    campaign_id text,
    actor text,
    actor_kind text,
    action text,
    object text,
    subject_id text,
    decision text,
    reason text,
    content_hash text,
    model text,
    prompt_version text,
    passage_ids text,
    severities text,
    blocklist_hits text,
    thresholds text,
    policy_version text,
    guardrails text,
    confidence text,
    overrides text,
    override_reason text,
    execution_status text
)
"""

# A `body` is one line of CSV, the cells of a draft after its campaign; the bytes here are those that are hashed and
# exported. hash = sha256("previous_hash,seq,occurred_at,tenant_id,campaign_id,sha256(body)"), all in hex: an entry
# of another campaign can be shown by the fingerprint of its body alone, and the chain can still be walked.
TABLE = """
CREATE TABLE audit_entries (
    tenant_id text NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    occurred_at timestamptz NOT NULL,
    campaign_id text,
    body text NOT NULL,
    previous_hash text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (tenant_id, seq)
)
"""

FUNCTIONS = (
    """
    CREATE FUNCTION audit_entry(
        actor text,
        actor_kind text,
        action text,
        decision text,
        reason text DEFAULT NULL,
        object text DEFAULT NULL,
        campaign_id text DEFAULT NULL,
        subject_id text DEFAULT NULL,
        content_hash text DEFAULT NULL,
        model text DEFAULT NULL,
        prompt_version text DEFAULT NULL,
        passage_ids text[] DEFAULT NULL,
        severities jsonb DEFAULT NULL,
        blocklist_hits text[] DEFAULT NULL,
        thresholds jsonb DEFAULT NULL,
        policy_version text DEFAULT NULL,
        guardrails jsonb DEFAULT NULL,
        confidence double precision DEFAULT NULL,
        overrides text DEFAULT NULL,
        override_reason text DEFAULT NULL,
        execution_status text DEFAULT NULL
    ) RETURNS audit_draft
    STABLE PARALLEL SAFE LANGUAGE sql
    RETURN ROW(
        nullif(campaign_id, ''), actor, actor_kind, action, object, subject_id, decision, reason, content_hash, model,
        prompt_version, array_to_string(passage_ids, ' '), severities::text, array_to_json(blocklist_hits)::text,
        thresholds::text, policy_version, guardrails::text, confidence::text, overrides, override_reason,
        execution_status
    )::audit_draft
    """,
    """
    CREATE FUNCTION audit_fault(draft audit_draft) RETURNS text
    IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN CASE
        WHEN coalesce((draft).actor, '') = '' THEN 'names no actor'
        WHEN coalesce((draft).actor_kind, '') NOT IN ('person', 'agent', 'system')
            THEN 'has an actor that is no person, agent or system'
        WHEN coalesce((draft).action, '') = '' THEN 'names no action'
        WHEN coalesce((draft).decision, '') = '' THEN 'holds no decision'
        WHEN strpos((draft).subject_id, '@') > 0 THEN 'names a customer or message by an address; give its opaque id'
        WHEN (draft).campaign_id !~ '^[A-Za-z0-9][A-Za-z0-9._:-]*$' OR octet_length((draft).campaign_id) > 200
            THEN 'has a campaign id that no campaign has'
    END
    """,
    # To one physical line, and back. U+0001 and U+0002 delimit what COPY streams; they carry no meaning.
    r"""
    CREATE FUNCTION audit_line(draft audit_draft) RETURNS text
    STABLE PARALLEL SAFE LANGUAGE sql
    RETURN replace(replace(replace(replace(
        draft::text, E'\n', E'\\n'), E'\r', E'\\r'), E'\u0001', E'\uFFFD'), E'\u0002', E'\uFFFD')
    """,
    r"""
    CREATE FUNCTION audit_cells(body text) RETURNS audit_draft
    STABLE PARALLEL SAFE LANGUAGE sql
    RETURN ('(,' || CASE
        WHEN strpos(body, E'\\') = 0 THEN body
        ELSE replace(replace(replace(replace(
            body, E'\\\\', E'\u0001'), E'\\n', E'\n'), E'\\r', E'\r'), E'\u0001', E'\\\\')
    END || ')')::audit_draft
    """,
    # The moment as it is hashed and exported: UTC, always 27 characters.
    """
    CREATE FUNCTION audit_moment(moment timestamptz) RETURNS text
    STABLE PARALLEL SAFE LANGUAGE sql
    RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    """,
)

# The lock lasts until the caller's transaction ends: entries become visible in the order of their numbers.
# Arrays go in, arrays come out, and one loop between them does nothing but hash.
APPEND = f"""
CREATE FUNCTION append_audit(entries audit_draft[]) RETURNS bigint
VOLATILE LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, {SCHEMA}, pg_temp
AS $body$
#variable_conflict use_variable
DECLARE
    mine CONSTANT text := current_setting('liftline.tenant', true);
    moment timestamptz;
    stamp text;
    newest bigint;
    hashed text;
    fault text;
    campaigns text[];
    bodies text[];
    links text[];
    link text;
    hashes text[] := '{{}}';
    befores text[] := '{{}}';
BEGIN
    IF coalesce(cardinality(entries), 0) = 0 THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM tenants AS t WHERE t.tenant_id = mine) THEN
        RAISE EXCEPTION USING MESSAGE = 'The transaction is bound to no tenant; nothing is logged.';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('liftline.audit_entries ' || mine, 0));
    moment := clock_timestamp();
    stamp := ',' || audit_moment(moment) || ',' || mine || ',';
    SELECT e.seq, e.hash INTO newest, hashed FROM audit_entries AS e WHERE e.tenant_id = mine
    ORDER BY e.seq DESC LIMIT 1;
    newest := coalesce(newest, 0);
    hashed := coalesce(hashed, repeat('0', 64));
    SELECT
        min('Entry ' || (d.n - newest) || ' of ' || cardinality(entries) || ' ' || d.fault || '.'),
        array_agg(d.campaign),
        array_agg(convert_from(d.bytes, 'UTF8')),
        array_agg(',' || d.n || stamp || coalesce(d.campaign, '') || ',' || encode(sha256(d.bytes), 'hex'))
    INTO fault, campaigns, bodies, links
    FROM (
        SELECT c.n, c.fault, c.campaign, substring(
            c.bytes FROM coalesce(octet_length(c.campaign), 0) + 3
            FOR greatest(octet_length(c.bytes) - coalesce(octet_length(c.campaign), 0) - 3, 0)) AS bytes
        FROM (
            SELECT
                b.n,
                (b.draft).campaign_id AS campaign,
                audit_fault(b.draft) AS fault,
                convert_to(audit_line(b.draft), 'UTF8') AS bytes
            FROM (
                SELECT generate_series(newest + 1, newest + cardinality(entries)) AS n, unnest(entries) AS draft
            ) AS b
            OFFSET 0
        ) AS c
        OFFSET 0
    ) AS d;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION USING MESSAGE = fault;
    END IF;
    FOREACH link IN ARRAY links LOOP
        befores := befores || hashed;
        hashed := encode(sha256(convert_to(hashed || link, 'UTF8')), 'hex');
        hashes := hashes || hashed;
    END LOOP;
    INSERT INTO audit_entries (tenant_id, seq, occurred_at, campaign_id, body, previous_hash, hash)
    SELECT
        mine,
        generate_series(newest + 1, newest + cardinality(entries)),
        moment,
        unnest(campaigns),
        unnest(bodies),
        unnest(befores),
        unnest(hashes);
    RETURN newest + cardinality(entries);
END
$body$
"""

APPEND_ONE = """
CREATE FUNCTION append_audit(entry audit_draft) RETURNS bigint
VOLATILE LANGUAGE sql
RETURN append_audit(ARRAY[entry])
"""

REFUSE = """
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'insufficient_privilege',
        MESSAGE = 'The audit ledger is only ever added to; ' || TG_OP || ' is refused.';
END $$
"""
# ALWAYS: a session that replays for a replica is refused as well.
TRIGGERS = (
    "CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON audit_entries "
    "FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()",
    "CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON audit_entries "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()",
    "ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER refuse_change",
    "ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER refuse_truncate",
)

VIEW = """
CREATE VIEW audit_log WITH (security_invoker = true) AS
SELECT
    e.tenant_id, e.seq, e.occurred_at, e.campaign_id,
    c.actor, c.actor_kind, c.action, c.object, c.subject_id, c.decision, c.reason, c.content_hash, c.model,
    c.prompt_version, c.passage_ids, c.severities, c.blocklist_hits, c.thresholds, c.policy_version, c.guardrails,
    c.confidence::double precision AS confidence, c.overrides, c.override_reason, c.execution_status,
    e.previous_hash, e.hash
FROM audit_entries AS e
CROSS JOIN LATERAL audit_cells(e.body) AS c
"""


def upgrade() -> None:
    op.execute(MAKE_LEDGER_ROLE)
    op.execute(TAKE_UP)
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for statement in (DRAFT, TABLE, *FUNCTIONS, APPEND, APPEND_ONE, REFUSE, *TRIGGERS):
        # As it stands: op.execute would take a colon for a parameter.
        op.get_bind().exec_driver_sql(statement)
    for statement in guard("audit_entries", app="SELECT"):
        op.execute(statement)
    op.execute(f"GRANT USAGE, CREATE ON SCHEMA {SCHEMA} TO {LEDGER}")
    op.execute(f"GRANT SELECT ON tenants TO {LEDGER}")
    op.execute(f"ALTER TABLE audit_entries OWNER TO {LEDGER}")
    for function in ("append_audit(audit_draft[])", "refuse_audit_change()"):
        op.execute(f"ALTER FUNCTION {function} OWNER TO {LEDGER}")
    op.execute(f"REVOKE CREATE ON SCHEMA {SCHEMA} FROM {LEDGER}")
    for function in ("append_audit(audit_draft[])", "append_audit(audit_draft)"):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP}")
    op.execute(VIEW)
    op.execute(f"GRANT SELECT ON audit_log TO {APP}, {DBT}, {READER}")
    op.execute(LAY_DOWN)


def downgrade() -> None:
    op.execute(TAKE_UP)
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute("DROP VIEW audit_log")
    op.execute("DROP FUNCTION append_audit(audit_draft), append_audit(audit_draft[])")
    op.execute("DROP TABLE audit_entries")
    op.execute("DROP FUNCTION refuse_audit_change, audit_moment, audit_cells, audit_line, audit_fault, audit_entry")
    op.execute("DROP TYPE audit_draft")
    op.execute(f"REVOKE ALL ON tenants FROM {LEDGER}")
    op.execute(f"REVOKE ALL ON SCHEMA {SCHEMA} FROM {LEDGER}")
    op.execute(LAY_DOWN)
