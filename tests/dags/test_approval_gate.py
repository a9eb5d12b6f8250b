"""The gate in the real DAG on a real database: whoever answers, wherever, the run goes on by what stands there."""

import time

import pytest

from pipelines.customers.run import Order, import_file
from pipelines.experiments.run import fix_design
from pipelines.generation.run import draft, drafted, open_campaign, read_brief, retrieve
from pipelines.knowledge.run import index_folder
from pipelines.review.run import approve, grant, reject, standing
from pipelines.segmentation.run import run as segment
from tests.dags.gatekeepers import answer, look_again, people, silence
from tests.dags.test_campaign_launch import BRIEF, states
from tests.knowledge.shelf import about_the_throw

# What the steps before the gate leave is there before the run begins.
DONE = "segment|retrieve|draft|screen|guard|design"


@pytest.fixture
def ready(campaign_launch, services, desk, tenant, tmp_path):
    """A campaign that is drafted, screened and decided upon, so that the run finds it ready to be asked about."""
    people = tmp_path / "people.csv"
    people.write_text("customer_id,email,signup_date\n1,a@example.com,2026-01-01\n2,b@example.com,2026-01-01\n")
    import_file(desk, Order(tenant, people, "customers"))
    index_folder(services.library, tenant, about_the_throw(tmp_path / "knowledge"))
    brief = tmp_path / "brief.yaml"
    brief.write_text(BRIEF)
    opened = open_campaign(services.studio, tenant, read_brief(brief), by="dag_test")
    snapshot = segment(
        services.database, tenant=tenant, scheme=opened.scheme, campaign_id=opened.campaign_id, as_of=opened.as_of,
        policies=services.settings.liftline_policies, clock=services.clock,
    ).snapshot_id  # fmt: skip
    retrieve(services.studio, tenant, opened.campaign_id, snapshot)
    draft(services.studio, tenant, opened.campaign_id, by="dag_test")
    cleared = Cleared(services, tenant, opened.campaign_id, brief)
    cleared.clear()
    fix_design(services.laboratory, tenant, opened.campaign_id, by="dag_test")
    for user, role in (("rita", "reviewer"), ("quentin", "qa"), ("dag_test", "reviewer")):
        grant(services.database, tenant, user, role, by="root", at_machine=True)
    return cleared


class Cleared:
    """The campaign, what the steps before the gate leave of it, and what people do to it."""

    def __init__(self, services, tenant, campaign_id, brief):
        self.services, self.tenant, self.campaign_id, self.brief = services, tenant, campaign_id, brief

    def clear(self):
        with self.services.database.transaction(self.tenant) as connection:
            connection.execute(
                "INSERT INTO policies_in_force VALUES (current_setting('liftline.tenant'), 'content', 'p1', now())"
            )
            connection.execute(
                "INSERT INTO screenings (tenant_id, content_hash, policy_version, decision, undecided, severities, "
                "blocklist_hits, findings, reason, screen, screen_version, screened_at) SELECT DISTINCT tenant_id, "
                "content_hash, 'p1', 'pass', false, '{}'::jsonb, '{}'::text[], '[]'::jsonb, 'r', 'offline', '1', now() "
                "FROM variants WHERE status = 'drafted'"
            )
            connection.execute(
                "INSERT INTO eligibility_runs (tenant_id, campaign_id, run, as_of, policy_version, snapshot_id, "
                "audience, included, excluded, review, reasons, guardrails, digest, decided_at, decided_by) VALUES ("
                "current_setting('liftline.tenant'), %s, 1, now(), 'p', 's', 2, 2, 0, 0, '{}', '{}', 'd', now(), 'x')",
                (self.campaign_id,),
            )

    def stands(self):
        return standing(self.services.board, self.tenant, self.campaign_id)

    def sendable(self):
        with self.services.database.transaction(self.tenant) as connection:
            return connection.execute("SELECT approved_for_sending(%s) AS yes", (self.campaign_id,)).fetchone()["yes"]

    def audit(self):
        with self.services.database.transaction(self.tenant) as connection:
            rows = connection.execute("SELECT * FROM audit_log WHERE action LIKE 'approval.%' ORDER BY seq").fetchall()
        return [(row["action"].removeprefix("approval."), row["decision"], row["actor"]) for row in rows]

    def yes(self, by):
        return approve(self.services.board, self.tenant, self.campaign_id, by=by, via="console")

    def no(self, by):
        return reject(self.services.board, self.tenant, self.campaign_id, by=by, comment="dull", via="console")


def launched(campaign_launch, ready, *steps):
    told = {"brief": str(ready.brief), "tenant": ready.tenant}
    with people(*steps):
        run = campaign_launch.test(run_conf=told, mark_success_pattern=DONE)
    return run, states(run)


def opened(run):
    """Whether what stands behind the gate was done, or skipped."""
    return {"success": True, "skipped": False}[run.get_task_instance("assign").state]


def test_two_yeses_in_airflow_open_the_gate_and_whoever_may_not_answer_changes_nothing(campaign_launch, ready):
    run, found = launched(
        campaign_launch,
        ready,
        lambda: answer("quentin", "Approve"),
        lambda: answer("rita", "Approve", "good"),
        lambda: answer("rita", "Approve"),
        lambda: answer("quentin", "Approve"),
    )
    assert (found["approve"], found["settle"], run.state) == ("success", "success", "success")
    assert opened(run) is True
    assert ready.sendable()
    assert [(one.by, one.via, one.comment) for one in ready.stands().answers] == [
        ("rita", "airflow", "good"), ("quentin", "airflow", ""),
    ]  # fmt: skip
    assert ready.audit() == [
        ("ask", "asked", "dag_test"), ("approve", "refused", "quentin"), ("approve", "approved", "rita"),
        ("approve", "approved", "quentin"),
    ]  # fmt: skip


def test_the_maker_is_not_even_asked_and_a_no_in_airflow_closes_it_with_a_reason(campaign_launch, ready):
    from fastapi import HTTPException

    def as_maker():
        with pytest.raises(HTTPException) as refused:
            answer("dag_test", "Approve")
        assert refused.value.status_code == 403
        answer("quentin", "Reject")

    run, found = launched(campaign_launch, ready, as_maker)
    assert (found["approve"], run.state, opened(run)) == ("success", "success", False)
    assert not ready.sendable()
    assert ready.stands().sentence == "Rejected by quentin (quality): rejected in Airflow without a comment"


def test_where_nobody_has_a_role_a_maker_who_answers_is_refused(campaign_launch, ready):
    from pipelines.review.run import revoke

    for user, role in (("rita", "reviewer"), ("quentin", "qa")):
        revoke(ready.services.database, ready.tenant, user, role, by="root", at_machine=True)

    def comes_back():
        # An answer within seconds of the question may be brought back by the next try, after the gate parked anew.
        for _ in range(100):
            if len(ready.audit()) > 1:
                break
            time.sleep(0.1)
        grant(ready.services.database, ready.tenant, "rita", "reviewer", by="root", at_machine=True)
        ready.no("rita")
        look_again()

    run, _ = launched(campaign_launch, ready, lambda: answer("dag_test", "Approve"), comes_back)
    assert opened(run) is False
    assert ready.audit()[1] == ("approve", "refused", "dag_test")


def test_yeses_given_elsewhere_open_the_gate_without_a_click_in_airflow(campaign_launch, ready):
    def elsewhere():
        ready.yes("rita")
        ready.yes("quentin")
        look_again()

    run, found = launched(campaign_launch, ready, elsewhere)
    assert (found["approve"], opened(run)) == ("success", True)


def test_silence_closes_the_gate(campaign_launch, ready, short_patience):
    run, found = launched(campaign_launch, ready, silence)
    assert (found["approve"], opened(run), ready.stands().state) == ("success", False, "expired")


def test_an_answer_to_what_was_changed_meanwhile_counts_for_nothing(campaign_launch, ready):
    def changed():
        with ready.services.database.transaction(ready.tenant) as connection:
            connection.execute('UPDATE campaigns SET brief = brief || \'{"budget_usd": "7"}\'')
        answer("rita", "Approve")

    def asked_anew():
        assert ready.stands().state == "void"
        from pipelines.review.run import ask_for_approval

        ask_for_approval(ready.services.board, ready.tenant, ready.campaign_id, by="dag_test")
        answer("rita", "Approve")  # to the question of before

    run, _ = launched(
        campaign_launch,
        ready,
        changed,
        asked_anew,
        lambda: answer("rita", "Approve"),
        lambda: answer("quentin", "Approve"),
    )
    assert opened(run) is True
    assert [one.by for one in ready.stands().answers] == ["rita", "quentin"]
    assert len(drafted(ready.services.studio, ready.tenant, ready.campaign_id)) == 3
