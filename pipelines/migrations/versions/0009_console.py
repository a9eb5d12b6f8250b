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
            state IN (
                'received', 'queued', 'checking', 'loading', 'imported', 'held', 'refused', 'failed', 'discarded')),
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
    "CREATE INDEX segment_snapshots_newest ON segment_snapshots (tenant_id, taken_at, snapshot_id)",
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
    # One question for whether the key is good and how often it came in this minute: each request asks it.
    """
    CREATE FUNCTION key_comes_in(public_part text, hash text, moment timestamptz)
    RETURNS TABLE (tenant_id text, roles text[], used integer)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp
    AS $$
    DECLARE
        key api_keys;
    BEGIN
        SELECT * INTO key FROM api_keys AS k
        WHERE
            k.key_id = public_part AND k.secret_hash = hash
            AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now());
        IF key.key_id IS NULL THEN
            RETURN;
        END IF;
        PERFORM set_config('liftline.tenant', key.tenant_id, true);
        -- Once a minute is exact enough, and spares a write for each request.
        IF key.last_used_at IS NULL OR key.last_used_at < moment - interval '1 minute' THEN
            UPDATE api_keys AS k SET last_used_at = moment
            WHERE k.tenant_id = key.tenant_id AND k.key_id = key.key_id;
        END IF;
        RETURN QUERY SELECT key.tenant_id, key.roles, count_in_minute('key ' || key.key_id, 1, moment);
    END $$
    """,
)
LOOKED_INTO = ("access_grants", "api_keys")
SIGNATURES = ("roles_of(text)", "key_comes_in(text, text, timestamptz)")
COUNT = """
CREATE FUNCTION count_in_minute(who text, amount integer, moment timestamptz) RETURNS integer
LANGUAGE sql SET search_path = pg_catalog, {schema}, pg_temp
AS $$
    INSERT INTO request_windows AS w (tenant_id, caller, window_start, used)
    VALUES (current_setting('liftline.tenant'), who, date_trunc('minute', moment), amount)
    ON CONFLICT (tenant_id, caller) DO UPDATE SET
        used = CASE WHEN w.window_start = excluded.window_start THEN w.used + excluded.used ELSE excluded.used END,
        window_start = excluded.window_start
    RETURNING used
$$
"""


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
    op.execute(COUNT.format(schema=SCHEMA))
    for statement, signature in zip(FUNCTIONS, SIGNATURES, strict=True):
        op.execute(statement.format(schema=SCHEMA))
        op.execute(f"ALTER FUNCTION {signature} OWNER TO {OWNER}")
        op.execute(f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {APP}")


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute(f"DROP FUNCTION {', '.join(SIGNATURES)}, count_in_minute")
    for table in LOOKED_INTO:
        op.execute(f"DROP POLICY comes_in ON {table}")
    op.execute("DROP INDEX segment_members_of, segment_snapshots_newest")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
