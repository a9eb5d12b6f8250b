"""The DAG from a brief to its copy, on a real database with the sample content, and where it fails."""

import subprocess
import sys
from collections import Counter

import pytest

from pipelines.customers.run import Order, import_file
from pipelines.knowledge.run import index_folder
from pipelines.review.run import grant
from tests.dags.conftest import told_to_airflow
from tests.dags.gatekeepers import answer, people
from tests.knowledge.shelf import about_the_throw

TABLES = (
    "campaigns", "variants", "variant_sentences", "screenings", "audience_units", "generations", "screened_variants",
    "escalations", "policies_in_force", "eligibility_runs", "recipient_decisions", "approval_requests", "approvals",
    "experiments", "experiment_arms", "assignments", "audit_entries",
)  # fmt: skip
TASKS = (
    "enter", "segment", "retrieve", "draft", "screen", "guard", "design", "ask", "approve", "settle", "assign", "queue",
    "send",
)  # fmt: skip
BRIEF = """
name: Evenings at home
goal: Sell Wool throws
value_proposition: A throw that keeps two people warm on one sofa.
call_to_action: {text: See the Wool throws, link: "https://www.lindhaven.example/products/wool-throw"}
knowledge: {query: Wool throw warmth price size guarantee delivery, audience: [consumer]}
"""


@pytest.fixture
def furnished(services, desk, tenant, tmp_path):
    """A tenant with two customers and the sample company's approved content."""
    path = tmp_path / "people.csv"
    path.write_text("customer_id,email,signup_date\n1,a@example.com,2026-01-01\n2,b@example.com,2026-01-01\n")
    import_file(desk, Order(tenant, path, "customers"))
    index_folder(services.library, tenant, about_the_throw(tmp_path / "knowledge"))
    return tenant


def states(run):
    return {instance.task_id: instance.state for instance in run.get_task_instances()}


def test_a_brief_becomes_cited_copy_and_a_second_run_changes_nothing(campaign_launch, furnished, tmp_path, database):
    path = tmp_path / "brief.yaml"
    path.write_text(BRIEF)
    seen = []
    for user, role in (("rita", "reviewer"), ("quentin", "qa")):
        grant(database, furnished, user, role, by="root", at_machine=True)
    yeses = [lambda: answer("rita", "Approve"), lambda: answer("quentin", "Approve")]
    # The second time nobody is there to ask.
    for steps in (yeses, []):
        with people(*steps):
            run = campaign_launch.test(run_conf={"brief": str(path), "tenant": furnished})
        found = states(run)
        assert found == dict.fromkeys(TASKS, "success")
        returned, told = told_to_airflow(run)
        assert furnished in returned
        assert "@example.com" not in told, "Airflow's own tables are read by all of its users"
        with database.transaction(furnished) as connection:
            seen.append(
                [connection.execute(f"SELECT xmin::text, * FROM {table} ORDER BY 3, 4").fetchall() for table in TABLES]
            )
    assert seen[0] == seen[1]
    campaigns, variants, sentences, screenings, *_ = seen[0]
    assert [row["created_by"] for row in campaigns] == ["dag_test"]
    assert {row["strategy"] for row in variants} == {"professional", "friendly", "direct"}
    assert all(row["status"] == "drafted" for row in variants), [row["reason"] for row in variants]
    assert all(row["passage_ids"] for row in sentences if row["verdict"] == "supported")
    ended = Counter(row["decision"] for row in screenings)
    assert not any(row["undecided"] for row in screenings)
    exports = sorted((tmp_path / "reports" / "audit" / furnished / campaigns[0]["campaign_id"]).iterdir())
    assert len(exports) == 3, "once it was screened, once more with what people said, and with who got which arm"
    export = exports[-1]
    proven = subprocess.run([sys.executable, "-I", export / "verify_audit.py", export], capture_output=True, text=True)
    assert proven.returncode == 0, proven.stdout
    told = f"3 screened = {ended['pass']} passed + {ended['review']} reviewed + {ended['block']} blocked."
    assert told in (export / "summary.html").read_text()
    assert "Coverage 100 %" in (export / "summary.html").read_text()
    assert (tmp_path / "reports" / "anchors" / f"{furnished}.jsonl").read_text().count("\n") == 3


def test_a_screen_that_judges_nothing_stops_the_campaign_and_is_in_the_ledger(
    campaign_launch, furnished, tmp_path, database, monkeypatch
):
    from pipelines.adapters.content_safety.offline import OfflineScreen

    path = tmp_path / "brief.yaml"
    path.write_text(BRIEF)
    monkeypatch.setattr(OfflineScreen, "screen", lambda self, texts: [])
    campaign_launch.get_task("screen").retries = 0
    assert states(campaign_launch.test(run_conf={"brief": str(path), "tenant": furnished}))["screen"] == "failed"
    with database.transaction(furnished) as connection:
        told = connection.execute("SELECT decision, execution_status FROM audit_log WHERE action = 'screen'").fetchall()
    assert [tuple(row.values()) for row in told] == [("block", "undecided")] * 3
    (export,) = (tmp_path / "reports" / "audit" / furnished).glob("*/*/summary.html")
    assert "3 screened = 0 passed + 0 reviewed + 3 blocked." in export.read_text()


def test_a_run_that_cannot_succeed_fails_where_the_reason_is(campaign_launch, tenant, tmp_path):
    path = tmp_path / "brief.yaml"
    path.write_text(BRIEF)
    found = states(campaign_launch.test(run_conf={"brief": str(path), "tenant": tenant}))
    failed = [name for name, state in found.items() if state == "failed"]
    assert failed == ["segment"], "only one of them is to be mended"
    assert found["settle"] == "upstream_failed"
