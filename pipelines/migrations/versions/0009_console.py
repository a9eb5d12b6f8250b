"""What the console keeps: uploads, work under way, answers already given, requests counted; and who comes in."""

from alembic import op

from pipelines.database import APP, OWNER, SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0009"
down_revision = "0008"

TABLES = {
    "uploads": """
        tenant_id text NOT NULL REFERENCES tenants,
        upload_id text NOT NULL,
        file_name text NOT NULL,
        kind text NOT NULL,
        bytes bigint NOT NULL CHECK (bytes >= 0),
        sha256 text NOT NULL,
        uploaded_by text NOT NULL,
        uploaded_at timestamptz NOT NULL,
        state text NOT NULL DEFAULT 'received' CHECK (
            state IN ('received', 'queued', 'checking', 'loading', 'imported', 'held', 'refused', 'failed')),
        started_by text,
        run text,
        done_bytes bigint NOT NULL DEFAULT 0,
        summary jsonb,
        sentence text,
        changed_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, upload_id)""",
    "jobs": """
        tenant_id text NOT NULL REFERENCES tenants,
        job_id text NOT NULL,
        kind text NOT NULL,
        asked jsonb NOT NULL,
        asked_by text NOT NULL,
        asked_at timestamptz NOT NULL,
        state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'refused', 'failed')),
        result jsonb,
        sentence text,
        seen_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, job_id)""",
    "idempotency_keys": """
        tenant_id text NOT NULL REFERENCES tenants,
        caller text NOT NULL,
        key text NOT NULL,
        fingerprint text NOT NULL,
        made_at timestamptz NOT NULL,
        status smallint,
        location text,
        body text,
        PRIMARY KEY (tenant_id, caller, key)""",
    "request_windows": """
        tenant_id text NOT NULL,
        caller text NOT NULL,
        window_start timestamptz NOT NULL,
        used integer NOT NULL,
        PRIMARY KEY (tenant_id, caller)""",
}

INDEXES = (
    "CREATE INDEX uploads_newest ON uploads (tenant_id, uploaded_at, upload_id)",
    "CREATE INDEX jobs_newest ON jobs (tenant_id, kind, asked_at)",
    "CREATE INDEX idempotency_keys_oldest ON idempotency_keys (tenant_id, made_at)",
    "CREATE INDEX segment_members_of ON segment_members (tenant_id, snapshot_id, segment, customer_id)",
)

# Who somebody is must be known before a tenant is set: these two look across tenants, and answer of one name only.
FUNCTIONS = (
    """
    CREATE FUNCTION roles_of(who text) RETURNS TABLE (tenant_id text, roles text[])
    STABLE LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp
    AS $$
        SELECT g.tenant_id, array_agg(DISTINCT g.role ORDER BY g.role)
        FROM access_grants AS g
        WHERE lower(g.user_name) = lower(btrim(who)) AND g.revoked_at IS NULL
        GROUP BY g.tenant_id
        ORDER BY g.tenant_id
    $$
    """,
    """
    CREATE FUNCTION api_key_of(public_part text)
    RETURNS TABLE (tenant_id text, key_id text, secret_hash text, roles text[])
    STABLE LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp
    AS $$
        SELECT k.tenant_id, k.key_id, k.secret_hash, k.roles
        FROM api_keys AS k
        WHERE k.key_id = public_part AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
    $$
    """,
)
LOOKED_INTO = ("access_grants", "api_keys")
SIGNATURES = ("roles_of(text)", "api_key_of(text)")


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, columns in TABLES.items():
        # Counts that a crash loses begin anew; they are not worth a write-ahead log.
        op.execute(f"CREATE {'UNLOGGED ' if table == 'request_windows' else ''}TABLE {table} ({columns})")
        for statement in guard(table):
            op.execute(statement)
    for statement in INDEXES:
        op.execute(statement)
    for table in LOOKED_INTO:
        op.execute(f"CREATE POLICY comes_in ON {table} FOR SELECT TO {OWNER} USING (true)")
    for statement, signature in zip(FUNCTIONS, SIGNATURES, strict=True):
        op.execute(statement.format(schema=SCHEMA))
        op.execute(f"ALTER FUNCTION {signature} OWNER TO {OWNER}")
        op.execute(f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {APP}")


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute(f"DROP FUNCTION {', '.join(SIGNATURES)}")
    for table in LOOKED_INTO:
        op.execute(f"DROP POLICY comes_in ON {table}")
    op.execute("DROP INDEX segment_members_of")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
