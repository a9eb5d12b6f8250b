"""The DAG itself, run on a real database: as a person starts it, as the API starts it, and when it must fail."""

import json

from pipelines.customers.run import keep_upload
from tests.dags.conftest import told_to_airflow

TEXT = "customer_id,email,signup_date,orders,total_spend\n1,a@example.com,2026-01-01,3,30\n2,b@example.com,,,\n"
BROKEN = "3,c@@example.com,,,\n"
# A template to Airflow and to the pages; to us a name.
NAME = "people {{ 7 * 7 }}.csv"


def states(run):
    return {instance.task_id: instance.state for instance in run.get_task_instances()}


def test_an_upload_becomes_customers_and_segments(customers_ingest, services, tenant, tmp_path, database):
    path = tmp_path / "people.csv"
    path.write_text(TEXT + "".join(TEXT.splitlines(True)[1:]) * 3 + BROKEN)
    with path.open("rb") as content:
        upload_id = keep_upload(
            services.uploads, content, file_name=NAME, tenant=tenant, kind="customers", max_bytes=10**6
        )
    run = customers_ingest.test(run_conf={"upload_id": upload_id})
    assert set(states(run).values()) == {"success"}
    with database.transaction(tenant) as connection:
        assert len(connection.execute("SELECT 1 FROM customers").fetchall()) == 2
        assert len(connection.execute("SELECT 1 FROM segment_members").fetchall()) == 2
    (report,) = (tmp_path / "reports" / "quality" / tenant).glob("*/index.html")
    assert NAME in report.read_text()
    returned, told = told_to_airflow(run)
    assert NAME in returned
    assert "example.com" not in told, "a line of the file, or a refused one, lies where every user of Airflow reads"


def test_a_file_is_named_by_hand_and_a_second_run_changes_nothing(
    customers_ingest, plain_report, tenant, tmp_path, database
):
    path = tmp_path / "people.csv"
    path.write_text(TEXT)
    conf = {"file": str(path), "tenant": tenant, "kind": "customers"}
    seen = []
    for _ in range(2):
        assert set(states(customers_ingest.test(run_conf=conf)).values()) == {"success"}
        with database.transaction(tenant) as connection:
            seen.append(connection.execute("SELECT xmin::text, * FROM customers ORDER BY customer_id").fetchall())
    assert seen[0] == seen[1]


def test_a_run_that_cannot_succeed_fails_where_the_reason_is_and_people_are_told(customers_ingest, tmp_path):
    found = states(customers_ingest.test(run_conf={"file": "/nowhere.csv", "tenant": "demo"}))
    assert found.pop("validate") == "failed"
    assert "success" not in {found[task] for task in found if task != "receive"}
    (told,) = (tmp_path / "reports" / "notices" / "_runs.jsonl").read_text().splitlines()
    assert "Task validate of customers_ingest failed for good" in json.loads(told)["sentence"]
