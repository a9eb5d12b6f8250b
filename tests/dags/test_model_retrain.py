"""The nightly DAG on a tenant with next to no data: green, and it says so."""

import pytest
from psycopg.types.json import Jsonb

from tests.dags.conftest import PROJECT
from tests.learning.registered import METRICS, NOW, VERSION


@pytest.fixture
def model_retrain(bag, liftline_environment):
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(PROJECT / "dags" / "model_retrain.py").dags["model_retrain"]


def test_too_little_data_is_a_green_run_that_says_so_and_says_it_once(model_retrain, tenant, database, alone):
    for _ in range(2):
        run = model_retrain.test()
        assert {one.state for one in run.get_task_instances()} == {"success"}
        with database.transaction(tenant) as connection:
            rows = connection.execute("SELECT model, decision, code, reason FROM model_decisions").fetchall()
        assert {row["model"] for row in rows} == {"response", "conversion", "churn", "send_hour", "lead_quality"}
        assert len(rows) == 5
        assert {(row["decision"], row["code"]) for row in rows} == {("refuse", "too_little_data")}
        assert all(row["reason"].startswith("refused: too little data") for row in rows)

    with database.transaction(tenant) as connection:
        connection.execute(VERSION, (1, "champion", "d1", NOW, NOW, Jsonb({}), Jsonb(METRICS), NOW))
    # Its file is lost: the run says so at its end, and goes on for everybody.
    run = model_retrain.test()
    states = {one.task_id: one.state for one in run.get_task_instances()}
    assert (run.state, states.pop("monitor"), states.pop("score")) == ("failed", "failed", "failed")
    assert states == {"retrain": "success", "learn": "success", "whole": "upstream_failed"}
