"""The DAG that indexes: as a person starts it, as the clock does, and when it must fail."""

import pytest

from tests.knowledge.shelf import Shelf


@pytest.fixture
def knowledge_index(bag, liftline_environment):
    from airflow.dag_processing.dagbag import DagBag

    from tests.dags.conftest import PROJECT

    return DagBag(PROJECT / "dags" / "knowledge_index.py").dags["knowledge_index"]


def states(run):
    return {(instance.task_id, instance.map_index): instance.state for instance in run.get_task_instances()}


def rows(database, tenant):
    with database.transaction(tenant) as connection:
        return connection.execute("SELECT xmin::text, passage_id, retired_at FROM passages ORDER BY 2").fetchall()


def test_content_is_indexed_and_then_kept_up_to_date_by_the_clock(knowledge_index, tenant, tmp_path, database):
    shelf = Shelf(tmp_path / "content")
    shelf.stock()
    run = knowledge_index.test(run_conf={"tenant": tenant, "folder": str(shelf.folder)})
    assert set(states(run).values()) == {"success"}
    before = rows(database, tenant)
    assert len(before) == 4
    shelf.remove("throw")
    assert set(states(knowledge_index.test(run_conf={"tenant": tenant})).values()) == {"success"}
    after = rows(database, tenant)
    assert [row for row in after if row["retired_at"] is None] == [row for row in before if row in after]
    assert len([row for row in after if row["retired_at"]]) == 1


def test_a_run_that_cannot_succeed_fails_where_the_reason_is(knowledge_index):
    found = states(knowledge_index.test(run_conf={"tenant": "nobody", "folder": "/nowhere"}))
    assert found["index", 0] == "failed"


def test_it_runs_every_night_and_when_content_is_said_to_have_changed(bag):
    timetable = bag.dags["knowledge_index"].schedule
    assert "0 3 * * *" in str(timetable.timetable.expression)
    assert timetable.asset_condition.uri.rstrip("/") == "liftline://knowledge"
