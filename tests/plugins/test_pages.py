"""Pages where something is missing or wrong: a sentence, never a blank or a trace."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pipelines.customers import reception
from pipelines.customers.recording import record


@pytest.mark.parametrize("path", ["/", "/uploads", "/customers", "/segments", "/compliance"])
def test_a_page_of_an_empty_tenant_says_so(browser, path):
    answer = browser("admin").get(path)
    assert answer.status_code == 200
    assert any(words in answer.text for words in ('class="empty"', "card empty", "How a campaign begins"))


@pytest.mark.parametrize("path", ["segments/none/members", "engagement/events?campaign_id=none"])
def test_what_is_asked_of_something_unknown_is_no_empty_list(browser, path):
    assert browser("admin").get(f"/api/v1/{path}").status_code == 404


def test_the_first_page_does_not_wait_for_counts(browser):
    client = browser("operator")
    assert 'data-count="customers"' in client.get("/").text
    assert set(client.get("/holdings").json().values()) == {0}


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\xff" * 400, b"only a header\n"])
def test_a_file_that_cannot_be_read_says_why_on_its_page(browser, content):
    client = browser("operator")
    made = client.post("/api/v1/uploads", files={"file": ("odd.csv", content)}).json()
    answer = client.get(f"/uploads/{made['upload_id']}")
    assert answer.status_code == 200
    assert 'class="fault"' in answer.text
    assert "/content" not in answer.text, "the file is called what its owner called it"


def test_words_of_consent_that_say_nothing_are_told_before_and_after_an_import(browser, services):
    client = browser("operator")
    lines = b"customer_id,email,consent\n1,a@example.com,perhaps\n2,b@example.com,no thanks\n"
    made = client.post("/api/v1/uploads", files={"file": ("people.csv", lines)}).json()["upload_id"]
    told = "Lines whose consent is neither a clear yes nor a clear no: 1 (for example perhaps). It"
    assert f"{told} would not be recorded" in client.get(f"/uploads/{made}").text
    reception.import_upload(services.desk, services.uploads, made, by="ada")
    assert f"{told} was not recorded" in client.get(f"/uploads/{made}").text


def test_what_people_write_is_never_markup_nor_a_template(browser):
    client = browser("admin")
    name, text = "<img src=x>{{ 7 * 191 }}.csv", "<b>id</b>,email\n<script>{% raw %},{{ 7 * 191 }}\n"
    made = client.post("/api/v1/uploads", files={"file": (name, text)}).json()
    for path in (f"/uploads/{made['upload_id']}", "/uploads", "/", "/customers?q=<script>{{7*191}}"):
        text = client.get(path).text
        assert "1337" not in text
        assert "<script>" not in text
        assert "<img" not in text
        assert "<b>id" not in text


def test_an_erasure_says_what_stays_and_where_an_id_is_an_address(browser, desk, tenant):
    people = [{"customer_id": name, "email": f"{name[0]}@example.com"} for name in ("7", "b@example.com")]
    assert record(desk, tenant, "customers", people, by="ada").loaded == 2
    client = browser("admin")
    for customer_id, told in (("7", False), ("b@example.com", True)):
        page = client.get(f"/customers/{customer_id}").text
        assert "consents, decisions, and that something was sent, ordered or done" in page
        assert ("This id is an address itself" in page) is told
        assert client.post(f"/customers/{customer_id}/erasure", json={"source": "letter"}).status_code == 204
        assert client.get(f"/customers/{customer_id}").status_code == 404


REPORTS = """
    INSERT INTO reports (tenant_id, report_id, kind, subject, for_client, folder, content_hash, made_by, made_at)
    SELECT
        current_setting('liftline.tenant'), 'r' || n, CASE WHEN n > 60 THEN 'executive' ELSE 'campaign' END,
        CASE WHEN n > 60 THEN '2026-11' ELSE 'c' || n END, false, '/nowhere', 'h', 'airflow',
        timestamptz '2026-11-01' + n * interval '1 hour'
    FROM generate_series(1, 62) AS n
"""


def test_reports_are_listed_page_by_page_the_newest_first(browser, machine, database, tenant):
    with database.transaction(tenant) as connection:
        connection.execute(REPORTS)
    client, seen, at = browser("analyst"), [], "/reports"
    while at:
        text = client.get(at).text
        seen.append(re.findall(r'href="/reports/(r\d+)"', text))
        at = (re.findall(r'href="([^"]+)" rel="next"', text) or [""])[0].replace("&amp;", "&")
    # Of a month made twice the newest counts.
    newest = [f"r{n}" for n in (62, *range(60, 0, -1))]
    assert [len(one) for one in seen] == [25, 25, 11]
    assert sum(seen, []) == newest
    api = machine(tenant, "analyst")
    first = api.get("/api/v1/reports?limit=40").json()
    rest = api.get("/api/v1/reports", params={"cursor": first["next_cursor"]}).json()
    assert [one["report_id"] for one in (*first["items"], *rest["items"])] == newest
    assert "folder" not in first["items"][0]


def test_money_and_moments_read_alike_wherever_they_stand(browser, desk, tenant):
    from liftline_console.rendering import FILTERS

    said = [FILTERS["money"](value, "USD") for value in (0, 5, "5.000000", Decimal("1234.5"), 0.0042)]
    assert said == ["0.00 USD", "5.00 USD", "5.00 USD", "1,234.50 USD", "0.0042 USD"]
    assert FILTERS["money"](12, None) == "12.00"
    moment = datetime(2026, 11, 20, 12, 30, 59, tzinfo=UTC)
    told = [FILTERS["cell"](value) for value in (moment, moment.date(), True, 12345, Decimal("0.0455"), None, "a b")]
    assert told == ["2026-11-20 12:30", "2026-11-20", "yes", "12,345", "0.0455", "", "a b"]
    assert record(desk, tenant, "customers", [{"customer_id": "7", "email": "a@example.com"}], by="ada").loaded == 1
    order = {"order_id": "o", "customer_id": "7", "ordered_at": "2026-11-01", "amount": "1234.5", "currency": "EUR"}
    assert record(desk, tenant, "orders", [order], by="ada").loaded == 1
    assert "1,234.50 EUR" in browser("operator").get("/customers/7").text


def test_a_stop_is_lifted_from_the_pages_by_two_officers(browser, desk, tenant):
    person = {"customer_id": "7", "email": "7@example.com", "phone": "+4930777777"}
    assert record(desk, tenant, "customers", [person], by="ada").loaded
    stop = {"customer_id": "7", "reason": "unsubscribe", "occurred_at": "2026-01-05"}
    assert record(desk, tenant, "suppressions", [stop], by="ada").loaded
    cora, mona = browser("compliance"), browser("manager")
    assert "Ask for the lift" not in mona.get("/customers/7").text
    told = {"channel": "email", "said": "2026-02-01T09:30", "evidence": "letter 7", "reason": "Wants news again."}
    assert mona.post("/customers/7/lifts", json=told).status_code == 403
    assert "said stop" in cora.post("/customers/7/lifts", json={**told, "said": "2026-01-01T09:30"}).json()["detail"]
    assert cora.post("/customers/7/lifts", json=told).status_code == 204
    assert "another officer answers" in cora.get("/customers/7").text
    assert "wants messages again" in mona.get("/").text
    assert "wants messages again" not in cora.get("/").text
    waiting = mona.get("/compliance").text
    assert "letter 7" in waiting
    answer = "/lifts/" + waiting.split("/lifts/")[1].split('"')[0]
    assert answer not in cora.get("/compliance").text
    assert "who asked does not answer" in cora.post(answer, json={"decision": "approve"}).json()["detail"]
    assert "needs a comment" in mona.post(answer, json={"decision": "reject"}).json()["detail"]
    assert mona.post(answer, json={"decision": "approve"}).status_code == 204
    page = cora.get("/customers/7").text
    assert "Every way but E-mail: nothing may be sent" in page
    assert '<option value="email">' not in page
    assert '<option value="sms">' in page
    listed = mona.get("/api/v1/suppressions").json()["items"]
    assert [one["lifted_for"] for one in listed] == [["email"], ["email"]]


@pytest.mark.parametrize("path", ["/customers/nobody", "/segments/none", "/uploads/" + "0" * 32, "/nowhere"])
def test_what_is_not_there_is_a_page_with_a_way_back(browser, path):
    answer = browser("admin").get(path, headers={"X-Liftline": ""})
    assert answer.status_code == 404
    assert "Back to the first page" in answer.text


def test_alone_no_page_speaks_of_airflow_and_a_notice_arrives(browser, tenant):
    client = browser("operator")
    assert "Airflow" not in client.get("/segments").text
    led = client.get(f"/liftline/review?tenant={tenant}&kind=vip")
    assert (led.status_code, led.headers["Location"]) == (307, f"/review?tenant={tenant}&kind=vip")
