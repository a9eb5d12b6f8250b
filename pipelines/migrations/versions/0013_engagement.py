"""What came back, raw and for ever, and who is taken to have done it, under which rules and why."""

from alembic import op

from pipelines.database import APP, DBT, OWNER, READER, SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0013"
down_revision = "0012"

WORDS = (
    "sent", "delivered", "deferred", "bounced", "dropped", "opened", "clicked", "replied", "converted", "complained",
    "unsubscribed", "resubscribed", "other",
)  # fmt: skip
WORD_LIST = ", ".join(f"'{word}'" for word in WORDS)

TABLES = {
    # An event is what a provider (or an API, a file, a link) said; the same id said again is the same event.
    # No foreign key to tenants: it would be asked once an event, and whoever stores looks the tenant up once a file.
    "provider_events": f"""
        tenant_id text NOT NULL,
        provider text NOT NULL,
        event_id text NOT NULL,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        event text NOT NULL CHECK (event IN ({WORD_LIST})),
        hard boolean,
        occurred_at timestamptz NOT NULL,
        received_at timestamptz NOT NULL,
        message_id text,
        provider_message text,
        campaign_id text,
        customer_id text,
        channel text NOT NULL,
        address_hash text,
        domain text,
        url text,
        link_id text,
        ip text,
        ip_range text,
        user_agent text,
        method text,
        machine boolean NOT NULL DEFAULT false,
        value numeric(14, 2),
        currency text,
        reason text,
        hidden boolean NOT NULL DEFAULT false,
        raw jsonb NOT NULL,
        recipient text NOT NULL GENERATED ALWAYS AS
            (coalesce(customer_id, address_hash, message_id, event_id)) STORED,
        PRIMARY KEY (tenant_id, provider, event_id)""",
    # History can be labelled anew: labels of other rules stay beside those in force. No foreign key to the event:
    # labels are made of events read in the same transaction, nobody may delete an event, and a check planned while
    # statistics were stale read the whole tenant for each label.
    "event_labels": """
        tenant_id text NOT NULL,
        provider text NOT NULL,
        event_id text NOT NULL,
        rule_version text NOT NULL,
        verdict text NOT NULL CHECK (verdict IN ('human', 'proxy', 'suspected', 'bot')),
        score real NOT NULL,
        reasons text[] NOT NULL,
        labelled_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, provider, event_id, rule_version)""",
    "label_rules_in_force": """
        tenant_id text NOT NULL REFERENCES tenants,
        rule_version text NOT NULL,
        in_force_since timestamptz NOT NULL,
        PRIMARY KEY (tenant_id)""",
    # How far labels and feeds have come in the order of `seq`; events of one tenant are stored one after the other.
    "engagement_progress": """
        tenant_id text NOT NULL REFERENCES tenants,
        reader text NOT NULL CHECK (reader IN ('labels', 'feeds')),
        seq bigint NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, reader)""",
    # Mail domains whose gateway follows links that no person sees.
    "scanning_domains": """
        tenant_id text NOT NULL REFERENCES tenants,
        domain text NOT NULL,
        PRIMARY KEY (tenant_id, domain)""",
}
GRANTS = {
    "provider_events": "SELECT, INSERT",
    # What comes late may show under the same rules that a robot was at work.
    "event_labels": "SELECT, INSERT, UPDATE (verdict, score, reasons, labelled_at)",
    "label_rules_in_force": "SELECT, INSERT, UPDATE",
    "engagement_progress": "SELECT, INSERT, UPDATE",
    "scanning_domains": "SELECT, INSERT, DELETE",
}

# Each event pays for each index: short keys that repeat are kept once, and what names nothing is in none.
INDEXES = (
    "CREATE INDEX provider_events_of_message ON provider_events (tenant_id, message_id) WHERE message_id IS NOT NULL",
    "CREATE INDEX provider_events_of_campaign ON provider_events (tenant_id, campaign_id, event) "
    "WHERE campaign_id IS NOT NULL",
    "CREATE INDEX provider_events_by_seq ON provider_events (tenant_id, seq)",
    "CREATE INDEX provider_events_of_recipient ON provider_events (tenant_id, recipient)",
    "CREATE INDEX provider_events_clicked ON provider_events (tenant_id, domain) WHERE event = 'clicked'",
    "CREATE INDEX provider_events_converted ON provider_events (tenant_id, customer_id) WHERE event = 'converted'",
    "CREATE INDEX provider_events_of_range ON provider_events (tenant_id, ip_range, occurred_at) "
    "WHERE event = 'clicked'",
    "CREATE INDEX event_labels_by_moment ON event_labels (tenant_id, labelled_at)",
)


def _of_each_tenant(signature: str, returned: str, query: str) -> str:
    """A function that asks the same of `one` tenant after the other, and leaves the caller its own."""
    return f"""
    CREATE FUNCTION {signature} RETURNS TABLE ({returned})
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, {{schema}}, pg_temp
    AS $$
    DECLARE
        mine CONSTANT text := current_setting('liftline.tenant', true);
        one text;
    BEGIN
        FOR one IN SELECT t.tenant_id FROM tenants AS t LOOP
            PERFORM set_config('liftline.tenant', one, true);
            RETURN QUERY {query};
        END LOOP;
        PERFORM set_config('liftline.tenant', coalesce(mine, ''), true);
    END $$
    """


# An event that names no message of ours is somebody's all the same: told by the provider's own id of the message, or by
# the address, where exactly one tenant sent to it.
OWNERS = (
    """
    CREATE FUNCTION tenants_of_provider_ids(ids text[]) RETURNS TABLE (provider_id text, tenant_id text)
    STABLE LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp
    AS $$
        SELECT DISTINCT s.provider_id, s.tenant_id
        FROM tenants AS t
        INNER JOIN sends AS s ON s.tenant_id = t.tenant_id AND s.provider_id = ANY(ids)
    $$
    """,
    _of_each_tenant(
        "tenants_of_addresses(addresses text[])",
        "address text, tenant_id text",
        """SELECT c.email, one FROM customers AS c
                WHERE c.tenant_id = one AND c.email = ANY(addresses)
                AND EXISTS (SELECT FROM sends AS s WHERE s.tenant_id = one AND s.customer_id = c.customer_id)""",
    ),
    # Whoever answers a text names nothing but their number: it is the last message of each tenant to it.
    _of_each_tenant(
        "last_messages_to(number text, over text, moment timestamptz)",
        "message_id text, claimed_at timestamptz",
        """SELECT s.message_id, s.claimed_at FROM customers AS c
                INNER JOIN sends AS s ON s.tenant_id = one AND s.customer_id = c.customer_id
                WHERE c.tenant_id = one AND c.phone = number AND s.channel = over
                AND s.claimed_at <= moment + interval '5 minutes'
                AND s.state IN ('accepted', 'delivered', 'unknown', 'claimed')
                ORDER BY s.claimed_at DESC, s.message_id ASC LIMIT 1""",
    ),
)
FUNCTIONS = (
    "tenants_of_provider_ids(text[])", "tenants_of_addresses(text[])", "last_messages_to(text, text, timestamptz)",
)  # fmt: skip

# Each event with what the rules in force make of it; no verdict yet: nobody was asked.
VIEW = """
CREATE VIEW labelled_events WITH (security_invoker = true) AS
SELECT e.*, l.rule_version, l.verdict, l.score, l.reasons
FROM provider_events AS e
LEFT JOIN label_rules_in_force AS f ON f.tenant_id = e.tenant_id
LEFT JOIN event_labels AS l
    ON l.tenant_id = e.tenant_id AND l.provider = e.provider AND l.event_id = e.event_id
    AND l.rule_version = f.rule_version
"""


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        for statement in guard(table, app=GRANTS[table]):
            op.execute(statement)
    for statement in INDEXES:
        op.execute(statement)
    op.execute(VIEW)
    op.execute(f"GRANT SELECT ON labelled_events TO {APP}, {DBT}, {READER}")
    for statement in OWNERS:
        op.get_bind().exec_driver_sql(statement.format(schema=SCHEMA))
    for function in FUNCTIONS:
        op.execute(f"ALTER FUNCTION {function} OWNER TO {OWNER}")
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP}")


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP VIEW labelled_events")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
