"""Outreach: campaigns asked for over the API, one message a lead and what became of it, and webhooks to tell of it."""

from alembic import op

from pipelines.database import DBT, READER, SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0010"
down_revision = "0009"

STATUSES = "'pending', 'sent', 'delivered', 'opened', 'clicked', 'replied', 'bounced', 'failed'"

TABLES = {
    "outreach_campaigns": """
        tenant_id text NOT NULL,
        campaign_id text NOT NULL,
        description text NOT NULL,
        target_audience jsonb NOT NULL,
        min_qualification_score double precision NOT NULL CHECK (min_qualification_score BETWEEN 0 AND 100),
        PRIMARY KEY (tenant_id, campaign_id),
        FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns""",
    # `happened` adds up what was reported so far, a bit each (outreach/statuses.py): statistics need no other table.
    "outreach_messages": f"""
        tenant_id text NOT NULL,
        message_id text NOT NULL,
        campaign_id text NOT NULL,
        lead_id text NOT NULL,
        tones text[] NOT NULL,
        selected_variant smallint,
        status text NOT NULL CHECK (status IN ({STATUSES})),
        reason text NOT NULL,
        happened smallint NOT NULL DEFAULT 0,
        generation_latency_ms integer NOT NULL,
        generation_cost_usd double precision NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, message_id),
        UNIQUE (tenant_id, campaign_id, lead_id),
        FOREIGN KEY (tenant_id, campaign_id) REFERENCES outreach_campaigns,
        CHECK (selected_variant BETWEEN 0 AND cardinality(tones) - 1)""",
    "message_events": f"""
        tenant_id text NOT NULL,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        message_id text NOT NULL,
        status text NOT NULL CHECK (status IN ({STATUSES})),
        by_machine boolean NOT NULL,
        channel_data jsonb NOT NULL,
        reported_by text NOT NULL,
        reported_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (tenant_id, seq),
        FOREIGN KEY (tenant_id, message_id) REFERENCES outreach_messages""",
    # What is asked for again and again, as it was composed from `versions` of the variants.
    "template_sets": """
        tenant_id text NOT NULL,
        unit_kind text NOT NULL CHECK (unit_kind IN ('account', 'segment')),
        unit_id text NOT NULL,
        campaign_id text NOT NULL,
        payload jsonb NOT NULL,
        versions text NOT NULL,
        made_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, unit_kind, unit_id),
        FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns""",
    # The secret signs what is sent, so it cannot be kept as a hash; it is told once and never read back by the API.
    "webhook_subscriptions": """
        tenant_id text NOT NULL REFERENCES tenants,
        subscription_id text NOT NULL,
        url text NOT NULL,
        events text[] NOT NULL,
        secret text NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        ended_at timestamptz,
        PRIMARY KEY (tenant_id, subscription_id)""",
    "webhook_events": """
        tenant_id text NOT NULL,
        event_id text NOT NULL,
        type text NOT NULL,
        body text NOT NULL,
        occurred_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, event_id)""",
    "webhook_deliveries": """
        tenant_id text NOT NULL,
        delivery_id text NOT NULL DEFAULT gen_random_uuid()::text,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        subscription_id text NOT NULL,
        event_id text NOT NULL,
        state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
        attempts smallint NOT NULL DEFAULT 0,
        next_at timestamptz NOT NULL,
        answered integer,
        sentence text,
        settled_at timestamptz,
        replay_of text,
        PRIMARY KEY (tenant_id, delivery_id),
        FOREIGN KEY (tenant_id, subscription_id) REFERENCES webhook_subscriptions,
        FOREIGN KEY (tenant_id, event_id) REFERENCES webhook_events,
        CHECK ((state = 'pending') = (settled_at IS NULL))""",
}
GRANTS = {
    "outreach_campaigns": "SELECT, INSERT",
    "outreach_messages": "SELECT, INSERT, UPDATE (status, reason, happened, selected_variant)",
    # What a channel reported may name the person, and is blanked when they ask to be erased.
    "message_events": "SELECT, INSERT, UPDATE (channel_data)",
    "webhook_subscriptions": "SELECT, INSERT, UPDATE (ended_at)",
    "webhook_events": "SELECT, INSERT",
    "webhook_deliveries": "SELECT, INSERT, UPDATE (state, attempts, next_at, answered, sentence, settled_at)",
}

INDEXES = (
    "CREATE INDEX campaigns_newest ON campaigns (tenant_id, created_at, campaign_id)",
    "CREATE INDEX campaigns_of_status ON campaigns (tenant_id, status, created_at, campaign_id)",
    "CREATE INDEX outreach_messages_listed ON outreach_messages (tenant_id, campaign_id, created_at, lead_id)",
    "CREATE INDEX outreach_messages_of_status ON outreach_messages "
    "(tenant_id, campaign_id, status, created_at, lead_id)",
    # Statistics are read from this index alone.
    """CREATE INDEX outreach_messages_counted ON outreach_messages (tenant_id, campaign_id, selected_variant, happened)
    INCLUDE (generation_cost_usd)""",
    "CREATE INDEX outreach_messages_of_lead ON outreach_messages (tenant_id, lead_id)",
    "CREATE INDEX webhook_deliveries_due ON webhook_deliveries (tenant_id, next_at) WHERE state = 'pending'",
    "CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (tenant_id, subscription_id, seq)",
)

FIXED = f"SET search_path = pg_catalog, {SCHEMA}, pg_temp"

# Called in the transaction of what happened: it is told if and only if it happened. Nobody subscribed, nothing written.
ANNOUNCE = f"""
CREATE FUNCTION announce(event_type text, told jsonb) RETURNS void VOLATILE LANGUAGE plpgsql {FIXED} AS $$
DECLARE
    mine CONSTANT text := current_setting('liftline.tenant');
    event CONSTANT text := gen_random_uuid()::text;
    moment CONSTANT timestamptz := clock_timestamp();
BEGIN
    IF NOT EXISTS (
        SELECT FROM webhook_subscriptions AS s
        WHERE s.tenant_id = mine AND s.ended_at IS NULL AND (event_type = ANY(s.events) OR '*' = ANY(s.events))
    ) THEN
        RETURN;
    END IF;
    INSERT INTO webhook_events (tenant_id, event_id, type, body, occurred_at)
    VALUES (mine, event, event_type, jsonb_build_object(
        'event_id', event, 'type', event_type, 'occurred_at', audit_moment(moment), 'data', told)::text, moment);
    INSERT INTO webhook_deliveries (tenant_id, subscription_id, event_id, next_at)
    SELECT mine, s.subscription_id, event, moment FROM webhook_subscriptions AS s
    WHERE s.tenant_id = mine AND s.ended_at IS NULL AND (event_type = ANY(s.events) OR '*' = ANY(s.events));
END $$
"""

# Whoever writes these tables, from whichever step, it is told.
TELLING = (
    f"""
    CREATE FUNCTION tell_of_campaign() RETURNS trigger LANGUAGE plpgsql {FIXED} AS $$ BEGIN
        PERFORM announce(
            CASE TG_OP WHEN 'INSERT' THEN 'campaign.created' ELSE 'campaign.status_changed' END,
            jsonb_build_object('campaign_id', NEW.campaign_id, 'name', NEW.name, 'status', NEW.status));
        RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION tell_of_approval() RETURNS trigger LANGUAGE plpgsql {FIXED} AS $$ BEGIN
        PERFORM announce('approval.' || NEW.state, jsonb_build_object(
            'campaign_id', NEW.campaign_id, 'approved_hash', NEW.approved_hash, 'needs', NEW.needs));
        RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION tell_of_message() RETURNS trigger LANGUAGE plpgsql {FIXED} AS $$ BEGIN
        PERFORM announce('message.status_changed', jsonb_build_object(
            'message_id', NEW.message_id, 'status', NEW.status, 'by_machine', NEW.by_machine));
        RETURN NULL;
    END $$
    """,
    "CREATE TRIGGER tell_created AFTER INSERT ON campaigns FOR EACH ROW EXECUTE FUNCTION tell_of_campaign()",
    "CREATE TRIGGER tell_changed AFTER UPDATE ON campaigns FOR EACH ROW "
    "WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION tell_of_campaign()",
    "CREATE TRIGGER tell_asked AFTER INSERT ON approval_requests FOR EACH ROW EXECUTE FUNCTION tell_of_approval()",
    "CREATE TRIGGER tell_settled AFTER UPDATE ON approval_requests FOR EACH ROW "
    "WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION tell_of_approval()",
    "CREATE TRIGGER tell AFTER INSERT ON message_events FOR EACH ROW EXECUTE FUNCTION tell_of_message()",
)


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        for statement in guard(table, **({"app": GRANTS[table]} if table in GRANTS else {})):
            op.execute(statement)
    op.execute(f"REVOKE SELECT ON webhook_subscriptions FROM {DBT}, {READER}")
    told = "tenant_id, subscription_id, url, events, created_by, created_at, ended_at"
    op.execute(f"GRANT SELECT ({told}) ON webhook_subscriptions TO {DBT}, {READER}")
    for statement in (*INDEXES, ANNOUNCE, *TELLING):
        # As it stands: op.execute would take a colon for a parameter.
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute("DROP INDEX campaigns_newest, campaigns_of_status")
    for table, triggers in {"campaigns": ("created", "changed"), "approval_requests": ("asked", "settled")}.items():
        for trigger in triggers:
            op.execute(f"DROP TRIGGER tell_{trigger} ON {table}")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION tell_of_campaign, tell_of_approval, tell_of_message, announce")
