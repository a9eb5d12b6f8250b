"""Pages where something is missing or wrong: a sentence, never a blank or a trace."""

import pytest

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
