"""Experiments as designed, who got which arm and why, what was read out of them, and how arms shared people."""

from alembic import op

from pipelines.database import APP, DBT, READER, SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0011"
down_revision = "0010"

TABLES = {
    # The design is fixed before the first message; its hash is a part of what is approved.
    "experiments": """
        tenant_id text NOT NULL REFERENCES tenants,
        experiment_key text NOT NULL,
        campaign_id text,
        kind text NOT NULL CHECK (kind IN ('ab', 'factorial', 'holdout')),
        design jsonb NOT NULL,
        design_hash text NOT NULL,
        state text NOT NULL DEFAULT 'designed'
            CHECK (state IN ('designed', 'running', 'concluded', 'invalid', 'cancelled')),
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        started_at timestamptz,
        concluded_at timestamptz,
        conclusion jsonb,
        assigned jsonb,
        PRIMARY KEY (tenant_id, experiment_key),
        UNIQUE (tenant_id, campaign_id),
        FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns""",
    # An arm without a strategy is sent nothing.
    "experiment_arms": """
        tenant_id text NOT NULL,
        experiment_key text NOT NULL,
        arm text NOT NULL,
        position smallint NOT NULL,
        weight double precision NOT NULL CHECK (weight >= 0),
        control boolean NOT NULL,
        strategy text,
        PRIMARY KEY (tenant_id, experiment_key, arm),
        FOREIGN KEY (tenant_id, experiment_key) REFERENCES experiments""",
    # Everybody whom the guardrails included has a row: with an arm, or without one and the code says why.
    "assignments": """
        tenant_id text NOT NULL,
        experiment_key text NOT NULL,
        customer_id text NOT NULL,
        unit_id text NOT NULL,
        arm text,
        bucket double precision,
        code text NOT NULL,
        cohort smallint,
        assigned_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, experiment_key, customer_id),
        FOREIGN KEY (tenant_id, experiment_key) REFERENCES experiments,
        CHECK ((arm IS NOT NULL) = (code = 'assigned'))""",
    "experiment_readouts": """
        tenant_id text NOT NULL,
        experiment_key text NOT NULL,
        readout integer NOT NULL CHECK (readout > 0),
        as_of timestamptz NOT NULL,
        final boolean NOT NULL,
        analysis jsonb NOT NULL,
        verdict text NOT NULL
            CHECK (verdict IN ('winner', 'loser', 'inconclusive', 'not enough data', 'invalid')),
        winner text,
        reason text NOT NULL,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, experiment_key, readout),
        FOREIGN KEY (tenant_id, experiment_key) REFERENCES experiments""",
    # The share of each arm from a cohort on: what a bandit decided, kept so that it can be accounted for afterwards.
    "allocations": """
        tenant_id text NOT NULL,
        experiment_key text NOT NULL,
        cohort integer NOT NULL CHECK (cohort > 0),
        shares jsonb NOT NULL,
        code text NOT NULL,
        reason text NOT NULL,
        decided_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, experiment_key, cohort),
        FOREIGN KEY (tenant_id, experiment_key) REFERENCES experiments""",
    # What became of each arm in the end; templates of a promoted one are what the next experiment is compared with.
    "promotions": """
        tenant_id text NOT NULL,
        experiment_key text NOT NULL,
        arm text NOT NULL,
        outcome text NOT NULL CHECK (outcome IN ('promoted', 'retired', 'kept')),
        strategy text,
        templates jsonb NOT NULL,
        numbers jsonb NOT NULL,
        reason text NOT NULL,
        decided_by text NOT NULL,
        decided_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, experiment_key, arm),
        FOREIGN KEY (tenant_id, experiment_key) REFERENCES experiments""",
}
GRANTS = {
    "experiments": "SELECT, INSERT, UPDATE",
    "experiment_arms": "SELECT, INSERT, UPDATE, DELETE",
    "assignments": "SELECT, INSERT, UPDATE (arm, bucket, code, cohort, unit_id, assigned_at)",
    "experiment_readouts": "SELECT, INSERT",
    "allocations": "SELECT, INSERT",
    "promotions": "SELECT, INSERT",
}

# A session's own tables cannot stand in for ours: the path is fixed.
FIXED = f"SET search_path = pg_catalog, {SCHEMA}, pg_temp"

# Since experiments stand in the database, who gets which arm is a part of what is approved.
APPROVAL_DESIGN = f"""
CREATE OR REPLACE FUNCTION approval_design(campaign text) RETURNS jsonb STABLE LANGUAGE sql {FIXED} AS $$
    SELECT {{design}}
$$
"""
NO_DESIGN = "'{}'::jsonb"
OF_THE_EXPERIMENT = """coalesce((
        SELECT jsonb_build_object('hash', x.design_hash, 'design', x.design) FROM experiments AS x
        WHERE x.tenant_id = current_setting('liftline.tenant') AND x.campaign_id = campaign), '{}')"""

# Inlined by the planner, which a fixed path would prevent: they run as the caller, on tables named in full.
COUNTING = (
    # What people did counts when people did it; who is lost or complains counts whoever clicked.
    f"""
    CREATE FUNCTION {SCHEMA}.counts_as_response(event text, verdict text) RETURNS boolean IMMUTABLE LANGUAGE sql AS $$
        SELECT CASE
            WHEN event IN ('unsubscribed', 'complained', 'bounced') THEN true
            WHEN event = 'converted' THEN coalesce(verdict, 'human') = 'human'
            ELSE coalesce(verdict = 'human', false)
        END
    $$
    """,
    # Everybody who has an arm, in the arm that they were given, whether written to or not: leaving out those whom a
    # message never reached would compare unlike people. Days to respond begin with the first message, or for who is
    # sent nothing with that of anybody of their wave. Where a campaign grows by waves, later ones are not in it yet.
    f"""
    CREATE FUNCTION {SCHEMA}.experiment_people(key text) RETURNS TABLE (
        customer_id text, arm text, unit_id text, wave smallint, sent boolean, other_arm boolean,
        starts_at timestamptz, ends_at timestamptz
    ) STABLE LANGUAGE sql AS $$
        WITH this AS MATERIALIZED (
            SELECT
                x.tenant_id, x.campaign_id, x.started_at,
                (x.design ->> 'attribution_days')::integer * interval '1 day' AS days,
                coalesce((c.brief #>> '{{experiment,ramp}}')::boolean, false)
                OR coalesce(x.design ->> 'allocation', 'fixed') <> 'fixed' AS grows
            FROM {SCHEMA}.experiments AS x
            LEFT JOIN {SCHEMA}.campaigns AS c ON c.tenant_id = x.tenant_id AND c.campaign_id = x.campaign_id
            WHERE x.tenant_id = current_setting('liftline.tenant') AND x.experiment_key = key
        ),
        waves AS MATERIALIZED (
            SELECT n::smallint AS wave, n = 1 OR min(o.decided_at) IS NOT NULL AS open, min(o.decided_at) AS opened_at
            FROM generate_series(1, 20) AS n
            LEFT JOIN {SCHEMA}.allocations AS o
                ON o.tenant_id = current_setting('liftline.tenant') AND o.experiment_key = key AND o.cohort >= n
            GROUP BY n
        ),
        reached AS (
            SELECT l.customer_id, min(l.claimed_at) AS first_at, min(l.arm) AS least_arm, max(l.arm) AS most_arm
            FROM this AS t
            INNER JOIN {SCHEMA}.sends AS l ON l.tenant_id = t.tenant_id AND l.campaign_id = t.campaign_id
            WHERE l.state IN ('claimed', 'accepted', 'unknown', 'delivered', 'bounced', 'complained')
            GROUP BY l.customer_id
        )
        SELECT
            a.customer_id, a.arm, a.unit_id, CASE WHEN t.grows THEN a.cohort ELSE 1::smallint END,
            r.customer_id IS NOT NULL,
            r.customer_id IS NOT NULL
            AND (r.least_arm IS DISTINCT FROM a.arm OR r.most_arm IS DISTINCT FROM a.arm),
            coalesce(r.first_at, greatest(t.started_at, w.opened_at)),
            coalesce(r.first_at, greatest(t.started_at, w.opened_at)) + t.days
        FROM this AS t
        INNER JOIN {SCHEMA}.assignments AS a ON a.tenant_id = t.tenant_id AND a.experiment_key = key
        LEFT JOIN waves AS w ON t.grows AND w.wave = a.cohort
        LEFT JOIN reached AS r ON r.customer_id = a.customer_id
        WHERE a.arm IS NOT NULL AND (NOT t.grows OR w.open)
    $$
    """,
)

# What experiments proved of copy: the text of each arm that ended, with what was learnt of it.
LIBRARY = """
CREATE VIEW template_library WITH (security_invoker = true) AS
SELECT
    p.tenant_id, p.experiment_key, p.arm, p.outcome, p.strategy, v.variant_id, v.version, v.unit_kind, v.unit_id,
    v.channel, v.subject, v.content_hash, p.reason AS learnt, p.numbers, p.decided_by, p.decided_at
FROM promotions AS p
CROSS JOIN LATERAL jsonb_to_recordset(p.templates) AS t (variant_id text, version integer)
INNER JOIN variants AS v
    ON v.tenant_id = p.tenant_id AND v.variant_id = t.variant_id AND v.version = t.version
"""

KEEPING = (
    # The first message that is claimed starts the experiment; from then on its design is what it is.
    f"""
    CREATE FUNCTION start_experiments() RETURNS trigger LANGUAGE plpgsql {FIXED} AS $$ BEGIN
        UPDATE experiments AS x
        SET state = 'running', started_at = begun.claimed_at
        FROM (
            SELECT n.tenant_id, n.campaign_id, min(n.claimed_at) AS claimed_at FROM changed AS n
            WHERE n.claimed_at IS NOT NULL
            GROUP BY n.tenant_id, n.campaign_id
        ) AS begun
        WHERE
            x.tenant_id = begun.tenant_id AND x.campaign_id = begun.campaign_id
            AND x.state = 'designed' AND x.started_at IS NULL;
        RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION keep_design() RETURNS trigger LANGUAGE plpgsql {FIXED} AS $$ BEGIN
        IF TG_OP <> 'UPDATE' THEN
            PERFORM refuse_change('An experiment is never deleted; cancel it.');
        ELSIF OLD.started_at IS NOT NULL AND
            (NEW.experiment_key, NEW.campaign_id, NEW.kind, NEW.design, NEW.design_hash, NEW.started_at)
            IS DISTINCT FROM
            (OLD.experiment_key, OLD.campaign_id, OLD.kind, OLD.design, OLD.design_hash, OLD.started_at) THEN
            PERFORM refuse_change(
                'The design of experiment ' || OLD.experiment_key || ' is fixed since its first message was sent.');
        END IF;
        RETURN NEW;
    END $$
    """,
    f"""
    CREATE FUNCTION keep_arms() RETURNS trigger LANGUAGE plpgsql {FIXED} AS $$
    DECLARE
        whose text := CASE TG_OP WHEN 'DELETE' THEN OLD.experiment_key ELSE NEW.experiment_key END;
    BEGIN
        IF EXISTS (
            SELECT FROM experiments AS x
            WHERE
                x.tenant_id = current_setting('liftline.tenant') AND x.experiment_key = whose
                AND x.started_at IS NOT NULL
        ) THEN
            PERFORM refuse_change('The arms of experiment ' || whose || ' are fixed since its first message was sent.');
        END IF;
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END $$
    """,
    f"""
    CREATE FUNCTION keep_assignment() RETURNS trigger LANGUAGE plpgsql {FIXED} AS $$ BEGIN
        IF NEW.arm IS DISTINCT FROM OLD.arm AND EXISTS (
            SELECT FROM experiments AS x
            WHERE
                x.tenant_id = OLD.tenant_id AND x.experiment_key = OLD.experiment_key AND x.started_at IS NOT NULL
                -- By a design that learns, people of waves that are not open yet are shared out anew.
                AND NOT (
                    coalesce(x.design ->> 'allocation', 'fixed') <> 'fixed' AND NEW.arm IS NOT NULL
                    AND NEW.cohort = OLD.cohort AND OLD.cohort > (
                        SELECT coalesce(max(o.cohort), 1) FROM allocations AS o
                        WHERE o.tenant_id = x.tenant_id AND o.experiment_key = x.experiment_key)
                )
        ) THEN
            PERFORM refuse_change(
                'Nobody in experiment ' || OLD.experiment_key || ' gets another arm since its first message was sent.');
        END IF;
        RETURN NEW;
    END $$
    """,
)

# ALWAYS: a session that replays for a replica is held to them as well.
TRIGGERS = tuple(
    statement
    for table, name, when, each in (
        ("experiments", "keep_design", "BEFORE UPDATE OR DELETE", "FOR EACH ROW"),
        ("experiment_arms", "keep_arms", "BEFORE INSERT OR UPDATE OR DELETE", "FOR EACH ROW"),
        ("assignments", "keep_assignment", "BEFORE UPDATE", "FOR EACH ROW"),
        ("sends", "start_experiments", "AFTER UPDATE", "REFERENCING NEW TABLE AS changed FOR EACH STATEMENT"),
    )
    for statement in (
        f"CREATE TRIGGER {name} {when} ON {table} {each} EXECUTE FUNCTION {name}()",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
    )
)


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        for statement in guard(table, app=GRANTS[table]):
            op.execute(statement)
    # As they stand: op.execute would take a colon for a parameter.
    for statement in (APPROVAL_DESIGN.replace("{design}", OF_THE_EXPERIMENT), LIBRARY, *COUNTING, *KEEPING, *TRIGGERS):
        op.get_bind().exec_driver_sql(statement)
    op.execute(f"GRANT SELECT ON template_library TO {APP}, {DBT}, {READER}")


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.get_bind().exec_driver_sql(APPROVAL_DESIGN.replace("{design}", NO_DESIGN))
    op.execute("DROP TRIGGER start_experiments ON sends")
    op.execute("DROP VIEW template_library")
    op.execute("DROP FUNCTION experiment_people, counts_as_response")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION start_experiments, keep_design, keep_arms, keep_assignment")
