"""The DAG from a brief to its copy, on a real database with the sample content, and where it fails."""

import pytest

from pipelines.customers.run import Order, import_file
from pipelines.knowledge.run import index_folder
from tests.dags.conftest import PROJECT
from tests.dags.gatekeepers import people, silence

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
    index_folder(services.library, tenant, PROJECT / "data" / "knowledge")
    return tenant


def states(run):
    return {instance.task_id: instance.state for instance in run.get_task_instances()}


def test_a_brief_becomes_cited_copy_and_a_second_run_changes_nothing(
    campaign_launch, short_patience, furnished, tmp_path, database
):
    path = tmp_path / "brief.yaml"
    path.write_text(BRIEF)
    seen = []
    for _ in range(2):
        with people(silence):
            run = campaign_launch.test(run_conf={"brief": str(path), "tenant": furnished})
        found = states(run)
        assert {found[task] for task in ("enter", "segment", "retrieve", "draft")} == {"success"}
        with database.transaction(furnished) as connection:
            seen.append(
                [
                    connection.execute(f"SELECT xmin::text, * FROM {table} ORDER BY 3, 4").fetchall()
                    for table in ("campaigns", "audience_units", "variants", "variant_sentences", "generations")
                ]
            )
    assert seen[0] == seen[1]
    campaigns, _, variants, sentences, _ = seen[0]
    assert [row["created_by"] for row in campaigns] == ["dag_test"]
    assert {row["strategy"] for row in variants} == {"professional", "friendly", "direct"}
    assert all(row["status"] == "drafted" for row in variants), [row["reason"] for row in variants]
    assert all(row["passage_ids"] for row in sentences if row["verdict"] == "supported")


@pytest.mark.parametrize(
    ("brief", "whose", "failed"),
    [("name: nothing else", "own", "enter"), (BRIEF, "nobody", "enter"), (BRIEF, "own", "segment")],
)
def test_a_run_that_cannot_succeed_fails_where_the_reason_is(campaign_launch, tenant, brief, whose, failed, tmp_path):
    path = tmp_path / "brief.yaml"
    path.write_text(brief)
    run = campaign_launch.test(run_conf={"brief": str(path), "tenant": tenant if whose == "own" else whose})
    assert states(run)[failed] == "failed"
