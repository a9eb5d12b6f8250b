"""What the database itself holds to: coverage by a foreign key, decisions that stay, releases by somebody else."""

import psycopg
import pytest

from pipelines.tenants.run import create_tenant
from tests.conftest import NOW

SCREENED = """
INSERT INTO screenings (
    tenant_id, content_hash, policy_version, decision, undecided, severities, blocklist_hits, findings, reason, screen,
    screen_version, screened_at
) VALUES (current_setting('liftline.tenant'), %(content)s, 'p1', %(decision)s, %(undecided)s, '{}', '{}', '[]', 'why',
    'offline', '1', %(now)s)
"""
RELEASE = "UPDATE screenings SET released_by = %(who)s, released_at = now(), release_reason = 'a place name'"
CAMPAIGN = (
    "INSERT INTO campaigns VALUES (current_setting('liftline.tenant'), 'c', 'c', 'h', '{}', 'web', 'draft', 'a', now())"
)
UNIT = """
INSERT INTO audience_units VALUES (current_setting('liftline.tenant'), 'c', 'segment', 'all', '', '', '{}', 1, 's', '',
    '{}', now())
"""
VARIANT = """
INSERT INTO variants VALUES (current_setting('liftline.tenant'), 'v', %(version)s, 'c', 'segment', 'all', 'direct',
    'web', 'drafted', '', '', '', %(content)s, '', '', '', '', 0.5, '{}', NULL, 'test', %(maker)s, now())
"""
APPROVE = """
INSERT INTO approving (tenant_id, content_hash, policy_version)
VALUES (current_setting('liftline.tenant'), %(content)s, %(policy)s)
"""
ESCALATED = """
INSERT INTO escalations (tenant_id, kind, object, code, reason, priority, opened_at, due_at)
VALUES (current_setting('liftline.tenant'), 'content', 'x', 'Hate', 'why', 1, now(), now() + interval '1 hour')
"""
SETTLE = "UPDATE escalations SET settled_by = 'ada', settled_at = now(), settlement = 'approved'"


@pytest.fixture
def ask(database, tenant):
    """One statement in a transaction of the tenant's own."""

    def execute(statement, **values):
        with database.transaction(tenant) as connection:
            done = connection.execute(statement, values)
            return done.fetchall() if done.description else done.rowcount

    execute.screened = lambda decision, undecided=False: execute(
        SCREENED, content=decision, decision=decision, undecided=undecided, now=NOW
    )
    return execute


@pytest.fixture
def approving(database):
    """A table that refers to screenings as approvals and sends do."""
    with database.administer() as connection:
        connection.execute(
            "CREATE TABLE liftline.approving (tenant_id text, content_hash text, policy_version text, cleared boolean "
            "NOT NULL DEFAULT true CHECK (cleared), FOREIGN KEY (tenant_id, content_hash, policy_version, cleared) "
            "REFERENCES liftline.screenings (tenant_id, content_hash, policy_version, cleared))"
        )
        connection.execute("GRANT INSERT ON liftline.approving TO liftline_app")
    yield APPROVE
    with database.administer() as connection:
        connection.execute("DROP TABLE liftline.approving")


def test_nothing_can_refer_to_what_was_not_cleared(ask, approving):
    for decision in ("pass", "review", "block"):
        ask.screened(decision)
    assert ask(approving, content="pass", policy="p1") == 1
    for content, policy in (("review", "p1"), ("block", "p1"), ("pass", "p2"), ("unscreened", "p1")):
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            ask(approving, content=content, policy=policy)
    with pytest.raises(psycopg.errors.CheckViolation):
        ask(approving.replace("_version)", "_version, cleared)").replace("(policy)s)", "(policy)s, false)"),
            content="block", policy="p1")  # fmt: skip
    ask(RELEASE + " WHERE content_hash = 'review'", who="rita")
    assert ask(approving, content="review", policy="p1") == 1


@pytest.mark.parametrize(
    "change",
    [
        "decision = 'pass'", "reason = 'other'", "screened_at = now()", "severities = '{\"Hate\": 0}'",
        "decision = 'pass', released_by = 'rita', released_at = now(), release_reason = 'x'",
    ],
)  # fmt: skip
def test_what_was_decided_stays(ask, change):
    ask.screened("review")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changes but for its release"):
        ask(f"UPDATE screenings SET {change}")
    ask(RELEASE, who="rita")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changes"):
        ask("UPDATE screenings SET released_by = 'mark'")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask("DELETE FROM screenings")


def test_only_what_waits_for_a_person_can_be_released(ask):
    ask.screened("block")
    ask.screened("pass")
    for content in ("block", "pass"):
        with pytest.raises(psycopg.errors.CheckViolation):
            ask(RELEASE + " WHERE content_hash = %(content)s", who="rita", content=content)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never with it"):
        ask(SCREENED.replace("screened_at\n", "screened_at, released_by, released_at, release_reason\n").replace(
            "%(now)s)", "%(now)s, 'rita', now(), 'x')"), content="new", decision="review", undecided=False, now=NOW
        )  # fmt: skip


def test_what_was_undecided_may_be_decided_later_and_then_stays(ask):
    ask.screened("block", undecided=True)
    assert ask("UPDATE screenings SET undecided = false, decision = 'pass'") == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask("UPDATE screenings SET decision = 'block'")
    with pytest.raises(psycopg.errors.CheckViolation):
        ask(SCREENED, content="odd", decision="pass", undecided=True, now=NOW)


@pytest.mark.parametrize("who", ["ada", " Ada ", "first"])
def test_who_made_the_text_or_an_earlier_version_cannot_release_it(ask, who):
    for statement, values in (
        (CAMPAIGN, {}), (UNIT, {}), (VARIANT, {"version": 1, "content": "old", "maker": "first"}),
        (VARIANT, {"version": 2, "content": "review", "maker": "ada"}),
    ):  # fmt: skip
        ask(statement, **values)
    ask.screened("review")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="cannot release it"):
        ask("CREATE TEMP TABLE variants (LIKE liftline.variants); " + RELEASE.replace("%(who)s", f"'{who}'"))
    assert ask(RELEASE, who="rita") == 1


def test_an_escalation_is_open_once_and_settled_once(ask):
    ask(ESCALATED)
    with pytest.raises(psycopg.errors.UniqueViolation):
        ask(ESCALATED)
    for change in ("priority = 2", "due_at = due_at + interval '1 day'", "object = 'y'"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changes"):
            ask(f"UPDATE escalations SET {change}")
    with pytest.raises(psycopg.errors.CheckViolation):
        ask(SETTLE.replace("now()", "now() + interval '2 hours'"))
    assert ask(SETTLE) == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="settled once"):
        ask("UPDATE escalations SET settlement = 'rejected'")
    assert ask(ESCALATED) == 1


@pytest.mark.parametrize("table", ["screenings", "escalations"])
def test_even_a_superuser_meets_the_triggers(ask, database, table):
    ask.screened("pass")
    ask(ESCALATED)
    with database.administer() as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in (f"DELETE FROM liftline.{table}", f"TRUNCATE liftline.{table} CASCADE"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never deleted"):
                connection.execute(statement)


def test_tenants_see_nothing_of_each_other(ask, database, tenant):
    ask.screened("pass")
    ask(ESCALATED)
    other = create_tenant(database, f"{tenant}-other").tenant_id
    with database.transaction(other) as connection:
        for table in ("screenings", "escalations", "screened_variants", "policies_in_force"):
            assert connection.execute(f"SELECT 1 FROM {table}").fetchall() == []
