"""What came back, raw and for ever, and who is taken to have done it, under which rules and why."""

from alembic import op

from pipelines.database import APP, DBT, READER, SCHEMA
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
    "provider_events": f"""
        tenant_id text NOT NULL REFERENCES tenants,
        provider text NOT NULL,
        event_id text NOT NULL,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        event text NOT NULL CHECK (event IN ({WORD_LIST})),
        hard boolean,
        occurred_at timestamptz NOT NULL,
        received_at timestamptz NOT NULL,
        message_id text,
        campaign_id text,
        customer_id text,
        channel text NOT NULL,
        address_hash text,
        url text,
        link_id text,
        ip text,
        user_agent text,
        machine boolean NOT NULL DEFAULT false,
        value numeric(14, 2),
        currency text,
        reason text,
        raw jsonb NOT NULL,
        PRIMARY KEY (tenant_id, provider, event_id)""",
    # History can be labelled anew: labels of other rules stay beside those in force.
    "event_labels": """
        tenant_id text NOT NULL,
        provider text NOT NULL,
        event_id text NOT NULL,
        rule_version text NOT NULL,
        verdict text NOT NULL CHECK (verdict IN ('human', 'proxy', 'suspected', 'bot')),
        score real NOT NULL,
        reasons text[] NOT NULL,
        labelled_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, provider, event_id, rule_version),
        FOREIGN KEY (tenant_id, provider, event_id) REFERENCES provider_events""",
    "label_rules_in_force": """
        tenant_id text NOT NULL REFERENCES tenants,
        rule_version text NOT NULL,
        in_force_since timestamptz NOT NULL,
        PRIMARY KEY (tenant_id)""",
}
GRANTS = {
    "provider_events": "SELECT, INSERT",
    "event_labels": "SELECT, INSERT",
    "label_rules_in_force": "SELECT, INSERT, UPDATE",
}

INDEXES = (
    "CREATE INDEX provider_events_of_message ON provider_events (tenant_id, message_id, occurred_at)",
    "CREATE INDEX provider_events_of_campaign ON provider_events (tenant_id, campaign_id, event, occurred_at)",
    "CREATE INDEX provider_events_by_seq ON provider_events (tenant_id, seq)",
)

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


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute("DROP VIEW labelled_events")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
