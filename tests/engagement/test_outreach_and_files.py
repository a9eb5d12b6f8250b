"""What people did moves outreach messages, and what a CSV or the command line tells is heard like the rest."""

import json
import os

import psycopg
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.contracts import Refusal
from pipelines.engagement.inbox import emptied
from pipelines.engagement.run import report_file
from tests.conftest import NOW
from tests.engagement.test_hearing import post, settle, told

OUTREACH = (
    """
    INSERT INTO outreach_campaigns (tenant_id, campaign_id, description, target_audience, min_qualification_score)
    VALUES (current_setting('liftline.tenant'), %(c)s, '', '{}', 0)
    """,
    """
    INSERT INTO outreach_messages (
        tenant_id, message_id, campaign_id, lead_id, tones, selected_variant, status, reason, generation_latency_ms,
        generation_cost_usd, created_at
    )
    SELECT
        current_setting('liftline.tenant'), 'o' || n, %(c)s, 'c' || n, '{direct}', 0, 'pending', '', 1, 0, now()
    FROM generate_series(1, 4) AS n
    """,
)


def test_people_move_outreach_messages_and_machines_are_counted_beside(listener, database, tenant, campaign, ask):
    with database.transaction(tenant) as connection:
        for statement in OUTREACH:
            connection.execute(statement, {"c": campaign})
    shop = {"url": "https://www.example.com/action1", "ip": "203.0.113.9"}
    post(listener, *(told(campaign, who, "delivered", 5) for who in (1, 2, 3)), told(campaign, 4, "bounce"))
    post(listener, told(campaign, 1, "click", 900, **shop), told(campaign, 2, "click", 7, **shop, useragent="curl/8"))
    settle(listener, tenant)
    moved = "SELECT lead_id, status, happened FROM outreach_messages ORDER BY lead_id"
    # The marks of outreach: 1 sent, 2 delivered, 4 opened, 8 clicked, 32 bounced, 256 clicked by a machine.
    assert [tuple(row.values()) for row in ask(moved)] == [
        ("c1", "clicked", 15), ("c2", "delivered", 259), ("c3", "delivered", 3), ("c4", "bounced", 33),
    ]  # fmt: skip
    assert len(ask("SELECT 1 AS x FROM message_events WHERE reported_by = 'engagement'")) == 4
    # What was taken for a person's and turns out to be a robot's is taken back.
    post(listener, told(campaign, 1, "click", 901, url="https://www.example.com/hidden1?utm_content=hidden1"))
    settle(listener, tenant)
    assert ask(moved)[0] == {"lead_id": "c1", "status": "delivered", "happened": 259}


def test_what_somebody_does_is_theirs_under_the_id_that_they_took_since(listener, database, tenant, campaign, ask):
    with database.transaction(tenant) as connection:
        connection.execute("UPDATE customers SET customer_id = 'C7' WHERE customer_id = 'c1'")
        connection.execute(
            "INSERT INTO customer_aliases (tenant_id, alias_id, customer_id, source_seq) "
            "VALUES (current_setting('liftline.tenant'), 'c1', 'C7', 1)"
        )
    shop = {"url": "https://www.example.com/action1", "ip": "203.0.113.9"}
    post(listener, told(campaign, 1, "delivered", 5), told(campaign, 1, "click", 900, **shop))
    settle(listener, tenant)
    assert ask("SELECT customer_id, event FROM events") == [{"customer_id": "C7", "event": "clicked"}]
    # A complaint that names nothing but their address is of the last message to it.
    address = f"only.{tenant}@example.com"
    ask("UPDATE customers SET email = %s WHERE customer_id = 'C7' RETURNING 1 AS x", address)
    lone = told(campaign, 1, "spamreport", 1000, email=address)
    del lone["liftline_message"], lone["sg_message_id"]
    heard = post(listener, lone)
    assert (heard.stored, heard.refused) == (1, 0)
    settle(listener, tenant)
    assert ask("SELECT state FROM sends WHERE customer_id = 'c1'") == [{"state": "complained"}]
    with database.transaction(tenant) as connection:
        connection.execute(
            "UPDATE customers SET phone = '+4930999' || right(%s, 6) WHERE customer_id = 'C7'", (tenant,)
        )
        connection.execute("UPDATE sends SET channel = 'sms', state = 'delivered' WHERE customer_id = 'c1'")
        (phone,) = connection.execute("SELECT phone FROM customers WHERE customer_id = 'C7'").fetchone().values()
        last = connection.execute("SELECT message_id FROM last_messages_to(%s, 'sms', now())", (phone,)).fetchall()
    assert [row["message_id"] for row in last] == [f"{campaign}-m1"]


def test_a_csv_of_conversions(listener, tenant, campaign, tmp_path, ask):
    path = tmp_path / "orders.csv"
    path.write_text(
        "customer_id,campaign_id,occurred_at,value\n"
        f"c1,{campaign},2026-11-21T10:00:00Z,12.5\nc5,{campaign},2026-11-21T11:00:00Z,3\nc2,{campaign},soon,1\n"
    )
    first, again = (report_file(listener, tenant, path, by="ada") for _ in range(2))
    assert (first.stored, first.refused, again.stored) == (2, 1, 0)
    assert first.reasons[0][0] == 4
    assert [float(row["value"]) for row in ask("SELECT value FROM provider_events ORDER BY value")] == [3.0, 12.5]


def put(path, seconds_ago=61):
    path.parent.mkdir(exist_ok=True)
    path.touch()
    os.utime(path, (NOW.timestamp() - seconds_ago,) * 2)


def test_a_file_that_is_still_on_its_way_waits(tmp_path):
    for name in ("a.json", "b.jsonl", ".c.jsonl", ".d.jsonl.AbC", "e.jsonl.part", "f.json_"):
        put(tmp_path / "acme" / name)
    put(tmp_path / "acme" / "g.jsonl", 59)
    put(tmp_path / "acme" / "h.jsonl", -5)
    taken = []
    emptied(tmp_path, ["acme"], lambda _, path: taken.append(path.name), (None, None), NOW)
    assert taken == ["a.json", "b.jsonl"]


def test_a_file_that_cannot_be_stored_holds_up_none_after_it(tmp_path):
    for name in ("acme/bad.jsonl", "acme/good.jsonl", "other/good.jsonl"):
        put(tmp_path / name)

    def ingest(_tenant, path):
        if path.name == "bad.jsonl":
            raise psycopg.DataError("PostgreSQL refused a row (NumericValueOutOfRange).")

    with pytest.raises(Refusal, match=r"^acme/bad.jsonl: PostgreSQL refused a row"):
        emptied(tmp_path, ("acme", "other"), ingest, (None, None), NOW)
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.jsonl"))
    assert left == ["acme/bad.jsonl", "acme/taken/good.jsonl", "other/taken/good.jsonl"]


def test_classify_needs_no_tenant_and_says_what_it_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "host=/nowhere")
    source = tmp_path / "events.json"
    source.write_text(json.dumps([told("x", 1, "delivered"), told("x", 1, "open", 500), ["no event"]]))
    answer = CliRunner().invoke(app, ["engagement", "classify", str(source), "-o", str(tmp_path / "o.csv"), "--json"])
    assert answer.exit_code == 0, answer.output
    said = json.loads(answer.stdout)
    assert (said["labelled"], said["refused"], said["verdicts"]["human"]) == (2, 1, 2)


LONG = "x" * 10_000_000
ODD = (
    ("", 0, 0, ""),
    ("hello\n", 1, 0, "line 1: it is no JSON; put one whole event on each line."),
    ('[{"event": "open",\n', 1, 0, "(line 2, column 1: Expecting property name"),
    ('{"event": "open"}\n', 1, 0, "line 1: its timestamp is no number of seconds since 1970; write"),
    ('{"event": "open", "timestamp": 9}\n[{"event": "open"}]\n', 0, 1, "it is no JSON object; put one event"),
    ('{"event": "open", "timestamp": 9}\n{"event": "open", "timestamp": "2026-11-20"}', 0, 1, "its timestamp is no"),
    ('{"timestamp": 9}\n{"event": "open", "timestamp": "9"}\n', 0, 1, "it has no event; say in it"),
    (f'{{"event": "open", "timestamp": 9, "url": "{LONG}"}}\n{{{LONG}\n', 0, 1, "it is no JSON; put one"),
)  # fmt: skip


def test_classify_names_each_line_that_is_none_and_refuses_a_file_without_any(tmp_path):
    source, target = tmp_path / "events.jsonl", tmp_path / "o.csv"
    for content, code, labelled, words in ODD:
        source.write_text(content)
        answer = CliRunner().invoke(app, ["engagement", "classify", str(source), "-o", str(target), "--json"])
        assert answer.exit_code == code, answer.output
        assert words in f"{answer.output} {answer.exception}", content[:80]
        if code == 0:
            said = json.loads(answer.stdout)
            assert (said["labelled"], said["refused"]) == (labelled, min(labelled, 1))
