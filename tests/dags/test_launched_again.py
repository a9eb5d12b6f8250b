"""What was sent is sent once, whatever is cleared in Airflow, run again, or run for an earlier date."""

import json
import time
from collections import Counter
from datetime import timedelta

import pytest

from pipelines.adapters.email.offline import Outbox
from pipelines.customers.run import Order, import_file
from pipelines.knowledge.run import index_folder
from pipelines.review.run import grant
from tests.dags.gatekeepers import answer, people
from tests.dags.test_campaign_launch import BRIEF, TASKS, states
from tests.knowledge.shelf import about_the_throw

READERS = 40


@pytest.fixture
def ready(services, desk, database, tenant, tmp_path):
    """People who may be written to without consent given first, approved content, and two who say yes."""
    path = tmp_path / "people.csv"
    rows = "".join(f"{number},reader{number}@example.com,2026-01-01,US\n" for number in range(READERS))
    path.write_text(f"customer_id,email,signup_date,country\n{rows}")
    import_file(desk, Order(tenant, path, "customers"))
    index_folder(services.library, tenant, about_the_throw(tmp_path / "knowledge"))
    for user, role in (("rita", "reviewer"), ("quentin", "qa")):
        grant(database, tenant, user, role, by="root", at_machine=True)
    return tenant


@pytest.fixture
def handed_over(monkeypatch):
    """How often each address was handed to the outbox: the folder itself would hide a second time."""
    counted = Counter()
    deliver = Outbox.deliver

    def counting(outbox, batch):
        counted.update(message.address for message in batch)
        return deliver(outbox, batch)

    monkeypatch.setattr(Outbox, "deliver", counting)
    return counted


def run_cleared(dag, run, names):
    """Clear these tasks of a run that is over, as a person does in the UI, and let them run."""
    from airflow.sdk import DagRunState, TaskInstanceState
    from airflow.sdk.definitions.dag import _run_task
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.utils.session import create_session

    cleared = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    places = [(one.task_id, one.map_index) for one in run.get_task_instances() if one.task_id in names]
    assert cleared.clear(task_ids=names, run_id=run.run_id, dag_run_state=DagRunState.RUNNING) == len(places)
    for name, place in sorted(places, key=lambda one: (names.index(one[0]), one[1])):
        with create_session() as session:
            instance = run.get_task_instance(name, session=session, map_index=place)
            assert instance.state is None
            instance.state, instance.try_number = TaskInstanceState.SCHEDULED, instance.try_number + 1
            session.commit()
            _run_task(ti=instance, task=dag.task_dict[name])


def test_a_run_that_is_cleared_and_one_for_an_earlier_date_send_nobody_a_second_message(
    campaign_launch, ready, handed_over, services, tmp_path, database
):
    path = tmp_path / "brief.yaml"
    path.write_text(BRIEF)
    told = {"run_conf": {"brief": str(path), "tenant": ready}}

    def ledger():
        with database.transaction(ready) as connection:
            return connection.execute("SELECT xmin::text, * FROM sends ORDER BY customer_id").fetchall()

    with people(lambda: answer("rita", "Approve"), lambda: answer("quentin", "Approve")):
        run = campaign_launch.test(**told)
    assert states(run) == dict.fromkeys(TASKS, "success")
    with database.transaction(ready) as connection:
        assigned = connection.execute(
            "SELECT a.customer_id FROM assignments a JOIN experiment_arms r USING (experiment_key, arm)"
            " WHERE r.strategy IS NOT NULL"
        ).fetchall()
    addresses = {f"reader{row['customer_id']}@example.com" for row in assigned}
    once = dict.fromkeys(addresses, 1)
    assert READERS / 2 < len(addresses) < READERS
    assert handed_over == once
    sent = ledger()
    run_cleared(campaign_launch, run, ["assign", "queue", "send"])
    assert states(run) == dict.fromkeys(TASKS, "success")
    backfilled = campaign_launch.test(**told, logical_date=run.logical_date - timedelta(days=2))
    assert backfilled.run_id != run.run_id
    assert states(backfilled) == dict.fromkeys(TASKS, "success")
    assert handed_over == once
    assert ledger() == sent
    assert len(list((services.outbox / ready / "email" / "new").iterdir())) == len(addresses)


def test_a_task_whose_time_is_up_ends_with_its_request_is_told_of_and_cleared_sends_nothing_twice(
    campaign_launch, ready, handed_over, tmp_path, database, monkeypatch
):
    path = tmp_path / "brief.yaml"
    path.write_text(BRIEF)
    deliver = Outbox.deliver

    def hangs(outbox, batch):
        time.sleep(2.5)
        return deliver(outbox, batch)

    monkeypatch.setattr(Outbox, "deliver", hangs)
    send = campaign_launch.get_task("send")
    send.partial_kwargs |= {"execution_timeout": timedelta(seconds=1), "retries": 0}
    with people(lambda: answer("rita", "Approve"), lambda: answer("quentin", "Approve")):
        run = campaign_launch.test(run_conf={"brief": str(path), "tenant": ready, "senders": 1})
    assert states(run)["send"] == "failed"
    (told,) = (tmp_path / "reports" / "notices" / "_runs.jsonl").read_text().splitlines()
    assert "Task send of campaign_launch failed for good" in json.loads(told)["sentence"]
    monkeypatch.setattr(Outbox, "deliver", deliver)
    run_cleared(campaign_launch, run, ["send"])
    assert states(run)["send"] == "success"
    assert set(handed_over.values()) == {1}
    with database.transaction(ready) as connection:
        assert {row["state"] for row in connection.execute("SELECT state FROM sends")} == {"accepted"}
