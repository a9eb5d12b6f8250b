"""The REST API as a machine meets it: lists, writes, repeats, limits and errors."""

import dataclasses
import io
import re
import threading
import time
import zipfile
from datetime import timedelta

import psycopg
import pytest
from fastapi.testclient import TestClient

from pipelines.console.jobs import Jobs
from pipelines.contracts import ROLES
from tests import commanding
from tests.conftest import NOW

OURS = {"X-Liftline": "1", "Sec-Fetch-Site": "same-origin"}
PEOPLE = "customer_id,Mail,first_name,country,consent,consent_date\n" + "".join(
    f"c{n:03d},person{n}@example.com,Ana,FR,yes,2026-01-05\n" for n in range(1, 8)
)


@pytest.fixture
def loaded(machine, tenant):
    """A key of an admin in a tenant with seven customers."""
    client = machine(tenant, "admin")
    sent = client.post("/api/v1/uploads", files={"file": ("people.csv", PEOPLE)}, data={"kind": "customers"})
    assert sent.status_code == 201, sent.text
    finished(client, sent.json()["upload_id"])
    return client


def finished(client, upload_id):
    assert client.post(f"/api/v1/uploads/{upload_id}/import").status_code == 202
    for _ in range(600):
        told = client.get(f"/api/v1/uploads/{upload_id}").json()
        if told["state"] not in ("queued", "checking", "loading"):
            return told
        time.sleep(0.05)
    raise AssertionError(told)


def test_a_list_is_read_page_by_page(loaded):
    seen, cursor = [], None
    while True:
        page = loaded.get("/api/v1/customers", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        seen += [row["customer_id"] for row in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == [f"c{n:03d}" for n in range(1, 8)]


@pytest.mark.parametrize("cursor", ["nonsense", "bnVsbA", "WzEsMl0", "WzFd"])
def test_a_foreign_cursor_is_refused(machine, tenant, cursor):
    answer = machine(tenant, "admin").get("/api/v1/customers", params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "next_cursor" in answer.json()["detail"]


def test_a_customer_is_found_with_everything_known_of_them(loaded):
    assert [row["customer_id"] for row in loaded.get("/api/v1/customers?q=PERSON3@example.com").json()["items"]] == [
        "c003"
    ]
    found = loaded.get("/api/v1/customers/c003").json()
    assert found["customer"]["source_file"] == "people.csv"
    assert found["consents_now"][0]["status"] == "granted"
    assert loaded.get("/api/v1/customers/nobody").status_code == 404


def test_another_tenant_finds_nothing_of_it(loaded, machine, database):
    from pipelines.tenants.run import create_tenant

    other = machine(create_tenant(database, f"other{time.time_ns() % 10**9}").tenant_id, "admin")
    upload = loaded.get("/api/v1/uploads").json()["items"][0]["upload_id"]
    for path in (
        "customers/c003", f"uploads/{upload}", f"uploads/{upload}/preview", f"uploads/{upload}/report",
        f"uploads/{upload}/quarantine",
    ):  # fmt: skip
        assert other.get(f"/api/v1/{path}").status_code == 404, path
    assert other.post(f"/api/v1/uploads/{upload}/import").status_code == 404
    assert other.delete(f"/api/v1/uploads/{upload}").status_code == 404
    assert other.get("/api/v1/customers").json()["items"] == []
    assert other.get("/api/v1/customers/c003/decisions").json()["items"] == []


def test_what_a_person_refuses_later_wins_and_is_logged(loaded):
    body = {"entries": [{"customer_id": "c003", "channel": "email", "status": "denied", "source": "phone call"}]}
    answer = loaded.post("/api/v1/consents", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["loaded"] == 1
    assert loaded.get("/api/v1/customers/c003").json()["consents_now"][0]["status"] == "denied"
    entry = loaded.get("/api/v1/audit/entries", params={"action": "customers.import"}).json()["items"][0]
    assert entry["actor"].startswith("key ")


def test_entries_that_are_not_sound_are_named_and_the_rest_is_stored(loaded):
    entries = [
        {"customer_id": "c001", "status": "granted"},
        {"customer_id": "nobody", "status": "granted"},
        {"customer_id": "c002", "status": "perhaps"},
    ]
    told = loaded.post("/api/v1/consents", json={"entries": entries}).json()
    assert (told["loaded"], {one["entry"]: one["codes"] for one in told["refused"]}) == (
        1,
        {1: ["unknown_customer"], 2: ["consent_status_unknown"]},
    )
    answer = loaded.post("/api/v1/consents", json={"entries": entries[1:2]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "entries.0"


def test_events_of_any_schema_are_stored_once(loaded):
    event = {"customer_id": "c001", "event": "showroom_visit", "occurred_at": "2026-11-19T10:15:00Z"}
    body = {"events": [{**event, "properties": {"branch": "Lyon", "nested": {"minutes": 25}}}]}
    assert loaded.post("/api/v1/events", json=body).json()["loaded"] == 1
    loaded.post("/api/v1/events", json=body)
    (kept,) = loaded.get("/api/v1/customers/c001").json()["events"]
    assert kept["properties"] == {"branch": "Lyon", "nested": {"minutes": 25}}


def test_only_compliance_records_an_erasure(loaded, machine, tenant):
    body = {"entries": [{"customer_id": "c004", "reason": "erasure"}]}
    assert machine(tenant, "operator").post("/api/v1/suppressions", json=body).status_code == 403
    assert machine(tenant, "compliance").post("/api/v1/suppressions", json=body).status_code == 201
    assert loaded.get("/api/v1/customers/c004").status_code == 404
    assert {row["reason"] for row in loaded.get("/api/v1/suppressions").json()["items"]} == {"erasure"}


def test_a_repeated_request_is_answered_again_and_not_done_again(loaded):
    key, body = {"Idempotency-Key": "say-it-once"}, {"entries": [{"customer_id": "c001", "status": "denied"}]}
    first = loaded.post("/api/v1/consents", json=body, headers=key)
    again = loaded.post("/api/v1/consents", json=body, headers=key)
    assert first.status_code == again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(loaded.get("/api/v1/customers/c001").json()["consents"]) == 2
    other = {"entries": [{"customer_id": "c002", "status": "denied"}]}
    assert loaded.post("/api/v1/consents", json=other, headers=key).status_code == 409


def test_a_refused_request_gives_its_key_back(machine, tenant):
    client, key = machine(tenant, "admin"), {"Idempotency-Key": "2"}
    assert client.post("/api/v1/api-keys", json={"name": "shop", "roles": ["king"]}, headers=key).status_code == 422
    assert client.post("/api/v1/api-keys", json={"name": "shop", "roles": ["qa"]}, headers=key).status_code == 201


def test_a_secret_is_not_kept_to_be_repeated(machine, tenant, database):
    client, key = machine(tenant, "admin"), {"Idempotency-Key": "make-it-once"}
    made = client.post("/api/v1/api-keys", json={"name": "shop", "roles": ["qa"]}, headers=key)
    assert client.post("/api/v1/api-keys", json={"name": "shop", "roles": ["qa"]}, headers=key).status_code == 409
    with database.transaction(tenant) as connection:
        kept = connection.execute("SELECT string_agg(i::text, ' ') AS all_of_it FROM idempotency_keys AS i").fetchone()
    assert made.json()["key"].split("_")[2] not in kept["all_of_it"]


def test_too_many_requests_have_to_wait(console, machine, tenant, monkeypatch):
    monkeypatch.setattr(type(console.state.console), "requests_a_minute", property(lambda self: 2))
    client = machine(tenant, "admin")
    said = [client.get("/api/v1/customers") for _ in range(4)]
    assert [answer.status_code for answer in said][-1] == 429
    assert int(said[-1].headers["Retry-After"]) > 0
    assert said[-1].headers["RateLimit-Remaining"] == "0"


def test_a_key_is_rotated_and_revoked(console, machine, tenant):
    from fastapi.testclient import TestClient

    admin = machine(tenant, "admin")
    old = admin.post("/api/v1/api-keys", json={"name": "shop", "roles": ["operator"]}).json()
    new = admin.post(f"/api/v1/api-keys/{old['key_id']}/rotation", json={"grace_hours": 0}).json()

    def status(key):
        client = TestClient(console, headers={"Authorization": f"Bearer {key['key']}"})
        return client.get("/api/v1/customers").status_code

    assert (status(old), status(new)) == (401, 200)
    assert admin.delete(f"/api/v1/api-keys/{new['key_id']}").status_code == 204
    assert status(new) == 401
    assert admin.delete(f"/api/v1/api-keys/{new['key_id']}").status_code == 404
    shown = admin.get("/api/v1/api-keys").json()["items"]
    assert not any("secret_hash" in key or "key" in key for key in shown)


def test_the_first_key_is_made_by_command(console, services, tenant):
    home = {"LIFTLINE_HOME": services.settings.liftline_home}
    asked = ("access", "key", "shop", "--role", "admin", "--role", "qa", "--tenant")
    made = commanding.liftline(*asked, tenant, **home)
    assert made.returncode == 0, made.stderr
    client = TestClient(console, headers={"Authorization": f"Bearer {made.stdout.strip()}"})
    (key,) = client.get("/api/v1/api-keys").json()["items"]
    assert (key["name"], key["roles"], key["created_by"][:8]) == ("shop", ["admin", "qa"], "machine:")
    refused = commanding.liftline(*asked, "nobody", **home)
    assert (refused.returncode, "no tenant nobody" in refused.stderr) == (1, True)


def test_a_preview_stores_nothing_and_a_mapping_mends_it(machine, tenant):
    client = machine(tenant, "operator")
    table = "Kennung;Postfach;seit\nk1;not an address;1.2.2026\nk2;b@example.com;3.4.2099\n"
    made = client.post("/api/v1/uploads", files={"file": ("../../evil.csv", table)}).json()
    assert made["file_name"] == "evil.csv"
    look = f"/api/v1/uploads/{made['upload_id']}"
    first = client.get(f"{look}/preview").json()
    assert "no column that identifies anyone" in first["refusal"]
    mapping = {"customer_id": "Kennung", "email": "Postfach", "signup_date": "seit"}
    assert client.put(f"{look}/reading", json={"kind": "customers", "mapping": mapping}).status_code == 200
    second = client.get(f"{look}/preview").json()
    assert second["refusal"] is None
    assert [column["meaning"] for column in second["columns"]] == ["customer_id", "email", "signup_date"]
    assert second["refused_lines"] == 2
    assert second["problems"][0]["line"] == 2
    assert client.get("/api/v1/customers").json()["items"] == []
    told = finished(client, made["upload_id"])
    assert told["state"] == "held"
    quarantine = client.get(f"{look}/quarantine")
    assert "quarantine_reasons" in quarantine.text
    report = client.get(f"{look}/report")
    assert "index.html" in zipfile.ZipFile(io.BytesIO(report.content)).namelist()


def test_a_discarded_upload_leaves_no_file_and_an_imported_one_is_not_discarded(loaded, console, browser):
    uploads = console.state.console.services.uploads
    made = loaded.post("/api/v1/uploads", files={"file": ("wrong.csv", PEOPLE)}).json()["upload_id"]
    assert (uploads / made).exists()
    for _ in "ab":
        assert loaded.delete(f"/api/v1/uploads/{made}").status_code == 204
    assert not (uploads / made).exists()
    for answer in (
        loaded.post(f"/api/v1/uploads/{made}/import"),
        loaded.put(f"/api/v1/uploads/{made}/reading", json={"kind": "orders"}),
    ):
        assert (answer.status_code, "was discarded" in answer.json()["detail"]) == (409, True)
    page = browser("operator").get(f"/uploads/{made}").text
    assert "its file is deleted" in page
    assert "<form" not in page.split('id="file"')[1]
    (entry,) = loaded.get("/api/v1/audit/entries", params={"action": "upload.discard"}).json()["items"]
    assert entry["object"] == made
    imported = loaded.get("/api/v1/uploads").json()["items"][1]
    assert imported["state"] == "imported"
    answer = loaded.delete(f"/api/v1/uploads/{imported['upload_id']}")
    assert (answer.status_code, "was imported" in answer.json()["detail"]) == (409, True)
    assert (uploads / imported["upload_id"]).exists()


def test_the_ledger_says_who_had_a_file_imported(loaded):
    entry = loaded.get("/api/v1/audit/entries", params={"action": "customers.import"}).json()["items"][-1]
    upload = loaded.get("/api/v1/uploads").json()["items"][-1]
    assert entry["object"] == upload["summary"]["batch_id"]
    assert entry["actor"].startswith("key ")


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b"not a form", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut',
            "multipart/form-data; boundary=x",
        ),
        (b"--x--\r\n", "multipart/form-data; boundary=x"),
        (b"a", "text/plain"),
        (b"a", "multipart/form-data"),
    ],
)
def test_half_an_upload_leaves_nothing(console, machine, tenant, content, media):
    uploads = console.state.console.services.uploads
    before = set(uploads.iterdir()) if uploads.exists() else set()
    answer = machine(tenant, "operator").post("/api/v1/uploads", content=content, headers={"Content-Type": media})
    assert answer.status_code in (415, 422), answer.text
    assert set(uploads.iterdir() if uploads.exists() else ()) == before


def test_an_export_is_made_checked_and_downloaded(loaded):
    job = loaded.post("/api/v1/audit/exports", json={}).json()
    for _ in range(400):
        told = loaded.get(f"/api/v1/jobs/{job['job_id']}").json()
        if told["state"] not in ("queued", "running"):
            break
        time.sleep(0.05)
    assert told["state"] == "done", told
    export = f"/api/v1/audit/exports/{job['job_id']}"
    assert loaded.get(f"{export}/verification").json()["whole"]
    names = zipfile.ZipFile(io.BytesIO(loaded.get(f"{export}/download").content)).namelist()
    assert {"entries.csv", "summary.pdf", "verify_audit.py"} <= set(names)


def test_a_job_that_waits_for_its_turn_or_whose_database_is_away_for_a_moment_is_not_lost(
    database, tenant, monkeypatch
):
    monkeypatch.setattr("pipelines.console.jobs.BEAT_SECONDS", 0.02)
    now, done, stumbles = [NOW], threading.Event(), ["once", "twice"]

    class Stumbling:
        def transaction(self, tenant):
            if stumbles and now[0] > NOW and threading.current_thread() is not threading.main_thread():
                raise psycopg.OperationalError(stumbles.pop())
            return database.transaction(tenant)

    jobs = Jobs(Stumbling(), lambda: now[0])
    ids = [jobs.start(tenant, "export", {}, by="ada", work=lambda _: {"done": done.wait(20)}) for _ in range(3)]

    def states(*expected):
        for _ in range(200):
            told = [jobs.find(tenant, job)["state"] for job in ids]
            if tuple(told) == expected:
                break
            time.sleep(0.02)
        return tuple(told)

    try:
        assert states("running", "running", "queued") == ("running", "running", "queued")
        now[0] += timedelta(minutes=5)
        assert states("running", "running", "queued") == ("running", "running", "queued")
        assert stumbles == []
    finally:
        done.set()
    assert states("done", "done", "done") == ("done", "done", "done")


def test_the_description_is_for_who_is_signed_in(machine, tenant):
    told = machine(tenant, "analyst").get("/api/v1/openapi.json").json()
    for path, methods in told["paths"].items():
        assert not path.startswith("/sign"), path
        for method, operation in methods.items():
            assert operation["description"], (method, path)


def test_a_body_that_is_too_large_is_told_so_on_every_route_and_what_is_left_is_told_with_every_problem(
    console, machine, tenant, monkeypatch
):
    from liftline_console import bodies

    monkeypatch.setattr(bodies, "MOST_BYTES", 2000)
    client = machine(tenant, *ROLES)
    taking = [
        (method, re.sub(r"\{[^}]+\}", "0" * 32, route.path))
        for route in console.routes
        for method in getattr(route, "methods", ())
        if getattr(route, "body_field", None)
    ]
    assert len(taking) > 30
    for method, path in taking:
        for body in (b" " * 3000, iter([b" " * 1500] * 2)):
            answer = client.request(method, path, content=body, headers={"Content-Type": "application/json", **OURS})
            assert (answer.status_code, "2,000 bytes" in answer.text) == (413, True), (method, path, answer.text)
    for path, status in (("customers/nobody", 404), ("customers?limit=0", 422)):
        answer = client.get(f"/api/v1/{path}")
        assert (answer.status_code, int(answer.headers["RateLimit-Remaining"]) > 0) == (status, True)
    refused = machine(tenant, "analyst").get("/api/v1/api-keys")
    assert (refused.status_code, "RateLimit-Limit" in refused.headers) == (403, True)


def test_a_file_that_is_too_large_is_told_so_and_nothing_of_it_stays(console, machine, tenant, monkeypatch):
    from liftline_console import receiving

    services = console.state.console.services
    monkeypatch.setitem(services.__dict__, "desk", dataclasses.replace(services.desk, max_bytes=10))
    for around in (100_000, 0):
        monkeypatch.setattr(receiving, "FORM_AROUND_IT", around)
        answer = machine(tenant, "operator").post("/api/v1/uploads", files={"file": ("a.csv", "x" * 11)})
        assert (answer.status_code, "split it" in answer.json()["detail"]) == (413, True)
    assert not [each for each in services.uploads.iterdir() if (each / "content").stat().st_size == 11]


def test_a_file_that_was_held_back_is_told_in_words_and_not_by_paths_of_the_server(browser):
    client = browser("operator")
    table = "order_id,customer_id,ordered_at,amount\no1,nobody,2026-01-02,5\n"
    made = client.post("/api/v1/uploads", files={"file": ("orders.csv", table)}, data={"kind": "orders"}).json()
    page = f"/uploads/{made['upload_id']}"
    assert "Whether their customers are known is seen when they are imported" in client.get(page).text
    told = finished(client, made["upload_id"])
    assert told["state"] == "held"
    assert "1 of 1 line is unusable" in client.get(page).text
    assert "too many of its lines are unusable" in client.get("/").text
    assert not any("LIFTLINE_QUARANTINE_LIMIT" in client.get(where).text for where in (page, "/"))
