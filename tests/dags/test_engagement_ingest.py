"""The DAG that hears: a file in the inbox becomes what people did, and a second run finds nothing to do."""

import json
import os

from tests.engagement.sent import send
from tests.engagement.test_hearing import post, told


def put(path, content):
    """A file that nobody has written to for long."""
    path.write_text(content)
    os.utime(path, (0, 0))


def test_a_file_in_the_inbox_becomes_what_people_did(bag, liftline_environment, tenant, database, alone):
    from pipelines.services import open_services

    dag = bag.dags["engagement_ingest"]
    campaign = send(database, tenant, "inboxed", 20)
    waiting = open_services().listener.inbox / tenant
    waiting.mkdir(parents=True)
    events = [told(campaign, 1, "delivered"), told(campaign, 1, "click", 900, url="https://www.example.com/action1")]
    put(waiting / "export.jsonl", "\n".join(map(json.dumps, events)))
    for _ in range(2):
        states = {one.task_id: one.state for one in dag.test().get_task_instances()}
        assert set(states.values()) == {"success"}
        with database.transaction(tenant) as connection:
            rows = connection.execute("SELECT event, label FROM events").fetchall()
            state = connection.execute("SELECT state FROM sends WHERE customer_id = 'c1'").fetchone()["state"]
        assert [(row["event"], row["label"], state) for row in rows] == [("clicked", "human", "delivered")]
    assert (waiting / "taken" / "export.jsonl").exists()
    assert not (waiting / "export.jsonl").exists()


def test_a_file_that_is_refused_holds_up_nobodys_opt_out(bag, liftline_environment, tenant, database, alone):
    from pipelines.services import open_services

    campaign = send(database, tenant, "refused", 5)
    listener = open_services().listener
    waiting = listener.inbox / tenant
    waiting.mkdir(parents=True)
    put(waiting / "broken.json", '[{"event": "open",')
    post(listener, told(campaign, 1, "spamreport"))
    run = bag.dags["engagement_ingest"].test()
    states = {one.task_id: one.state for one in run.get_task_instances()}
    with database.transaction(tenant) as connection:
        stopped = connection.execute("SELECT reason FROM suppressions").fetchall()
    assert [row["reason"] for row in stopped] == ["complaint"]
    assert (waiting / "broken.json").exists()
    # The run says that it failed, and nothing is ended for good while events may be missing.
    assert (run.state, states["ingest"], states["conclude"]) == ("failed", "failed", "upstream_failed")
    assert {states[name] for name in ("label", "feed", "read_out", "allocate")} == {"success"}
