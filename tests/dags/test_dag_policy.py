"""What every DAG owes the person who gets the page at night."""

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, ExceptionRetryPolicy

GATE = ["ask", "approve", "settle", "assign", "queue", "send"]
HEARING = ["ingest", "label", "feed", "read_out", "allocate", "conclude"]
EXPECTED = {
    "campaign_launch": {
        "schedule": type(None),
        "tasks": ["enter", "segment", "retrieve", "draft", "screen", "guard", "design", *GATE],
    },
    "audit_watch": {"schedule": CronTriggerTimetable, "tasks": ["anchor", "forget", "expire", "tell"]},
    "delivery_continue": {"schedule": CronTriggerTimetable, "tasks": ["queue_next", "send_due", "complete"]},
    "engagement_ingest": {"schedule": CronTriggerTimetable, "tasks": HEARING},
    "model_retrain": {"schedule": CronTriggerTimetable, "tasks": ["monitor", "retrain", "score", "learn", "whole"]},
    "reporting_refresh": {
        "schedule": CronTriggerTimetable,
        "tasks": ["build", "describe", "report", "deliver", "watch"],
    },
    "webhooks_deliver": {"schedule": CronTriggerTimetable, "tasks": ["deliver"]},
    "knowledge_index": {"schedule": AssetOrTimeSchedule, "tasks": ["choose", "index"]},
    "customers_ingest": {"schedule": type(None), "tasks": ["receive", "validate", "load", "profile"]},
}


def test_the_bag_holds_exactly_the_dags_we_know(bag):
    assert bag.import_errors == {}
    assert set(bag.dags) == set(EXPECTED)


@pytest.mark.parametrize("dag_id", EXPECTED)
def test_a_dag_keeps_the_house_rules(bag, dag_id):
    dag, expected = bag.dags[dag_id], EXPECTED[dag_id]
    assert type(dag.schedule) is expected["schedule"]
    assert [task.task_id for task in dag.topological_sort()] == expected["tasks"]
    assert dag.catchup is False
    assert "liftline" in dag.tags
    for part in ("**Start it**", "**It leaves**", "**When it fails**"):
        assert part in dag.doc_md
    for task in dag.tasks:
        assert task.owner == "data-engineering"
        # Airflow may fail a gate that is answered too soon; its next try brings the answer back.
        assert task.retries == (5 if task.task_id == "approve" else 4)
        assert task.retry_delay >= timedelta(seconds=10)
        assert isinstance(task.retry_policy, ExceptionRetryPolicy)
        # People take days to answer; everything else hangs when it takes hours.
        assert task.execution_timeout == (None if task.task_id == "approve" else timedelta(hours=6))
        assert "tell_of_failure" in str(task.on_failure_callback)
    for name, param in dag.params.items():
        schema = dag.params.get_param(name).schema
        assert schema.get("title"), param
        # Of what Airflow cannot keep it neither tells nor ends a failure: a tenant names its mapped task.
        assert "string" not in schema.get("type", "") or schema["maxLength"] <= (63 if name == "tenant" else 4096), name


def test_where_slots_are_few_what_has_begun_ends_before_more_begins(bag):
    from airflow.serialization.serialized_objects import DagSerialization

    for dag in bag.dags.values():
        kept = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
        for task in kept.tasks:
            weight = task.weight_rule.get_weight(SimpleNamespace(task=task))
            assert weight == 1 + len(task.get_flat_relative_ids(upstream=True)), task.task_id


def test_what_costs_a_scarce_thing_shares_its_pool(bag):
    from pipelines.orchestration.metadata import POOLS

    used = {}
    for dag in bag.dags.values():
        for task in dag.tasks:
            used.setdefault(task.pool, set()).add(task.task_id)
    used.pop("default_pool")
    assert used == {
        "language_model": {"retrieve", "draft", "screen", "index"},
        "sending": {"send", "send_due"},
        "marts": {"build", "describe", "report", "deliver", "watch"},
        "warehouse": {"retrain", "score"},
    }
    # A task whose pool nobody made waits for ever.
    pools = json.loads(POOLS.read_text())
    assert set(pools) == set(used)
    assert pools["marts"]["slots"] == 1, "a backfill runs many hours at once, and dbt bears one build"


def test_a_refusal_is_not_retried_and_a_fault_and_what_others_are_at_is(bag):
    from pipelines.contracts import Busy, Refusal

    policy = bag.dags["customers_ingest"].tasks[0].retry_policy
    waits = policy.evaluate(Busy("by another run"), 1, 3)
    assert (waits.action.value, waits.retry_delay) == ("retry", timedelta(minutes=5))
    refused = policy.evaluate(Refusal("no"), 1, 3)
    # What the policy decided is the last line of the log, where people look for what to mend.
    assert (refused.action.value, refused.reason) == ("fail", "no")
    assert policy.evaluate(ConnectionError("away"), 1, 3).action.value == "default"


def test_a_loaded_file_is_told_to_the_asset(bag):
    assert [asset.name for asset in bag.dags["customers_ingest"].get_task("load").outlets] == ["liftline-customers"]
