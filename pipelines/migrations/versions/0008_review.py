"""Who may do what, what was asked to be approved, who said yes to exactly that, and what people think of variants."""

from alembic import op

from pipelines.database import APP, DBT, READER, SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0008"
down_revision = "0007"

ROLES = (
    "operator", "reviewer", "qa", "compliance", "analyst", "ai_template_manager", "manager", "director", "admin",
)  # fmt: skip
ROLE_LIST = ", ".join(f"'{role}'" for role in ROLES)

TABLES = {
    "access_grants": f"""
        tenant_id text NOT NULL REFERENCES tenants,
        user_name text NOT NULL CHECK (user_name ~ '^[^[:space:][:cntrl:]]+$'),
        role text NOT NULL CHECK (role IN ({ROLE_LIST})),
        granted_by text NOT NULL CHECK (btrim(granted_by) <> ''),
        granted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        revoked_by text,
        revoked_at timestamptz,
        PRIMARY KEY (tenant_id, user_name, role, granted_at),
        CHECK (num_nulls(revoked_by, revoked_at) IN (0, 2))""",
    "api_keys": """
        tenant_id text NOT NULL REFERENCES tenants,
        key_id text NOT NULL,
        name text NOT NULL,
        secret_hash text NOT NULL,
        roles text[] NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        replaces text,
        PRIMARY KEY (tenant_id, key_id)""",
    # A round is one asking: what was void or expired is asked anew in the next, and older answers count no more.
    "approval_requests": """
        tenant_id text NOT NULL,
        campaign_id text NOT NULL,
        approved_hash text NOT NULL,
        content jsonb NOT NULL,
        needs text[] NOT NULL,
        discount_percent numeric(5, 2) CHECK (discount_percent BETWEEN 0 AND 100),
        policy_version text NOT NULL,
        round smallint NOT NULL DEFAULT 1,
        asked_by text NOT NULL CHECK (btrim(asked_by) <> ''),
        asked_at timestamptz NOT NULL,
        answer_within interval NOT NULL CHECK (answer_within > '0' AND answer_within <= '30 days'),
        due_at timestamptz NOT NULL,
        state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'rejected', 'expired', 'void')),
        settled_at timestamptz,
        PRIMARY KEY (tenant_id, campaign_id, approved_hash),
        FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns,
        CONSTRAINT two_persons CHECK (needs @> '{marketing,quality}'),
        CONSTRAINT known_stages CHECK (needs <@ '{marketing,quality,manager,director}'),
        CONSTRAINT money_asks CHECK (
            coalesce(discount_percent, 0) < 15 OR needs && '{manager,director}'),
        CONSTRAINT much_money_asks CHECK (coalesce(discount_percent, 0) <= 25 OR 'director' = ANY(needs)),
        CHECK ((state = 'open') = (settled_at IS NULL))""",
    "approval_variants": """
        tenant_id text NOT NULL,
        campaign_id text NOT NULL,
        approved_hash text NOT NULL,
        variant_id text NOT NULL,
        version integer NOT NULL,
        content_hash text NOT NULL,
        policy_version text NOT NULL,
        cleared boolean NOT NULL DEFAULT true CHECK (cleared),
        PRIMARY KEY (tenant_id, campaign_id, approved_hash, variant_id),
        FOREIGN KEY (tenant_id, campaign_id, approved_hash) REFERENCES approval_requests,
        FOREIGN KEY (tenant_id, variant_id, version) REFERENCES variants,
        CONSTRAINT coverage FOREIGN KEY (tenant_id, content_hash, policy_version, cleared)
            REFERENCES screenings (tenant_id, content_hash, policy_version, cleared)""",
    "approvals": """
        tenant_id text NOT NULL,
        approval_id text NOT NULL DEFAULT gen_random_uuid()::text,
        campaign_id text NOT NULL,
        approved_hash text NOT NULL,
        round smallint NOT NULL,
        stage text NOT NULL,
        role text NOT NULL,
        decided_by text NOT NULL,
        decision text NOT NULL CHECK (decision IN ('approve', 'reject')),
        comment text NOT NULL DEFAULT '',
        decided_at timestamptz NOT NULL,
        via text NOT NULL CHECK (via IN ('console', 'airflow', 'cli', 'api')),
        PRIMARY KEY (tenant_id, approval_id),
        FOREIGN KEY (tenant_id, campaign_id, approved_hash) REFERENCES approval_requests,
        CHECK (decision = 'approve' OR btrim(comment) <> '')""",
    "ai_feedback": """
        tenant_id text NOT NULL,
        feedback_id text NOT NULL DEFAULT gen_random_uuid()::text,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        variant_id text NOT NULL,
        version integer NOT NULL,
        by text NOT NULL CHECK (btrim(by) <> ''),
        at timestamptz NOT NULL,
        rating smallint CHECK (rating BETWEEN 1 AND 5),
        flags text[] NOT NULL DEFAULT '{}',
        comment text NOT NULL DEFAULT '',
        decision text CHECK (decision IN ('approve', 'reject')),
        PRIMARY KEY (tenant_id, feedback_id),
        FOREIGN KEY (tenant_id, variant_id, version) REFERENCES variants,
        CHECK (decision IS DISTINCT FROM 'reject' OR btrim(comment) <> ''),
        CHECK (rating IS NOT NULL OR flags <> '{}' OR btrim(comment) <> '' OR decision IS NOT NULL)""",
}
GRANTS = {
    "access_grants": "SELECT, INSERT, UPDATE (revoked_by, revoked_at)",
    "api_keys": "SELECT, INSERT, UPDATE (expires_at, revoked_at, last_used_at)",
    "approval_requests": "SELECT, INSERT, "
    "UPDATE (needs, discount_percent, policy_version, asked_by, answer_within, state)",
    "approval_variants": "SELECT, INSERT",
    "approvals": "SELECT, INSERT",
    "ai_feedback": "SELECT, INSERT",
}

INDEXES = (
    "CREATE UNIQUE INDEX one_open_grant ON access_grants (tenant_id, lower(user_name), role) WHERE revoked_at IS NULL",
    "CREATE INDEX approval_requests_newest ON approval_requests (tenant_id, campaign_id, asked_at)",
    """CREATE UNIQUE INDEX one_person_one_stage ON approvals
    (tenant_id, campaign_id, approved_hash, round, lower(btrim(decided_by)), decision)""",
    """CREATE UNIQUE INDEX one_stage_once ON approvals
    (tenant_id, campaign_id, approved_hash, round, stage) WHERE decision = 'approve'""",
    "CREATE INDEX ai_feedback_of_variant ON ai_feedback (tenant_id, variant_id, version, seq)",
)

# A session's own tables cannot stand in for ours: the path is fixed.
FIXED = f"SET search_path = pg_catalog, {SCHEMA}, pg_temp"

READING = (
    """
    CREATE FUNCTION stage_roles(stage text) RETURNS text[] IMMUTABLE LANGUAGE sql
    RETURN CASE stage
        WHEN 'marketing' THEN ARRAY['reviewer', 'manager', 'director']
        WHEN 'quality' THEN ARRAY['qa', 'compliance']
        WHEN 'manager' THEN ARRAY['manager', 'director']
        WHEN 'director' THEN ARRAY['director']
        ELSE ARRAY[]::text[]
    END
    """,
    f"""
    CREATE FUNCTION has_role(who text, wanted text[]) RETURNS boolean STABLE LANGUAGE sql {FIXED} AS $$
        SELECT EXISTS (
            SELECT FROM access_grants AS g
            WHERE
                g.tenant_id = current_setting('liftline.tenant') AND lower(g.user_name) = lower(btrim(who))
                AND g.role = ANY(wanted) AND g.revoked_at IS NULL
        )
    $$
    """,
    # Whoever opened the campaign, wrote or edited a version of its copy, or asked for this approval.
    f"""
    CREATE FUNCTION made_campaign(who text, campaign text, asked_hash text) RETURNS boolean
    STABLE LANGUAGE sql {FIXED} AS $$
        SELECT EXISTS (
            SELECT FROM (
                SELECT c.created_by AS maker FROM campaigns AS c
                WHERE c.tenant_id = current_setting('liftline.tenant') AND c.campaign_id = campaign
                UNION ALL
                SELECT v.created_by FROM variants AS v
                WHERE v.tenant_id = current_setting('liftline.tenant') AND v.campaign_id = campaign
                UNION ALL
                SELECT r.asked_by FROM approval_requests AS r
                WHERE
                    r.tenant_id = current_setting('liftline.tenant') AND r.campaign_id = campaign
                    AND r.approved_hash = asked_hash
            ) AS m
            WHERE lower(btrim(m.maker)) = lower(btrim(who))
        )
    $$
    """,
    # The newest version of every variant, if it is cleared under the policy in force and nobody rejected it last.
    f"""
    CREATE FUNCTION approvable_variants(campaign text)
    RETURNS TABLE (
        variant_id text, version integer, unit_kind text, unit_id text, content_hash text, policy_version text
    )
    STABLE LANGUAGE sql {FIXED} AS $$
        SELECT v.variant_id, v.version, v.unit_kind, v.unit_id, v.content_hash, s.policy_version
        FROM (
            SELECT DISTINCT ON (w.variant_id) w.*
            FROM variants AS w
            WHERE w.tenant_id = current_setting('liftline.tenant') AND w.campaign_id = campaign
            ORDER BY w.variant_id, w.version DESC
        ) AS v
        INNER JOIN policies_in_force AS f ON f.tenant_id = v.tenant_id AND f.kind = 'content'
        INNER JOIN screenings AS s
            ON s.tenant_id = v.tenant_id AND s.content_hash = v.content_hash AND s.policy_version = f.version
        WHERE
            v.status = 'drafted' AND s.cleared AND (s.valid_until IS NULL OR s.valid_until > now())
            AND coalesce((
                SELECT a.decision FROM ai_feedback AS a
                WHERE
                    a.tenant_id = v.tenant_id AND a.variant_id = v.variant_id AND a.version = v.version
                    AND a.decision IS NOT NULL
                ORDER BY a.seq DESC
                LIMIT 1
            ), '') <> 'reject'
    $$
    """,
    # The experiment's part of what is approved; there is none before experiments are known.
    f"""
    CREATE FUNCTION approval_design(campaign text) RETURNS jsonb STABLE LANGUAGE sql {FIXED} AS $$
        SELECT '{{}}'::jsonb
    $$
    """,
    # Exactly what is approved. jsonb orders its keys, so its text is the same for the same content.
    f"""
    CREATE FUNCTION approval_content(campaign text) RETURNS jsonb STABLE LANGUAGE sql {FIXED} AS $$
        SELECT jsonb_build_object(
            'campaign_id', c.campaign_id,
            'channel', c.channel,
            'brief_hash', c.brief_hash,
            'offer', c.brief -> 'offer',
            'budget_usd', c.brief -> 'budget_usd',
            'design', approval_design(c.campaign_id),
            'snapshots', (
                SELECT coalesce(jsonb_agg(DISTINCT u.snapshot_id), '[]') FROM audience_units AS u
                WHERE u.tenant_id = c.tenant_id AND u.campaign_id = c.campaign_id),
            'eligibility', (
                SELECT jsonb_build_object('run', e.run, 'digest', e.digest, 'included', e.included)
                FROM eligibility_runs AS e
                WHERE e.tenant_id = c.tenant_id AND e.campaign_id = c.campaign_id
                ORDER BY e.run DESC LIMIT 1),
            'variants', (
                SELECT coalesce(jsonb_agg(
                    jsonb_build_object(
                        'variant_id', v.variant_id, 'version', v.version, 'content_hash', v.content_hash,
                        'policy_version', v.policy_version)
                    ORDER BY v.variant_id COLLATE "C"), '[]')
                FROM approvable_variants(c.campaign_id) AS v)
        )
        FROM campaigns AS c
        WHERE c.tenant_id = current_setting('liftline.tenant') AND c.campaign_id = campaign
    $$
    """,
    f"""
    CREATE FUNCTION approval_hash(campaign text) RETURNS text STABLE LANGUAGE sql {FIXED} AS $$
        SELECT encode(sha256(convert_to(approval_content(campaign)::text, 'UTF8')), 'hex')
    $$
    """,
    # What stands between a campaign and the question whether it may be sent; null: nothing.
    f"""
    CREATE FUNCTION approval_obstacle(campaign text) RETURNS text STABLE LANGUAGE sql {FIXED} AS $$
        SELECT CASE
            WHEN c.status IN ('cancelled', 'completed') THEN 'it is ' || c.status
            WHEN coalesce(k.variants, 0) = 0 THEN 'it has no drafted variant'
            WHEN k.unscreened > 0
                THEN k.unscreened || ' of its ' || k.variants || ' variants are not screened under the policy in force'
            WHEN bare.units IS NOT NULL THEN 'no cleared and unrejected variant is left for ' || bare.units
            WHEN NOT EXISTS (
                SELECT FROM eligibility_runs AS e WHERE e.tenant_id = c.tenant_id AND e.campaign_id = c.campaign_id
            ) THEN 'nobody has decided yet who of its audience may be written to'
        END
        FROM campaigns AS c
        CROSS JOIN LATERAL screening_coverage(c.campaign_id) AS k
        CROSS JOIN LATERAL (
            SELECT string_agg(u.label, ', ' ORDER BY u.label) AS units
            FROM audience_units AS u
            WHERE
                u.tenant_id = c.tenant_id AND u.campaign_id = c.campaign_id
                AND NOT EXISTS (
                    SELECT FROM approvable_variants(c.campaign_id) AS v
                    WHERE v.unit_kind = u.unit_kind AND v.unit_id = u.unit_id)
                -- Single people are left out, as long as something is cleared for somebody.
                AND (u.unit_kind <> 'person' OR NOT EXISTS (SELECT FROM approvable_variants(c.campaign_id)))
        ) AS bare
        WHERE c.tenant_id = current_setting('liftline.tenant') AND c.campaign_id = campaign
    $$
    """,
    f"""
    CREATE FUNCTION stages_filled(campaign text, asked_hash text, asked_round smallint) RETURNS text[]
    STABLE LANGUAGE sql {FIXED} AS $$
        SELECT coalesce(array_agg(a.stage), '{{}}') FROM approvals AS a
        WHERE
            a.tenant_id = current_setting('liftline.tenant') AND a.campaign_id = campaign
            AND a.approved_hash = asked_hash AND a.round = asked_round AND a.decision = 'approve'
    $$
    """,
    f"""
    CREATE FUNCTION next_stage(request approval_requests) RETURNS text STABLE LANGUAGE sql {FIXED} AS $$
        SELECT n.stage FROM unnest(request.needs) WITH ORDINALITY AS n (stage, place)
        WHERE n.stage <> ALL(stages_filled(request.campaign_id, request.approved_hash, request.round))
        ORDER BY n.place
        LIMIT 1
    $$
    """,
    # How the newest request of a campaign stands, as what it would be swept to.
    f"""
    CREATE FUNCTION request_as_it_stands(campaign text)
    RETURNS TABLE (asked_by text, asked_at timestamptz, due_at timestamptz, state text, waits_for text)
    STABLE LANGUAGE sql {FIXED} AS $$
        SELECT r.asked_by, r.asked_at, r.due_at, s.state, CASE s.state WHEN 'open' THEN next_stage(r) END
        FROM approval_requests AS r
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN r.state IN ('open', 'approved') AND r.approved_hash <> approval_hash(r.campaign_id) THEN 'void'
                WHEN r.state = 'open' AND r.due_at < clock_timestamp() THEN 'expired'
                ELSE r.state
            END AS state
        ) AS s
        WHERE r.tenant_id = current_setting('liftline.tenant') AND r.campaign_id = campaign
        ORDER BY r.asked_at DESC
        LIMIT 1
    $$
    """,
    # What the transaction that claims a message must ask: everything is computed anew from what stands now.
    f"""
    CREATE FUNCTION approved_for_sending(campaign text) RETURNS boolean STABLE LANGUAGE sql {FIXED} AS $$
        SELECT coalesce((
            SELECT r.needs <@ stages_filled(r.campaign_id, r.approved_hash, r.round) AND c.status <> 'cancelled'
            FROM approval_requests AS r
            INNER JOIN campaigns AS c ON c.tenant_id = r.tenant_id AND c.campaign_id = r.campaign_id
            WHERE
                r.tenant_id = current_setting('liftline.tenant') AND r.campaign_id = campaign
                AND r.state = 'approved' AND r.approved_hash = approval_hash(campaign)
        ), false)
    $$
    """,
)

# The moments are the database's own: no answer can be dated back.
KEEPING = (
    f"""
    CREATE FUNCTION keep_request() RETURNS trigger LANGUAGE plpgsql {FIXED} AS $$
    DECLARE
        obstacle text;
        asks boolean := false;
        fixed CONSTANT text[] := '{{state,settled_at,round,asked_by,asked_at,answer_within,due_at,needs,
            discount_percent,policy_version}}';
    BEGIN
        IF TG_OP NOT IN ('INSERT', 'UPDATE') THEN
            PERFORM refuse_change('A request for approval is never deleted.');
        ELSIF TG_OP = 'INSERT' THEN
            IF NEW.state <> 'open' OR NEW.round <> 1 THEN
                PERFORM refuse_change('A request for approval begins open, in its first round.');
            END IF;
            asks := true;
        ELSIF to_jsonb(NEW) - fixed IS DISTINCT FROM to_jsonb(OLD) - fixed THEN
            PERFORM refuse_change('What was asked to be approved never changes.');
        ELSIF OLD.state IN ('void', 'expired') AND NEW.state = 'open' THEN
            NEW.round := OLD.round + 1;
            asks := true;
        ELSIF (NEW.round, NEW.asked_by, NEW.answer_within, NEW.needs, NEW.discount_percent, NEW.policy_version)
            IS DISTINCT FROM
            (OLD.round, OLD.asked_by, OLD.answer_within, OLD.needs, OLD.discount_percent, OLD.policy_version) THEN
            PERFORM refuse_change('Only what is asked anew can be asked otherwise.');
        ELSIF NEW.state = OLD.state THEN
            RETURN OLD;
        ELSIF NOT (CASE NEW.state
            WHEN 'void' THEN OLD.state IN ('open', 'approved')
            WHEN 'expired' THEN OLD.state = 'open' AND clock_timestamp() > OLD.due_at
            WHEN 'approved' THEN OLD.state = 'open'
                AND OLD.needs <@ stages_filled(OLD.campaign_id, OLD.approved_hash, OLD.round)
            WHEN 'rejected' THEN OLD.state IN ('open', 'approved') AND EXISTS (
                SELECT FROM approvals AS a
                WHERE
                    a.tenant_id = OLD.tenant_id AND a.campaign_id = OLD.campaign_id
                    AND a.approved_hash = OLD.approved_hash AND a.round = OLD.round AND a.decision = 'reject')
            ELSE false
        END) THEN
            PERFORM refuse_change('A request that is ' || OLD.state || ' cannot become ' || NEW.state || ' like this.');
        ELSE
            NEW.settled_at := clock_timestamp();
        END IF;
        IF asks THEN
            obstacle := approval_obstacle(NEW.campaign_id);
            IF obstacle IS NOT NULL THEN
                PERFORM refuse_change('Campaign ' || NEW.campaign_id || ' cannot be approved: ' || obstacle || '.');
            ELSIF NEW.approved_hash IS DISTINCT FROM approval_hash(NEW.campaign_id)
                OR NEW.content IS DISTINCT FROM approval_content(NEW.campaign_id) THEN
                PERFORM refuse_change('Only what the campaign holds now can be asked to be approved.');
            END IF;
            NEW.asked_at := clock_timestamp();
            NEW.due_at := NEW.asked_at + NEW.answer_within;
            NEW.settled_at := NULL;
        END IF;
        RETURN NEW;
    END $$
    """,
    f"""
    CREATE FUNCTION keep_approval() RETURNS trigger LANGUAGE plpgsql {FIXED} AS $$
    DECLARE
        request approval_requests;
    BEGIN
        IF TG_OP <> 'INSERT' THEN
            PERFORM refuse_change('An answer is never changed or deleted.');
        END IF;
        SELECT * INTO request FROM approval_requests AS r
        WHERE
            r.tenant_id = NEW.tenant_id AND r.campaign_id = NEW.campaign_id AND r.approved_hash = NEW.approved_hash
        FOR UPDATE;
        IF request.state IS NULL THEN
            PERFORM refuse_change('Nobody asked for this approval.');
        END IF;
        NEW.round := request.round;
        NEW.decided_at := clock_timestamp();
        IF request.state <> 'open' AND NOT (request.state = 'approved' AND NEW.decision = 'reject') THEN
            PERFORM refuse_change('The request is ' || request.state || '; it takes no answer.');
        ELSIF request.state = 'open' AND NEW.decided_at > request.due_at THEN
            PERFORM refuse_change('The time to answer ended; silence is no approval.');
        ELSIF approval_hash(request.campaign_id) IS DISTINCT FROM request.approved_hash THEN
            PERFORM refuse_change('The campaign was changed since it was asked to be approved; ask again.');
        ELSIF made_campaign(NEW.decided_by, request.campaign_id, request.approved_hash) THEN
            PERFORM refuse_change(NEW.decided_by || ' had a hand in this campaign, and who made it cannot approve it.');
        ELSIF NEW.stage <> ALL(request.needs) OR NEW.role <> ALL(stage_roles(NEW.stage))
            OR NOT has_role(NEW.decided_by, ARRAY[NEW.role]) THEN
            PERFORM refuse_change(NEW.decided_by || ' may not decide the stage ' || NEW.stage || '.');
        ELSIF NEW.decision = 'approve' AND NEW.stage IS DISTINCT FROM next_stage(request) THEN
            PERFORM refuse_change('The stage ' || NEW.stage || ' is not the one that waits for an answer.');
        ELSIF NEW.decision = 'approve' AND EXISTS (
            SELECT FROM approvals AS a
            WHERE
                a.tenant_id = request.tenant_id AND a.campaign_id = request.campaign_id
                AND a.approved_hash = request.approved_hash AND a.round = request.round AND a.decision = 'approve'
                AND lower(btrim(a.decided_by)) = lower(btrim(NEW.decided_by))
        ) THEN
            PERFORM refuse_change(NEW.decided_by || ' has approved already, and one person fills one stage.');
        END IF;
        RETURN NEW;
    END $$
    """,
    f"""
    CREATE FUNCTION settle_request() RETURNS trigger LANGUAGE plpgsql {FIXED} AS $$ BEGIN
        UPDATE approval_requests AS r
        SET state = CASE NEW.decision WHEN 'reject' THEN 'rejected' ELSE 'approved' END
        WHERE
            r.tenant_id = NEW.tenant_id AND r.campaign_id = NEW.campaign_id AND r.approved_hash = NEW.approved_hash
            AND (NEW.decision = 'reject' OR r.needs <@ stages_filled(r.campaign_id, r.approved_hash, r.round));
        RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION keep_feedback() RETURNS trigger LANGUAGE plpgsql {FIXED} AS $$ BEGIN
        IF TG_OP <> 'INSERT' THEN
            PERFORM refuse_change('Feedback is never changed or deleted.');
        END IF;
        NEW.at := clock_timestamp();
        IF NEW.decision IS NOT NULL AND NOT has_role(
            NEW."by", ARRAY['reviewer', 'qa', 'compliance', 'ai_template_manager', 'manager', 'director']) THEN
            PERFORM refuse_change(NEW."by" || ' may not decide on a variant.');
        ELSIF NEW.decision = 'approve' AND EXISTS (
            SELECT FROM variants AS v
            WHERE
                v.tenant_id = NEW.tenant_id AND v.variant_id = NEW.variant_id AND v.version <= NEW.version
                AND lower(btrim(v.created_by)) = lower(btrim(NEW."by"))
        ) THEN
            PERFORM refuse_change(NEW."by" || ' wrote this variant, and who made it cannot approve it.');
        END IF;
        RETURN NEW;
    END $$
    """,
    f"""
    CREATE FUNCTION keep_grant() RETURNS trigger LANGUAGE plpgsql {FIXED} AS $$ BEGIN
        IF TG_OP NOT IN ('INSERT', 'UPDATE') THEN
            PERFORM refuse_change('A grant is never deleted; revoke it.');
        ELSIF TG_OP = 'UPDATE' AND (OLD.revoked_at IS NOT NULL OR NEW.revoked_at IS NULL) THEN
            PERFORM refuse_change('A grant is revoked once.');
        END IF;
        RETURN NEW;
    END $$
    """,
)

KEEPERS = {
    "access_grants": "keep_grant",
    "approval_requests": "keep_request",
    "approvals": "keep_approval",
    "ai_feedback": "keep_feedback",
}

# ALWAYS: a session that replays for a replica is held to them as well.
TRIGGERS = (
    *(
        statement
        for table, function in KEEPERS.items()
        for statement in (
            f"CREATE TRIGGER keep BEFORE INSERT OR UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {function}()",
            f"CREATE TRIGGER keep_all BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {function}()",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER keep",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER keep_all",
        )
    ),
    "CREATE TRIGGER settle AFTER INSERT ON approvals FOR EACH ROW EXECUTE FUNCTION settle_request()",
    "ALTER TABLE approvals ENABLE ALWAYS TRIGGER settle",
)

# Copy as a template: who wrote it, from what, how sure we are, and who said yes to it.
VIEW = """
CREATE VIEW templates WITH (security_invoker = true) AS
SELECT
    v.tenant_id, v.variant_id, v.version, v.campaign_id, v.unit_kind, v.unit_id, v.strategy, v.channel, v.status,
    v.subject, v.preheader, v.html, v.body, v.content_hash, v.source,
    coalesce(g.answered_by, g.model) AS model, g.writer_version, g.prompt,
    ARRAY(SELECT jsonb_object_keys(u.traits) ORDER BY 1) AS features_used,
    v.confidence, v.confidence_basis, v.created_by, v.created_at,
    coalesce(own.by, whole.by) AS approved_by, coalesce(own.at, whole.at) AS approved_at
FROM variants AS v
INNER JOIN audience_units AS u
    ON u.tenant_id = v.tenant_id AND u.campaign_id = v.campaign_id AND u.unit_kind = v.unit_kind
    AND u.unit_id = v.unit_id
LEFT JOIN generations AS g ON g.tenant_id = v.tenant_id AND g.generation_id = v.generation_id
LEFT JOIN LATERAL (
    SELECT CASE last.decision WHEN 'approve' THEN last.by END AS by,
        CASE last.decision WHEN 'approve' THEN last.at END AS at
    FROM ai_feedback AS last
    WHERE
        last.tenant_id = v.tenant_id AND last.variant_id = v.variant_id AND last.version = v.version
        AND last.decision IS NOT NULL
    ORDER BY last.seq DESC LIMIT 1
) AS own ON true
LEFT JOIN LATERAL (
    SELECT a.decided_by AS by, a.decided_at AS at
    FROM approval_variants AS w
    INNER JOIN approval_requests AS r
        ON r.tenant_id = w.tenant_id AND r.campaign_id = w.campaign_id AND r.approved_hash = w.approved_hash
        AND r.state = 'approved'
    INNER JOIN approvals AS a
        ON a.tenant_id = r.tenant_id AND a.campaign_id = r.campaign_id AND a.approved_hash = r.approved_hash
        AND a.round = r.round AND a.decision = 'approve'
    WHERE w.tenant_id = v.tenant_id AND w.variant_id = v.variant_id AND w.version = v.version
    ORDER BY a.decided_at DESC LIMIT 1
) AS whole ON true
"""


def upgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, columns in TABLES.items():
        # As it stands: op.execute would take a colon for a parameter.
        op.get_bind().exec_driver_sql(f"CREATE TABLE {table} ({columns})")
    for statement in (*INDEXES, *READING, *KEEPING, *TRIGGERS, VIEW):
        op.get_bind().exec_driver_sql(statement)
    for table in TABLES:
        for statement in guard(table, app=GRANTS[table]):
            op.execute(statement)
    op.execute(f"GRANT SELECT ON templates TO {APP}, {DBT}, {READER}")


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute("DROP VIEW templates")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table} CASCADE")
    op.execute(
        "DROP FUNCTION settle_request, keep_request, keep_approval, keep_feedback, keep_grant, approved_for_sending, "
        "request_as_it_stands, stages_filled, approval_obstacle, approval_hash, approval_content, approval_design, "
        "approvable_variants, made_campaign, has_role, stage_roles"
    )
