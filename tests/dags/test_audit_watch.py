"""The DAG that watches: it anchors every ledger, closes what is overdue, tells people, and fails where it must."""

import json
import os

import pytest

from tests.dags.conftest import PROJECT

LOG = "SELECT append_audit(audit_entry(actor => 'a', actor_kind => 'system', action => 'note', decision => 'kept'))"
OPEN = """
INSERT INTO escalations (tenant_id, kind, object, code, reason, priority, opened_at, due_at)
VALUES (current_setting('liftline.tenant'), 'money', %s, 'discount', 'why', 2, now() - interval '2 days', now() + %s)
"""
JOB = """
INSERT INTO jobs (tenant_id, job_id, kind, asked, asked_by, asked_at, state, seen_at)
SELECT current_setting('liftline.tenant'), %s, %s, '{}', 'ada', now(), 'done', now() - %s::interval
"""


@pytest.fixture
def audit_watch(bag, liftline_environment):
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(PROJECT / "dags" / "audit_watch.py").dags["audit_watch"]


def states(run):
    return {instance.task_id: instance.state for instance in run.get_task_instances()}


def test_it_anchors_expires_and_tells_and_a_second_run_finds_nothing(audit_watch, tenant, database, tmp_path, alone):
    with database.transaction(tenant) as connection:
        connection.execute(LOG)
        connection.execute(OPEN, ("over", "-1 hour"))
        connection.execute(OPEN, ("open", "1 day"))
        for kind, days in (("outreach.generate", 31), ("outreach.generate", 29), ("campaign.prepare", 31)):
            connection.execute(JOB, (f"{kind} {days}", kind, f"{days} days"))
    old = tmp_path / "reports" / "quarantine" / tenant / "old.csv"
    old.parent.mkdir(parents=True)
    old.write_text("1,ann@example.com")
    os.utime(old, (0, 0))
    assert set(states(audit_watch.test()).values()) == {"success"}
    assert not old.exists()
    with database.transaction(tenant) as connection:
        kept = connection.execute("SELECT job_id FROM jobs ORDER BY 1").fetchall()
    assert [row["job_id"] for row in kept] == ["campaign.prepare 31", "outreach.generate 29"]
    anchors = tmp_path / "reports" / "anchors" / f"{tenant}.jsonl"
    assert anchors.read_text().count("\n") == 1
    (line,) = (tmp_path / "reports" / "notices" / f"{tenant}.jsonl").read_text().splitlines()
    assert (json.loads(line)["kind"], json.loads(line)["waiting"]) == ("money", 1)
    with database.transaction(tenant) as connection:
        before = connection.execute("SELECT xmin::text, * FROM escalations ORDER BY object").fetchall()
    assert [row["settlement"] for row in before] == [None, "expired"]
    assert set(states(audit_watch.test()).values()) == {"success"}
    with database.transaction(tenant) as connection:
        assert connection.execute("SELECT xmin::text, * FROM escalations ORDER BY object").fetchall() == before
    assert len((tmp_path / "reports" / "notices" / f"{tenant}.jsonl").read_text().splitlines()) == 1


def test_a_ledger_that_was_cut_off_turns_the_run_red(audit_watch, tenant, database, tmp_path, alone):
    with database.transaction(tenant) as connection:
        connection.execute(LOG)
    anchors = tmp_path / "reports" / "anchors"
    anchors.mkdir(parents=True)
    kept = {"tenant_id": tenant, "seq": 9, "hash": "0" * 64, "entries": 9, "anchored_at": "2026-11-20T12:00:00+00:00"}
    (anchors / f"{tenant}.jsonl").write_text(json.dumps(kept) + "\n")
    found = states(audit_watch.test())
    assert found["anchor"] == "failed"
    assert (found["expire"], found["tell"]) == ("success", "success")
