"""Roles, tenants, and the ledgers that an import fills."""

from alembic import op

from pipelines.database import APP, DBT, OWNER, READER, SCHEMA
from pipelines.migrations.roles import MAKE_ROLES
from pipelines.migrations.tenancy import guard

revision = "0001"
down_revision = None

TABLES = {
    "tenants": """
        tenant_id text PRIMARY KEY CHECK (tenant_id ~ '^[a-z][a-z0-9_-]{0,62}$'),
        name text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()""",
    "import_batches": """
        tenant_id text NOT NULL REFERENCES tenants,
        batch_id text NOT NULL,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        kind text NOT NULL,
        file_name text NOT NULL,
        file_sha256 text NOT NULL,
        rows bigint NOT NULL,
        loaded bigint NOT NULL,
        merged bigint NOT NULL,
        quarantined bigint NOT NULL,
        reasons jsonb NOT NULL,
        imported_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, batch_id),
        UNIQUE (tenant_id, seq),
        CHECK (rows = loaded + merged + quarantined)""",
    "quarantined_lines": """
        tenant_id text NOT NULL,
        batch_id text NOT NULL,
        line bigint NOT NULL,
        codes text[] NOT NULL,
        sentences text NOT NULL,
        original text NOT NULL,
        PRIMARY KEY (tenant_id, batch_id, line),
        FOREIGN KEY (tenant_id, batch_id) REFERENCES import_batches ON DELETE CASCADE""",
    "accounts": """
        tenant_id text NOT NULL,
        account_id text NOT NULL,
        name text,
        changed_seq bigint NOT NULL,
        PRIMARY KEY (tenant_id, account_id)""",
    "customers": """
        tenant_id text NOT NULL,
        customer_id text NOT NULL,
        email text,
        phone text,
        first_name text,
        last_name text,
        company text,
        account_id text,
        job_title text,
        country text,
        region text,
        city text,
        time_zone text,
        locale text,
        signup_date date,
        last_purchase_date date,
        orders integer CHECK (orders >= 0),
        total_spend numeric(14, 2),
        opens integer CHECK (opens >= 0),
        clicks integer CHECK (clicks >= 0),
        tags text[],
        attributes jsonb,
        source_seq bigint NOT NULL,
        source_line bigint NOT NULL,
        changed_seq bigint NOT NULL,
        field_sources jsonb,
        PRIMARY KEY (tenant_id, customer_id)""",
    "customer_aliases": """
        tenant_id text NOT NULL,
        alias_id text NOT NULL,
        customer_id text NOT NULL,
        source_seq bigint NOT NULL,
        PRIMARY KEY (tenant_id, alias_id)""",
    "orders": """
        tenant_id text NOT NULL,
        order_id text NOT NULL,
        customer_id text NOT NULL,
        ordered_at timestamptz NOT NULL,
        amount numeric(14, 2) NOT NULL,
        currency text,
        product text,
        attributes jsonb,
        source_seq bigint NOT NULL,
        source_line bigint NOT NULL,
        changed_seq bigint NOT NULL,
        PRIMARY KEY (tenant_id, order_id)""",
    "events": """
        tenant_id text NOT NULL,
        event_id text NOT NULL,
        customer_id text NOT NULL,
        event text NOT NULL,
        occurred_at timestamptz NOT NULL,
        value numeric(14, 2),
        label text NOT NULL DEFAULT 'human' CHECK (label IN ('human', 'proxy', 'suspected', 'bot')),
        properties jsonb,
        source_seq bigint NOT NULL,
        source_line bigint NOT NULL,
        changed_seq bigint NOT NULL,
        PRIMARY KEY (tenant_id, event_id)""",
    "consents": """
        tenant_id text NOT NULL,
        customer_id text NOT NULL,
        channel text NOT NULL,
        purpose text NOT NULL,
        occurred_at timestamptz NOT NULL,
        status text NOT NULL CHECK (status IN ('granted', 'denied')),
        source text,
        text_version text,
        lawful_basis text,
        evidence jsonb,
        source_seq bigint NOT NULL,
        source_line bigint NOT NULL,
        PRIMARY KEY (tenant_id, customer_id, channel, purpose, occurred_at, status)""",
    "suppressions": """
        tenant_id text NOT NULL,
        address_hash text NOT NULL,
        channel text NOT NULL,
        reason text NOT NULL CHECK (reason IN ('unsubscribe', 'complaint', 'hard_bounce', 'erasure', 'manual')),
        occurred_at timestamptz NOT NULL,
        source text,
        source_seq bigint NOT NULL,
        source_line bigint NOT NULL,
        PRIMARY KEY (tenant_id, address_hash, channel, reason)""",
}

# A ledger is only ever added to; the rest is merged into.
APPEND_ONLY = ("consents", "suppressions")

INDEXES = (
    "CREATE UNIQUE INDEX customers_email ON customers (tenant_id, email) WHERE email IS NOT NULL",
    # With the amount, what customers bought is added up along the index alone.
    "CREATE INDEX orders_of_customer ON orders (tenant_id, customer_id, ordered_at) INCLUDE (amount)",
    "CREATE INDEX events_of_customer ON events (tenant_id, customer_id, occurred_at)",
)

FUNCTIONS = (
    """
    CREATE FUNCTION address_hash(tenant text, address text) RETURNS text
    IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN encode(sha256(convert_to(tenant || ':' || lower(address), 'UTF8')), 'hex')
    """,
    # Cells of unknown columns that hold something.
    """
    CREATE FUNCTION known(cells jsonb) RETURNS jsonb
    IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN nullif(jsonb_strip_nulls(cells), '{}')
    """,
    # Where two entries bear the same moment the stricter one counts. Entries stay under the id they were given for.
    """
    CREATE FUNCTION consents_as_of(moment timestamptz)
    RETURNS TABLE (customer_id text, channel text, purpose text, status text, occurred_at timestamptz)
    STABLE LANGUAGE sql SECURITY INVOKER
    BEGIN ATOMIC
        SELECT DISTINCT ON (owner.customer_id, c.channel, c.purpose)
            owner.customer_id, c.channel, c.purpose, c.status, c.occurred_at
        FROM consents AS c
        LEFT JOIN customer_aliases AS a ON c.tenant_id = a.tenant_id AND c.customer_id = a.alias_id
        CROSS JOIN LATERAL (SELECT coalesce(a.customer_id, c.customer_id) AS customer_id) AS owner
        WHERE c.occurred_at <= moment
        ORDER BY owner.customer_id, c.channel, c.purpose, c.occurred_at DESC, c.status;
    END
    """,
)


def upgrade() -> None:
    op.execute(MAKE_ROLES)
    op.execute(f"GRANT USAGE, CREATE ON SCHEMA {SCHEMA} TO {OWNER}")
    op.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {APP}, {DBT}, {READER}")
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
    for statement in (*INDEXES, *FUNCTIONS):
        op.execute(statement)
    for table in TABLES:
        grants = {"app": "SELECT, INSERT"} if table in APPEND_ONLY else {}
        for statement in guard(table, **grants):
            op.execute(statement)
    # The registry itself is kept by the owner: only there may all tenants be seen at once.
    op.execute(f"CREATE POLICY keeps_registry ON tenants TO {OWNER} USING (true) WITH CHECK (true)")
    op.execute(f"REVOKE INSERT, UPDATE, DELETE ON tenants FROM {APP}")
    op.execute(f"GRANT SELECT ON alembic_version TO {OWNER}, {APP}, {DBT}, {READER}")


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute("DROP FUNCTION consents_as_of, address_hash, known")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table} CASCADE")
