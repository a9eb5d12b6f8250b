"""Campaigns, the audience units that they speak to, every call that wrote copy, and the variants that came of it."""

from alembic import op

from pipelines.database import SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0004"
down_revision = "0003"

TABLES = {
    "campaigns": """
        tenant_id text NOT NULL REFERENCES tenants,
        campaign_id text NOT NULL,
        name text NOT NULL,
        brief_hash text NOT NULL,
        brief jsonb NOT NULL,
        channel text NOT NULL,
        status text NOT NULL DEFAULT 'draft'
            CHECK (status IN ('draft', 'active', 'paused', 'completed', 'cancelled')),
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, campaign_id)""",
    "audience_units": """
        tenant_id text NOT NULL,
        campaign_id text NOT NULL,
        unit_kind text NOT NULL CHECK (unit_kind IN ('segment', 'persona', 'account', 'person')),
        unit_id text NOT NULL,
        label text NOT NULL,
        description text NOT NULL,
        traits jsonb NOT NULL,
        size bigint NOT NULL,
        snapshot_id text NOT NULL,
        query text NOT NULL,
        passage_ids text[] NOT NULL,
        retrieved_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, campaign_id, unit_kind, unit_id),
        FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns""",
    # A row is there, with what the call may cost at most, before the call is made: a crash cannot hide what was spent.
    # `seed` and `temperature` are what was wanted, `sent_…` what the model took; what was remembered was not sent.
    "generations": """
        tenant_id text NOT NULL,
        generation_id text NOT NULL,
        campaign_id text,
        purpose text NOT NULL CHECK (purpose IN ('variant', 'queries')),
        unit_kind text NOT NULL,
        unit_id text NOT NULL,
        strategy text NOT NULL,
        round smallint NOT NULL,
        attempt smallint NOT NULL,
        inputs_hash text NOT NULL,
        prompt text NOT NULL,
        provider text NOT NULL,
        model text NOT NULL,
        writer_version text NOT NULL,
        passage_ids text[] NOT NULL,
        seed bigint NOT NULL,
        temperature double precision NOT NULL,
        reserved_usd numeric(14, 8) NOT NULL,
        outcome text NOT NULL DEFAULT 'asked' CHECK (outcome IN (
            'asked', 'written', 'refused', 'truncated', 'filtered', 'malformed', 'unavailable')),
        detail text NOT NULL DEFAULT '',
        answered_by text,
        request_id text,
        cached_from text,
        input_tokens integer,
        output_tokens integer,
        cached_tokens integer,
        cost_usd numeric(14, 8),
        latency_ms integer,
        tries smallint,
        output text,
        batch_id text,
        sent_seed bigint,
        sent_temperature double precision,
        structured boolean,
        asked_at timestamptz NOT NULL,
        answered_at timestamptz,
        PRIMARY KEY (tenant_id, generation_id),
        UNIQUE (tenant_id, campaign_id, unit_kind, unit_id, strategy, round, attempt),
        FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns,
        CHECK (purpose = 'queries' OR campaign_id IS NOT NULL)""",
    "variants": """
        tenant_id text NOT NULL,
        variant_id text NOT NULL,
        version integer NOT NULL,
        campaign_id text NOT NULL,
        unit_kind text NOT NULL,
        unit_id text NOT NULL,
        strategy text NOT NULL,
        channel text NOT NULL,
        status text NOT NULL CHECK (status IN ('drafted', 'blocked')),
        code text NOT NULL,
        reason text NOT NULL,
        message text,
        content_hash text,
        subject text,
        preheader text,
        html text,
        body text,
        confidence double precision CHECK (confidence BETWEEN 0 AND 1),
        confidence_basis jsonb,
        generation_id text,
        source text NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, variant_id, version),
        UNIQUE (tenant_id, campaign_id, unit_kind, unit_id, strategy, version),
        FOREIGN KEY (tenant_id, campaign_id, unit_kind, unit_id) REFERENCES audience_units,
        CHECK (status = 'blocked' OR (
            message IS NOT NULL AND content_hash IS NOT NULL AND subject IS NOT NULL AND preheader IS NOT NULL
            AND html IS NOT NULL AND body IS NOT NULL AND confidence IS NOT NULL))""",
    "variant_sentences": """
        tenant_id text NOT NULL,
        variant_id text NOT NULL,
        version integer NOT NULL,
        position integer NOT NULL,
        place text NOT NULL,
        text text NOT NULL,
        verdict text NOT NULL CHECK (verdict IN ('supported', 'unsupported', 'not_factual')),
        passage_ids text[] NOT NULL,
        code text NOT NULL,
        reason text NOT NULL,
        PRIMARY KEY (tenant_id, variant_id, version, position),
        FOREIGN KEY (tenant_id, variant_id, version) REFERENCES variants""",
    # What became of a variant once it was sent, counted over people and never over robots.
    "variant_outcomes": """
        tenant_id text NOT NULL,
        variant_id text NOT NULL,
        version integer NOT NULL,
        as_of timestamptz NOT NULL,
        reached bigint NOT NULL CHECK (reached >= 0),
        engaged bigint NOT NULL CHECK (engaged BETWEEN 0 AND reached),
        PRIMARY KEY (tenant_id, variant_id, version, as_of),
        FOREIGN KEY (tenant_id, variant_id, version) REFERENCES variants""",
}

# What was written stays written: an edit is a new version.
APPEND_ONLY = ("variants", "variant_sentences", "variant_outcomes")

INDEXES = (
    "CREATE INDEX generations_by_inputs ON generations (tenant_id, inputs_hash) WHERE outcome = 'written'",
    "CREATE INDEX generations_by_moment ON generations (tenant_id, asked_at)",
)


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        for statement in guard(table, **({"app": "SELECT, INSERT"} if table in APPEND_ONLY else {})):
            op.execute(statement)
    for statement in INDEXES:
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {SCHEMA}.{table}")
