"""Whole files into a real PostgreSQL: identity, merging, provenance, ledgers, and nothing by halves."""

import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from psycopg.errors import InsufficientPrivilege
from structlog.testing import CapturingLogger

from pipelines.contracts import Refusal
from pipelines.customers.recording import record
from pipelines.customers.run import Held, Order, check_file, import_file, keep_upload, load_checked, received
from pipelines.database import PooledDatabase
from pipelines.overlap import ahead
from pipelines.tenants.run import create_tenant

HEADER = "customer_id,email,phone,first_name,city,orders,total_spend,consent,consent_date,tier\n"


@pytest.fixture
def take(desk, tenant, tmp_path):
    """Import text as a file of a kind; a generous gate, for these files are all edge cases."""
    generous = replace(desk, quarantine_limit=0.9)

    def take(text, kind="customers", name="file.csv", **changes):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        summary = import_file(replace(generous, **changes), Order(tenant, path, kind))
        assert summary.loaded + summary.merged + summary.quarantined == summary.rows
        return summary

    return take


@pytest.fixture
def rows(database, tenant):
    """What the tenant sees."""

    def rows(statement, **parameters):
        with database.transaction(tenant) as connection:
            return connection.execute(statement, parameters).fetchall()

    return rows


def ended(summary):
    return summary.loaded, summary.merged, summary.quarantined


def customer(rows, customer_id):
    (found,) = rows("SELECT * FROM customers WHERE customer_id = %(id)s", id=customer_id)
    return found


def test_every_line_ends_loaded_merged_or_quarantined(take, rows):
    summary = take(
        HEADER
        + "007,Ann@Example.com,+493012345678,Ann,Berlin,3,12.50,yes,2026-01-02,gold\n"
        + "007,,,,Potsdam,,,,,\n"
        + "008,bob@@example,,Bob,,,,,,\n"
    )
    assert ended(summary) == (1, 1, 1)
    ann = customer(rows, "007")
    assert (ann["email"], ann["first_name"], ann["city"]) == ("ann@example.com", "Ann", "Potsdam")
    assert ann["attributes"] == {"tier": "gold"}
    assert summary.reasons == {"email_invalid": 1}
    with open(summary.quarantine_file, encoding="utf-8-sig") as lines:
        (refused,) = csv.DictReader(lines)
    assert refused["quarantine_line"] == "4"
    assert refused["quarantine_original"] == "008,bob@@example,,Bob,,,,,,"
    assert "bob@@example" in refused["quarantine_reasons"]
    assert refused["quarantine_mend"]
    assert Path(summary.report_file).is_file()


def test_the_same_file_again_changes_no_row(take, rows):
    text = (
        HEADER
        + "1,a@example.com,,A,,1,2.00,yes,,x\n1,a@example.com,,B,,,,,,y\n2,b@example.com,,,,,,no,,\n3,bad,,,,,,,,\n"
    )
    first = take(text)
    tables = ("customers", "consents", "import_batches", "quarantined_lines", "accounts", "customer_aliases")
    state = {table: rows(f"SELECT xmin::text, * FROM {table} ORDER BY 2, 3, 4") for table in tables}
    again = take(text, name="renamed.csv")
    assert {table: rows(f"SELECT xmin::text, * FROM {table} ORDER BY 2, 3, 4") for table in tables} == state
    assert again.batch_id == first.batch_id
    assert ended(first) == (2, 1, 1)
    assert ended(again) == (0, 3, 1)


def test_newest_wins_by_field_and_says_where_each_came_from(take, rows):
    take("customer_id,email,city,tier\n1,a@example.com,Berlin,gold\n", name="first.csv")
    take("customer_id,email,city,first_name\n1,a@example.com,Paris,Ann\n1,,,Anna\n1,,Rome,\n", name="second.csv")
    merged = customer(rows, "1")
    assert (merged["city"], merged["first_name"], merged["attributes"]) == ("Rome", "Anna", {"tier": "gold"})
    first, second = (row["seq"] for row in rows("SELECT seq FROM import_batches ORDER BY seq"))
    assert merged["source_seq"] == first
    assert merged["field_sources"] == {"city": [second, 4], "first_name": [second, 3]}


def test_an_older_file_imported_again_does_not_undo_a_newer_one(take, rows):
    old, new = "customer_id,email,city\n1,a@example.com,Berlin\n", "customer_id,email,city\n1,a@example.com,Paris\n"
    take(old, name="old.csv")
    take(new, name="new.csv")
    before = rows("SELECT xmin::text, * FROM customers")
    take(old, name="old.csv")
    assert rows("SELECT xmin::text, * FROM customers") == before
    assert before[0]["city"] == "Paris"


def test_one_address_is_one_customer_whatever_the_case_or_the_id(take, rows):
    summary = take("customer_id,email,city\nA,x@example.com,Berlin\nB,X@Example.COM,Paris\n")
    assert ended(summary) == (1, 1, 0)
    assert customer(rows, "A")["city"] == "Paris"
    take("order_id,customer_id,ordered_at,amount\n1,B,2026-01-01,5\n", kind="orders")
    assert rows("SELECT customer_id FROM orders") == [{"customer_id": "A"}]


def test_an_address_shared_through_a_third_line_is_still_one_customer(take, rows):
    summary = take("customer_id,email,city\nA,,Berlin\nA,x@example.com,\nB,x@example.com,Rome\n")
    assert ended(summary) == (1, 2, 0)
    assert (customer(rows, "A")["email"], customer(rows, "A")["city"]) == ("x@example.com", "Rome")
    assert rows("SELECT alias_id, customer_id FROM customer_aliases") == [{"alias_id": "B", "customer_id": "A"}]


def test_who_is_known_by_an_earlier_line_alone_is_merged_in_one_file_as_in_two(take, rows):
    lines = "2,b@example.com,\n3,b@example.com,\n3,c@example.com,\n4,c@example.com,+493012345678\n"
    assert ended(take("customer_id,email,phone\n" + lines)) == (1, 3, 0)
    assert [(one["customer_id"], one["email"], one["phone"]) for one in rows("SELECT * FROM customers")] == [
        ("2", "c@example.com", "+493012345678")
    ]
    assert [row["alias_id"] for row in rows("SELECT alias_id FROM customer_aliases ORDER BY 1")] == ["3", "4"]


def test_an_id_that_two_known_addresses_would_take_is_given_to_the_first(take, rows):
    take("email\nx@example.com\ny@example.com\n")
    summary = take("customer_id,email\n7,x@example.com\n7,y@example.com\n", name="crm.csv")
    assert (ended(summary), summary.reasons) == ((0, 1, 1), {"email_taken": 1})
    assert customer(rows, "7")["email"] == "x@example.com"
    assert len(rows("SELECT 1 FROM customers")) == 2


def test_lines_of_one_file_add_to_what_nobody_asked_about_too(take, rows):
    take("customer_id,email\n1,a@example.com\n")
    take("customer_id,email,plan,code,tier\n1,,gold,4,x\n1,,,5,\n", name="second.csv")
    assert customer(rows, "1")["attributes"] == {"plan": "gold", "code": "5", "tier": "x"}


def test_a_known_address_on_a_line_of_another_known_customer_is_refused(take, rows):
    take("customer_id,email\nA,a@example.com\nB,b@example.com\n")
    summary = take("customer_id,email\nB,a@example.com\nC,c@example.com\n", name="second.csv")
    assert ended(summary) == (1, 0, 1)
    assert summary.reasons == {"email_taken": 1}
    assert customer(rows, "B")["email"] == "b@example.com"
    assert "B,a@example.com" in Path(summary.quarantine_file).read_text(encoding="utf-8")


def test_people_known_by_address_only_take_the_id_that_comes_later(take, rows):
    take("email,phone,consent\nann@example.com,,yes\n,+493012345678,\n")
    take("email,ordered_at,amount\nann@example.com,2026-01-01,5\n", kind="orders")
    summary = take("customer_id,email,city\n7,ann@example.com,Berlin\n", name="crm.csv")
    assert ended(summary) == (0, 1, 0)
    ann = customer(rows, "7")
    assert (ann["email"], ann["city"]) == ("ann@example.com", "Berlin")
    assert [row["customer_id"] for row in rows("SELECT customer_id FROM orders")] == ["7"]
    assert [row["customer_id"] for row in rows("SELECT customer_id FROM consents_as_of(now())")] == ["7"]
    assert len(rows("SELECT 1 FROM customers")) == 2
    # What was ordered before is not ordered once more.
    take("email,ordered_at,amount\nann@example.com,2026-01-01,5\n", kind="orders", name="again.csv")
    assert [row["customer_id"] for row in rows("SELECT customer_id FROM orders")] == ["7"]


def test_an_alias_of_who_takes_a_real_id_leads_to_it(take, rows):
    take("email\na@example.com\n", name="1.csv")
    first = rows("SELECT customer_id FROM customers")[0]["customer_id"]
    take(f"customer_id,email\n{first},b@example.com\n", name="2.csv")
    take("email,city\nb@example.com,Rome\n", name="3.csv")
    take("customer_id,email\n7,b@example.com\n", name="4.csv")
    take(f"customer_id,email,city\n{first},,Paris\n", name="5.csv")
    assert [(one["customer_id"], one["city"]) for one in rows("SELECT * FROM customers")] == [("7", "Paris")]
    assert {row["customer_id"] for row in rows("SELECT customer_id FROM customer_aliases")} == {"7"}


def test_only_a_clear_yes_is_consent(take, rows):
    answers = ["true", "1", "YES", "y", "T", "", "unknown", "Maybe", "no", "0.0", "Nein danke", "x@y.example", "Maybe"]
    lines = "".join(f"{n},c{n}@example.com,{answer}\n" for n, answer in enumerate(answers))
    summary = take("customer_id,email,consent\n" + lines + "13,nobody,later\n")
    found = {row["customer_id"]: row["status"] for row in rows("SELECT customer_id, status FROM consents")}
    assert found == {**{str(n): "granted" for n in range(5)}, **{str(n): "denied" for n in range(8, 11)}}
    # What was not understood is told, and an address that stands in a wrong column is not repeated.
    assert summary.to_json()["consent_not_understood"] == {"lines": 4, "examples": ["Maybe", "unknown"]}
    assert "consent_not_understood" not in take("customer_id,email\n14,d@example.com\n", name="plain.csv").to_json()


def test_consent_is_known_as_of_any_moment(take, rows):
    take("customer_id,email\n1,a@example.com\n")
    take(
        "customer_id,channel,purpose,status,occurred_at,source,text_version,lawful_basis,ip\n"
        "1,email,newsletter,yes,2026-01-01T10:00:00Z,web form,v3,consent,192.0.2.1\n"
        "1,email,newsletter,withdrawn,2026-03-01T10:00:00Z,preference centre,,,\n"
        "2,email,newsletter,yes,2026-01-01,,,,\n",
        kind="consents",
    )

    def status(moment):
        found = rows("SELECT status FROM consents_as_of(%(moment)s::timestamptz)", moment=moment)
        return [row["status"] for row in found]

    assert status("2025-12-31") == []
    assert status("2026-02-01") == ["granted"]
    assert status("2026-03-01T10:00:00Z") == ["denied"]
    (given,) = rows("SELECT * FROM consents WHERE status = 'granted'")
    assert (given["source"], given["text_version"], given["evidence"]) == ("web form", "v3", {"ip": "192.0.2.1"})


def test_an_undated_yes_does_not_undo_a_recorded_no(take, rows):
    take("customer_id,email,consent,consent_date\n1,a@example.com,no,2026-02-01\n")
    take("customer_id,email,consent\n1,a@example.com,yes\n", name="undated.csv")
    assert [row["status"] for row in rows("SELECT status FROM consents_as_of(now())")] == ["denied"]
    take("customer_id,email,consent,consent_date\n1,a@example.com,yes,2026-05-01\n", name="dated.csv")
    assert [row["status"] for row in rows("SELECT status FROM consents_as_of(now())")] == ["granted"]


def test_ledgers_cannot_be_rewritten_by_the_application(take, database, tenant):
    take("customer_id,email,consent\n1,a@example.com,yes\n")
    for statement in ("UPDATE consents SET status = 'denied'", "DELETE FROM consents", "DELETE FROM suppressions"):
        with (
            pytest.raises(InsufficientPrivilege, match="permission denied"),
            database.transaction(tenant) as connection,
        ):
            connection.execute(statement)


def test_orders_find_their_customer_or_wait_in_quarantine(take, rows):
    take("customer_id,email\n01,a@example.com\n02,b@example.com\n")
    text = (
        "order_id,customer_id,email,ordered_at,amount,currency,product,channel\n"
        "o1,01,,2026-01-01,10.50,EUR,Tea,shop\n"
        "o1,01,,2026-01-02,11.50,,,\n"
        "o2,,B@example.com,2026-01-03 10:00:00+02:00,5,EUR,,\n"
        "o3,99,,2026-01-03,5,EUR,,\n"
        "o1,02,,2026-01-03,5,EUR,,\n"
        ",02,,2026-01-04,7,EUR,Cup,\n"
        ",02,,2026-01-04,7,EUR,Cup,\n"
    )
    summary = take(text, kind="orders")
    assert ended(summary) == (3, 2, 2)
    assert summary.reasons == {"order_of_other_customer": 1, "unknown_customer": 1}
    (first,) = rows("SELECT * FROM orders WHERE order_id = 'o1'")
    assert (float(first["amount"]), first["customer_id"]) == (11.5, "01")
    assert ended(take(text, kind="orders")) == (0, 5, 2)


def test_events_keep_their_properties_and_are_counted_once(take, rows):
    take("customer_id,email\n1,a@example.com\n")
    text = (
        "event_id,customer_id,event,occurred_at,value,properties,device\n"
        'e1,1,Open,2026-01-01T08:00:00Z,,"{""campaign"": ""x""}",phone\n'
        "e1,1,Open,2026-01-01T08:00:00Z,,,\n"
        "e2,1,Click,1767258000,,,\n"
    )
    assert ended(take(text, kind="events")) == (2, 1, 0)
    found = {row["event_id"]: row for row in rows("SELECT * FROM events")}
    assert found["e2"]["occurred_at"] == datetime(2026, 1, 1, 9, tzinfo=UTC)
    assert found["e2"]["event"] == "click"
    assert ended(take(text, kind="events")) == (0, 3, 0)


def test_suppressions_hash_addresses_and_the_erased_stay_out(take, rows, tenant):
    take("customer_id,email,phone\n1,a@example.com,+493012345678\n2,b@example.com,\n")
    text = (
        "customer_id,email,reason,occurred_at\n1,,unsubscribe,2026-01-01\n,B@example.com,erasure,2026-01-02\n"
        ",stranger@example.com,complaint,\n,b@example.com,gdpr,2026-01-03\n9,,bounce,\n"
    )
    assert ended(take(text, kind="suppressions")) == (3, 1, 1)
    stored = json.dumps(rows("SELECT * FROM suppressions"), default=str)
    assert "example.com" not in stored
    assert "+49" not in stored
    channels = rows("SELECT channel FROM suppressions WHERE reason = 'unsubscribe' ORDER BY channel")
    assert [row["channel"] for row in channels] == ["all", "email"]
    summary = take("customer_id,email\n5,b@example.com\n6,c@example.com\n", name="again.csv")
    assert ended(summary) == (1, 0, 1)
    assert summary.reasons == {"erased": 1}


def test_a_stop_of_somebody_who_is_named_holds_for_the_address_that_they_have_now(take, rows, tenant):
    people = "7,new@example.com,+493012345678\n8,h@example.com,+493012345679\n9,i@example.com,\n"
    take("customer_id,email,phone\n" + people)
    lists = "7,old@example.com,,unsubscribe\n8,,+493012345670,complaint\n9,gone@example.com,,bounce\n"
    for ends in ((3, 0, 0), (0, 3, 0)):
        assert ended(take("customer_id,email,phone,reason\n" + lists, kind="suppressions")) == ends
    stops = "SELECT reason, channel FROM suppressions WHERE address_hash = address_hash(%(tenant)s, %(address)s)"
    for address, stop in (
        ("old@example.com", ("unsubscribe", "email")), ("new@example.com", ("unsubscribe", "email")),
        ("+493012345670", ("complaint", "all")), ("+493012345679", ("complaint", "all")),
    ):  # fmt: skip
        assert [tuple(row.values()) for row in rows(stops, tenant=tenant, address=address)] == [stop], address
    # By the other way nothing was said, and what bounced was the address.
    for address in ("+493012345678", "h@example.com", "i@example.com"):
        assert rows(stops, tenant=tenant, address=address) == []


def test_of_the_erased_only_hashes_stay_and_what_stands_under_their_id(take, rows, tenant):
    take(
        "customer_id,email,phone,first_name,consent,consent_date\n1,ann@example.com,+493012345678,Ann,yes,2026-01-01\n"
        "old-1,ann@example.com,,,,\n2,bob@example.com,,Bob,,\nx-1,ann@example.com;x,030 12345678,Ann,,\n"
    )
    event = 'event_id,customer_id,event,occurred_at,properties\ne1,1,open,2026-01-02,"{""ip"": ""ann""}"\n'
    take(event, kind="events")
    take("order_id,customer_id,ordered_at,amount,currency,note\no1,1,2026-01-02,5,EUR,for Ann\n", kind="orders")
    assert "ann" in json.dumps(rows("SELECT * FROM quarantined_lines"))
    rows(
        "WITH taken AS (INSERT INTO segment_snapshots (tenant_id, snapshot_id, scheme, as_of, definition, customers) "
        "VALUES (current_setting('liftline.tenant'), 's', 'rfm', now(), '{}', 1)), named AS (INSERT INTO segments "
        "(tenant_id, snapshot_id, segment, description, customers) VALUES (current_setting('liftline.tenant'), 's', "
        "'x', '', 1)) INSERT INTO segment_members (tenant_id, snapshot_id, customer_id, segment, reason) VALUES "
        "(current_setting('liftline.tenant'), 's', '1', 'x', 'Ann bought twice') RETURNING 1"
    )
    rows(
        "INSERT INTO idempotency_keys (tenant_id, caller, key, fingerprint, made_at, status, body) SELECT "
        "current_setting('liftline.tenant'), 'key', k, 'f', now(), 200, b FROM (VALUES "
        '(\'1\', \'{"lead_id": "1", "body": "Dear Ann"}\'), (\'2\', \'{"lead_id": "2"}\')) AS v (k, b) RETURNING 1'
    )
    rows(
        "INSERT INTO jobs (tenant_id, job_id, kind, asked, asked_by, asked_at, seen_at, state, result) VALUES "
        "(current_setting('liftline.tenant'), 'j', 'outreach.generate', '{}', 'mo', now(), now(), 'done', "
        '\'{"messages_generated": 1, "messages": [{"lead_id": "1", "body": "Dear Ann"}]}\') RETURNING 1'
    )
    ask = "customer_id,reason,source\nold-1,erasure,letter of 3 May\n"
    assert ended(take(ask, kind="suppressions")) == (1, 0, 0)
    assert [row["customer_id"] for row in rows("SELECT customer_id FROM customers")] == ["2"]
    assert rows("SELECT 1 FROM customer_aliases") == []
    # Whoever sends them once more has nothing kept of it either.
    text = "order_id,email,ordered_at,amount\no2,ann@example.com,2026-01-02,5\no3,bob@example.com,2026-01-02,5\n"
    again = take(text, kind="orders", name="again.csv")
    assert again.reasons == {"erased": 1}
    tables = (
        "orders", "events", "consents", "quarantined_lines", "suppressions", "import_batches", "segment_members",
        "jobs", "idempotency_keys",
    )  # fmt: skip
    left = {table: json.dumps(rows(f"SELECT * FROM {table}"), default=str).lower() for table in tables}
    assert {table: told for table, told in left.items() if re.search(r"\bann\b|12345678", told)} == {}
    assert [row["customer_id"] for row in rows("SELECT customer_id FROM consents")] == ["1"]
    assert [row["key"] for row in rows("SELECT key FROM idempotency_keys")] == ["2"]
    (entry,) = rows("SELECT * FROM audit_log WHERE action = 'customers.erase'")
    assert (entry["subject_id"], entry["decision"], entry["reason"]) == ("1", "erased", "letter of 3 May")
    before = rows("SELECT xmin::text, * FROM suppressions ORDER BY address_hash")
    assert ended(take(ask, kind="suppressions")) == (0, 1, 0)
    assert rows("SELECT xmin::text, * FROM suppressions ORDER BY address_hash") == before
    for line in ("1,new@example.com,", "old-1,new@example.com,", "7,ann@example.com,", "8,,+493012345678"):
        back = take(f"customer_id,email,phone\n{line}\n3,c@example.com,\n", name="back.csv")
        assert back.reasons == {"erased": 1}, line
        refused = Path(back.quarantine_file).read_text(encoding="utf-8-sig")
        assert "erased" in refused
        assert not re.search("example|12345678", refused)
    assert {row["original"] for row in rows("SELECT original FROM quarantined_lines")} == {""}


def test_an_erasure_blanks_the_person_s_own_refused_lines_and_no_others(take, rows):
    take("customer_id,email,orders\n3,c@example.com,\n4,d@example.com,\n")
    take("customer_id,email,orders\n 3 ,bad,\n5,bad,3\n3,bad\n6,bad\n7,e@example.com,\n", name="refused.csv")
    take("email,ordered_at,amount,count\nx@example.com,2026-01-01,5,3\n", kind="orders", quarantine_limit=1.0)
    take("customer_id,reason\n3,erasure\n", kind="suppressions")
    left = [row["original"] for row in rows("SELECT original FROM quarantined_lines ORDER BY batch_id, line")]
    assert left == ["", "5,bad,3", "", "6,bad", "x@example.com,2026-01-01,5,3"]


def test_whose_id_is_an_address_is_erased_and_the_ledger_does_not_name_it(take, rows, desk, tenant):
    take("customer_id,email\nann@example.com,ann@example.com\nBob@example.com,bob@example.com\n3,c@example.com\n")
    ask = "customer_id,reason\nann@example.com,erasure\n3,erasure\n"
    assert ended(take(ask, kind="suppressions")) == (2, 0, 0)
    entry = {"customer_id": "Bob@example.com", "reason": "erasure", "source": "letter"}
    assert record(desk, tenant, "suppressions", [entry], by="cora", subject="Bob@example.com").loaded == 1
    assert rows("SELECT 1 FROM customers") == []
    log = rows("SELECT * FROM audit_log ORDER BY seq")
    assert [(one["action"], one["subject_id"]) for one in log] == [
        ("customers.erase", "3"), ("customers.erase", None), ("customers.erase", None), ("customers.import", None),
    ]  # fmt: skip
    assert "@" not in json.dumps(log, default=str)


def test_who_has_neither_mail_nor_phone_is_erased(take, rows, desk, tenant):
    take("customer_id,email,first_name\npush-1,,Ann\n2,b@example.com,Bob\n")
    entry = {"customer_id": "push-1", "reason": "erasure", "source": "letter"}

    def erased():
        told = record(desk, tenant, "suppressions", [entry], by="cora", subject="push-1")
        return told.loaded, told.merged, told.refused

    # Who has no address is stopped on none.
    assert record(desk, tenant, "suppressions", [{**entry, "reason": "manual"}], by="cora").refused
    assert erased() == (1, 0, [])
    assert [row["customer_id"] for row in rows("SELECT customer_id FROM customers")] == ["2"]
    assert erased() == (0, 1, [])
    assert take("customer_id,email\npush-1,a@example.com\n3,c@example.com\n", name="back.csv").reasons == {"erased": 1}


def test_it_does_not_matter_what_a_connection_was_used_for_before(take, database, tenant):
    pooled = PooledDatabase.of(database, most=1)
    with pooled.transaction(tenant) as connection:
        connection.execute("CREATE TEMP TABLE seen ON COMMIT DROP AS SELECT 1 AS n")
    assert ended(take(HEADER + "1,a@example.com,,,,,,,,\n", database=pooled)) == (1, 0, 0)
    pooled.pool.close()


def test_a_mostly_unusable_file_is_held_back_whole(take, rows, monkeypatch):
    log = CapturingLogger()
    monkeypatch.setattr("pipelines.customers.run.log", log)
    text = "customer_id,email\n" + "".join(f"{n},not an address\n" for n in range(3)) + "9,a@example.com\n"
    with pytest.raises(Held, match="3 of 4 lines") as held:
        take(text, quarantine_limit=0.2)
    assert [call.args for call in log.calls] == [("file_held",)]
    assert rows("SELECT 1 FROM customers") == []
    assert rows("SELECT 1 FROM import_batches") == []
    summary = held.value.summary
    assert len(Path(summary.quarantine_file).read_text(encoding="utf-8").splitlines()) == 4
    assert Path(summary.report_file).is_file()
    assert ended(take(text, quarantine_limit=0.75)) == (1, 0, 3)


def test_the_gate_counts_what_only_the_database_could_refuse(take, rows):
    with pytest.raises(Held):
        take("order_id,customer_id,ordered_at,amount\n1,ghost,2026-01-01,5\n", kind="orders", quarantine_limit=0.2)
    assert rows("SELECT 1 FROM orders") == []


def test_mended_lines_are_imported_from_the_quarantine_file_itself(take, rows, tmp_path, desk, tenant):
    text = "customer_id,email,phone,total_spend\n=1,a@@example.com,+493012345678,5\n2,b@example.com,,-3\n"
    summary = take(text + "3,c@example.com,,\n")
    path = Path(summary.quarantine_file)
    mended = path.read_text(encoding="utf-8-sig").replace("a@@example.com", "a@example.com", 1).replace("'-3", "3", 1)
    again = take(mended, name="mended.csv")
    assert ended(again) == (2, 0, 0)
    assert customer(rows, "=1")["phone"] == "+493012345678"
    assert customer(rows, "2")["attributes"] is None


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"customer_id,email\n", "no line below it"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "binary file"),
        (b"name,city\nAnn,Berlin\n", "no column that identifies"),
        (b"customer_id,name\n1,Ann\n", "could be reached"),
        (b"email,E-Mail\na@example.com,b@example.com\n", "two columns that mean email"),
        (b'customer_id,email\n1,"a@example.com\n2,b@example.com\n', "quote that opens on line 2"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_in_one_sentence(desk, tenant, tmp_path, rows, content, sentence):
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(Refusal, match=sentence) as refusal:
        import_file(desk, Order(tenant, path, "customers"))
    assert "\n" not in str(refusal.value)
    assert rows("SELECT 1 FROM import_batches") == []
    assert not (tmp_path / "reports").exists()
    assert list(desk.workspace.glob("*")) == []


def test_missing_files_folders_tenants_and_kinds_are_refused(desk, tenant, tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("email\na@example.com\n")
    for order, sentence in (
        (Order(tenant, tmp_path / "none.csv", "customers"), "no file"),
        (Order(tenant, tmp_path, "customers"), "a folder"),
        (Order("nobody", path, "customers"), "no tenant nobody"),
        (Order(tenant, path, "leads"), "no kind of file called leads"),
    ):
        with pytest.raises(Refusal, match=sentence):
            import_file(desk, order)


def test_a_file_that_changes_while_it_is_read_is_refused(desk, tenant, tmp_path, rows, monkeypatch):
    path = tmp_path / "file.csv"
    path.write_text("email\n" + "".join(f"u{n}@example.com\n" for n in range(100)))
    stage = __import__("pipelines.customers.store", fromlist=["stage"]).stage

    def stage_while_somebody_appends(connection, slices, first):
        with path.open("a") as more:
            more.write("late@example.com\n")
        return stage(connection, slices, first)

    monkeypatch.setattr("pipelines.customers.store.stage", stage_while_somebody_appends)
    with pytest.raises(Refusal, match="changed while it was read"):
        import_file(desk, Order(tenant, path, "customers"))
    assert rows("SELECT 1 FROM customers") == []


def test_tenants_cannot_see_or_touch_each_other(take, database, tenant):
    take("customer_id,email,consent\n1,a@example.com,yes\n")
    other = create_tenant(database, f"{tenant}-other").tenant_id
    with database.transaction(other) as connection:
        for table in ("customers", "consents", "import_batches", "tenants"):
            found = connection.execute(f"SELECT tenant_id FROM {table}").fetchall()
            assert {row["tenant_id"] for row in found} <= {other}
        assert connection.execute("UPDATE customers SET city = 'stolen'").rowcount == 0
    with pytest.raises(InsufficientPrivilege, match="row-level security"), database.transaction(other) as connection:
        connection.execute("INSERT INTO accounts (tenant_id, account_id, changed_seq) VALUES (%s, 'x', 1)", (tenant,))
    with database.connect() as connection:
        assert connection.execute("SELECT 1 FROM customers").fetchall() == []


def test_checking_and_loading_apart_end_as_importing_at_once(desk, tenant, tmp_path, rows, database):
    text = HEADER + "1,a@example.com,,A,,1,2.00,yes,,x\n1,,,B,,,,,,\n3,bad,,,,,,,,\n"
    path = tmp_path / "file.csv"
    path.write_text(text)
    generous = replace(desk, quarantine_limit=0.9)
    checked = check_file(generous, Order(tenant, path, "customers"), "run 1")
    assert rows("SELECT 1 FROM customers") == []
    assert (checked["clean"], checked["quarantined"]) == (2, 1)
    apart = load_checked(generous, Order(tenant, path, "customers"), "run 1")
    other = create_tenant(database, f"{tenant}-b").tenant_id
    at_once = import_file(generous, Order(other, path, "customers"))
    assert ended(apart) == ended(at_once) == (1, 1, 1)
    assert apart.batch_id == at_once.batch_id
    assert ended(load_checked(generous, Order(tenant, path, "customers"), "run 1")) == (0, 2, 1)
    with pytest.raises(Refusal, match="clear this run's validate task"):
        load_checked(generous, Order(tenant, path, "customers"), "run 2")


@pytest.mark.parametrize("seed", range(3))
def test_the_first_file_of_a_tenant_ends_as_any_other(desk, tenant, database, tmp_path, seed, monkeypatch):
    one_by_one = lambda slices: ahead(line for one in slices for line in one.iter_slices(1))  # noqa: E731
    monkeypatch.setattr("pipelines.customers.run.ahead", one_by_one)
    pick = random.Random(seed).choice
    ids, mails = ["", "", *(f"id{n}" for n in range(60))], ["", *(f"u{n}@example.com" for n in range(80))]
    path = tmp_path / "file.csv"
    path.write_text(
        "customer_id,email,phone,first_name,account_id,company,consent,consent_date\n"
        + "".join(
            f"{pick(ids)},{pick(mails)},{pick(['', '+493012345678'])},{pick(['', 'Ann', 'Bob'])},"
            f"{pick(['', 'a1', 'a2'])},{pick(['', 'Mill', 'Oak'])},{pick(['', 'yes', 'no'])},"
            f"{pick(['', '2026-01-02', '2026-02-03'])}\n"
            for _ in range(90)
        )
    )
    told = []
    for name, earlier in ((f"{tenant}-a", None), (f"{tenant}-b", "customer_id,email\nsomebody,else@example.com\n")):
        other = create_tenant(database, name).tenant_id
        generous = replace(desk, quarantine_limit=1.0, clock=lambda: datetime(2026, 5, 1, tzinfo=UTC))
        if earlier:
            (tmp_path / "earlier.csv").write_text(earlier)
            import_file(generous, Order(other, tmp_path / "earlier.csv", "customers"))
        summary = import_file(generous, Order(other, path, "customers"))
        with database.transaction(other) as connection:
            told.append([ended(summary), summary.reasons, *(_read(connection, q) for q in STORED)])
    assert told[0] == told[1]


def _read(connection, statement):
    return sorted(str(row) for row in connection.execute(statement).fetchall())


# Ids made of an address differ between tenants.
STORED = [
    statement.replace("ID", r"regexp_replace(customer_id, '^(mail|tel)-.*', '\1')")
    for statement in (
        "SELECT ID, email, phone, first_name, account_id, company, source_line, "
        r"regexp_replace(field_sources::text, '\[\d+,', '[', 'g') FROM customers WHERE customer_id <> 'somebody'",
        "SELECT account_id, name FROM accounts",
        r"SELECT regexp_replace(alias_id, '^(mail|tel)-.*', '\1') AS alias, ID FROM customer_aliases",
        "SELECT ID, channel, purpose, occurred_at, status, source_line FROM consents",
        "SELECT line, codes FROM quarantined_lines",
    )
]


def test_uploads_are_kept_under_our_own_names(tmp_path, tenant, desk):
    path = tmp_path / "file.csv"
    path.write_text("email\na@example.com\n")
    with path.open("rb") as content:
        upload_id = keep_upload(
            tmp_path / "up", content, file_name="../../evil.csv", tenant=tenant, kind="customers", max_bytes=1000
        )
    order = received(tmp_path / "up", {"upload_id": upload_id}, by="ada")
    assert order.shown_name == "evil.csv"
    assert Order.from_json(order.to_json()) == order
    assert ended(import_file(desk, order)) == (1, 0, 0)
    for unknown in ("../up", "0" * 32):
        with pytest.raises(Refusal, match="no upload"):
            received(tmp_path / "up", {"upload_id": unknown}, by="ada")
    with pytest.raises(Refusal, match="neither an upload nor a file and a tenant"):
        received(tmp_path / "up", {}, by="ada")
    with path.open("rb") as content, pytest.raises(Refusal, match="larger"):
        keep_upload(tmp_path / "up", content, file_name="f", tenant=tenant, kind="customers", max_bytes=5)
    assert len(list((tmp_path / "up").iterdir())) == 1


def test_two_imports_at_once_end_as_one_after_the_other(desk, tenant, tmp_path, rows):
    paths = [tmp_path / f"{n}.csv" for n in range(4)]
    for n, path in enumerate(paths):
        path.write_text("customer_id,email\n" + "".join(f"{k},u{k}@example.com\n" for k in range(n * 50, n * 50 + 200)))
    summaries, errors = [], []

    def work(path):
        try:
            summaries.append(import_file(desk, Order(tenant, path, "customers")))
        except Exception as error:  # noqa: BLE001 - whatever it was, the test shows it
            errors.append(error)

    threads = [threading.Thread(target=work, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sum(one.loaded for one in summaries) == len(rows("SELECT 1 FROM customers")) == 350


KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pipelines.customers import store
from pipelines.customers.run import Desk, Order, import_file
from pipelines.database import Database
from tests.conftest import PlainReporter
merge = store.merge
def merge_and_wait(*given):
    done = merge(*given)
    print("merged", flush=True)
    sys.stdin.read()
    return done
store.merge = merge_and_wait
login, tenant, path, home = sys.argv[1:]
home = Path(home)
desk = Desk(Database(login, login, True), home, home / "r", 0.2, 10**9, lambda: datetime.now(UTC), PlainReporter)
import_file(desk, Order(tenant, Path(path), "customers"))
"""


def test_a_killed_import_leaves_nothing(desk, tenant, tmp_path, rows, database):
    path = tmp_path / "file.csv"
    path.write_text("customer_id,email,consent\n" + "".join(f"{n},u{n}@example.com,yes\n" for n in range(5000)))
    arguments = [sys.executable, "-c", KILLED, database.login, tenant, str(path), str(tmp_path / "home")]
    victim = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert victim.stdout.readline() == b"merged\n"
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    assert [rows(f"SELECT 1 FROM {table}") for table in ("customers", "consents", "import_batches")] == [[], [], []]
    deadline = time.monotonic() + 20
    summary = import_file(desk, Order(tenant, path, "customers"))
    assert time.monotonic() < deadline
    assert ended(summary) == (5000, 0, 0)
