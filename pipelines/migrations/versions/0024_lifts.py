"""A stop by unsubscribing is lifted where the person asks for messages again and two officers say so."""

from alembic import op

from pipelines.database import APP, DBT, READER, SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0024"
down_revision = "0023"

FIXED = f"SET search_path = pg_catalog, {SCHEMA}, pg_temp"

TABLES = {
    # A stop said again stands in the ledger once; what is said after a lift must be known as said after it.
    "suppressions_again": """
        tenant_id text NOT NULL,
        address_hash text NOT NULL,
        channel text NOT NULL,
        reason text NOT NULL,
        occurred_at timestamptz NOT NULL,
        source text,
        source_seq bigint NOT NULL,
        source_line bigint NOT NULL,
        PRIMARY KEY (tenant_id, address_hash, channel, reason, occurred_at)""",
    "lifts_asked": """
        tenant_id text NOT NULL REFERENCES tenants,
        lift_id text NOT NULL,
        customer_id text NOT NULL,
        channel text NOT NULL CHECK (channel <> 'all'),
        purpose text NOT NULL,
        address_hashes text[] NOT NULL CHECK (cardinality(address_hashes) > 0),
        said_at timestamptz NOT NULL,
        evidence text NOT NULL CHECK (btrim(evidence) <> ''),
        reason text NOT NULL CHECK (btrim(reason) <> ''),
        asked_by text NOT NULL,
        asked_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, lift_id)""",
    "lifts_answered": """
        tenant_id text NOT NULL,
        lift_id text NOT NULL,
        decision text NOT NULL CHECK (decision IN ('approve', 'reject')),
        comment text NOT NULL DEFAULT '',
        answered_by text NOT NULL,
        answered_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, lift_id),
        FOREIGN KEY (tenant_id, lift_id) REFERENCES lifts_asked""",
}

VIEWS = {
    "stops_heard": """
        SELECT tenant_id, address_hash, channel, reason, occurred_at, source, source_seq FROM suppressions
        UNION ALL
        SELECT tenant_id, address_hash, channel, reason, occurred_at, source, source_seq FROM suppressions_again""",
    # A lift ends what was said before the person asked for messages again, on one channel, and nothing else.
    "lifts_in_force": """
        SELECT a.tenant_id, h.address_hash, a.channel, a.said_at, y.answered_at
        FROM lifts_asked AS a
        INNER JOIN lifts_answered AS y
            ON y.tenant_id = a.tenant_id AND y.lift_id = a.lift_id AND y.decision = 'approve'
        CROSS JOIN LATERAL unnest(a.address_hashes) AS h (address_hash)""",
}

FUNCTIONS = (
    # Stops that still hold on a channel. Inlined by the planner, which a fixed path would prevent.
    f"""
    CREATE FUNCTION {SCHEMA}.stops_on(wanted text)
    RETURNS TABLE (tenant_id text, address_hash text, channel text, reason text, occurred_at timestamptz)
    STABLE LANGUAGE sql AS $$
        SELECT s.tenant_id, s.address_hash, s.channel, s.reason, s.occurred_at
        FROM {SCHEMA}.stops_heard AS s
        WHERE
            s.tenant_id = current_setting('liftline.tenant') AND s.channel IN (wanted, 'all')
            AND NOT EXISTS (
                SELECT FROM {SCHEMA}.lifts_in_force AS l
                WHERE
                    l.tenant_id = s.tenant_id AND l.address_hash = s.address_hash AND l.channel = wanted
                    AND s.reason = 'unsubscribe' AND l.said_at > s.occurred_at
            )
    $$
    """,
    # Said once, for who is told why not and for what refuses it; null: nothing stands in the way.
    f"""
    CREATE FUNCTION why_no_lift(customer text, wanted text, said timestamptz) RETURNS text
    STABLE LANGUAGE sql {FIXED} AS $$
        WITH held AS (
            SELECT address_hash(c.tenant_id, a.address) AS address_hash, a.is_phone, a.address
            FROM customers AS c
            CROSS JOIN LATERAL (VALUES (c.email, false), (c.phone, true)) AS a (address, is_phone)
            WHERE
                c.tenant_id = current_setting('liftline.tenant') AND c.customer_id = customer
                AND a.address IS NOT NULL
        ),

        stops AS (
            SELECT s.reason, s.occurred_at, h.is_phone, h.address
            FROM held AS h
            INNER JOIN stops_on(wanted) AS s ON s.address_hash = h.address_hash
        ),

        worst AS (
            SELECT s.reason FROM stops AS s
            WHERE s.reason <> 'unsubscribe'
            ORDER BY array_position(ARRAY['erasure', 'complaint', 'manual', 'hard_bounce'], s.reason)
            LIMIT 1
        )

        SELECT CASE
            WHEN NOT EXISTS (SELECT FROM held) THEN 'unknown_customer'
            WHEN NOT EXISTS (SELECT FROM stops) THEN 'not_stopped'
            WHEN EXISTS (SELECT FROM worst) THEN (SELECT w.reason FROM worst AS w)
            WHEN said <= (SELECT max(s.occurred_at) FROM stops AS s) THEN 'stopped_since'
            WHEN EXISTS (
                SELECT FROM consents AS k
                WHERE
                    k.tenant_id = current_setting('liftline.tenant') AND k.channel = wanted
                    AND k.status = 'denied' AND k.occurred_at >= said
                    AND k.customer_id = ANY(ARRAY(
                        SELECT customer
                        UNION ALL
                        SELECT a.alias_id FROM customer_aliases AS a
                        WHERE a.tenant_id = current_setting('liftline.tenant') AND a.customer_id = customer
                    ))
            ) THEN 'stopped_since'
            WHEN EXISTS (
                SELECT FROM stops AS s
                INNER JOIN customers AS o
                    ON
                        o.tenant_id = current_setting('liftline.tenant') AND o.phone = s.address
                        AND o.customer_id <> customer
                WHERE s.is_phone AND wanted <> 'email'
            ) THEN 'shared'
        END
    $$
    """,
    f"""
    CREATE FUNCTION keep_stop_said_again() RETURNS trigger LANGUAGE plpgsql {FIXED} AS $$ BEGIN
        INSERT INTO suppressions_again
        SELECT
            NEW.tenant_id, NEW.address_hash, NEW.channel, NEW.reason, NEW.occurred_at, NEW.source, NEW.source_seq,
            NEW.source_line
        FROM suppressions AS s
        WHERE
            s.tenant_id = NEW.tenant_id AND s.address_hash = NEW.address_hash AND s.channel = NEW.channel
            AND s.reason = NEW.reason AND s.occurred_at < NEW.occurred_at
        ON CONFLICT DO NOTHING;
        RETURN NEW;
    END $$
    """,
    f"""
    CREATE FUNCTION keep_lift_asked() RETURNS trigger LANGUAGE plpgsql {FIXED} AS $$
    DECLARE
        why text := why_no_lift(NEW.customer_id, NEW.channel, NEW.said_at);
    BEGIN
        NEW.asked_at := clock_timestamp();
        IF why IS NOT NULL THEN
            PERFORM refuse_change('This stop is not lifted: ' || why || '.');
        ELSIF NEW.said_at > NEW.asked_at THEN
            PERFORM refuse_change('Nobody has asked for messages at a moment that is still to come.');
        ELSIF NOT has_role(NEW.asked_by, ARRAY['compliance']) THEN
            PERFORM refuse_change(NEW.asked_by || ' has not the role compliance, which asks for a lift.');
        END IF;
        RETURN NEW;
    END $$
    """,
    f"""
    CREATE FUNCTION keep_lift_answered() RETURNS trigger LANGUAGE plpgsql {FIXED} AS $$
    DECLARE
        asked lifts_asked;
        why text;
    BEGIN
        SELECT * INTO asked FROM lifts_asked AS a WHERE a.tenant_id = NEW.tenant_id AND a.lift_id = NEW.lift_id;
        asked.customer_id := coalesce((
            SELECT k.customer_id FROM customer_aliases AS k
            WHERE k.tenant_id = NEW.tenant_id AND k.alias_id = asked.customer_id
        ), asked.customer_id);
        NEW.answered_at := clock_timestamp();
        why := why_no_lift(asked.customer_id, asked.channel, asked.said_at);
        IF lower(btrim(NEW.answered_by)) = lower(btrim(asked.asked_by)) THEN
            PERFORM refuse_change(NEW.answered_by || ' asked for this lift, and who asked does not answer.');
        ELSIF NOT has_role(NEW.answered_by, ARRAY['compliance', 'manager', 'director']) THEN
            PERFORM refuse_change(NEW.answered_by || ' has no role that answers for a lift.');
        ELSIF NEW.decision = 'approve' AND why IS NOT NULL THEN
            PERFORM refuse_change('This stop is not lifted: ' || why || '.');
        ELSIF NEW.decision = 'approve' AND NOT EXISTS (
            SELECT FROM consents AS k
            WHERE
                k.tenant_id = NEW.tenant_id AND k.customer_id = asked.customer_id AND k.channel = asked.channel
                AND k.purpose = asked.purpose AND k.occurred_at = asked.said_at AND k.status = 'granted'
        ) THEN
            PERFORM refuse_change('The consent on which this lift rests is not in the ledger of consents.');
        END IF;
        RETURN NEW;
    END $$
    """,
)

TRIGGERS = (
    """
    CREATE TRIGGER keep_stop_said_again BEFORE INSERT ON suppressions
    FOR EACH ROW WHEN (NEW.reason = 'unsubscribe') EXECUTE FUNCTION keep_stop_said_again()
    """,
    "CREATE TRIGGER keep_lift_asked BEFORE INSERT ON lifts_asked FOR EACH ROW EXECUTE FUNCTION keep_lift_asked()",
    """
    CREATE TRIGGER keep_lift_answered BEFORE INSERT ON lifts_answered
    FOR EACH ROW EXECUTE FUNCTION keep_lift_answered()
    """,
)


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        for statement in guard(table, app="SELECT, INSERT"):
            op.execute(statement)
    op.execute("CREATE INDEX lifts_of_customer ON lifts_asked (tenant_id, customer_id)")
    for view, query in VIEWS.items():
        op.execute(f"CREATE VIEW {view} WITH (security_invoker = true) AS {query}")
        op.execute(f"GRANT SELECT ON {view} TO {APP}, {DBT}, {READER}")
    for statement in (*FUNCTIONS, *TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute("DROP TRIGGER keep_stop_said_again ON suppressions")
    op.execute("DROP TRIGGER keep_lift_asked ON lifts_asked")
    op.execute("DROP TRIGGER keep_lift_answered ON lifts_answered")
    op.execute("DROP FUNCTION keep_stop_said_again, keep_lift_asked, keep_lift_answered, why_no_lift, stops_on")
    for view in reversed(VIEWS):
        op.execute(f"DROP VIEW {view}")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
