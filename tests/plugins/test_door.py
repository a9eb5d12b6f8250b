"""Who gets in where: every route by nobody, by each role, and by another tenant's key."""

import re
import time
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.routing import Route

from pipelines.tenants.run import create_tenant
from tests.reporting import world

SIGN_IN = {("GET", "/liftline/review"), ("GET", "/sign-in"), ("POST", "/sign-in"), ("POST", "/sign-out")}
TOKEN = "0" * 32
STYLE = {("GET", "/p/look.css"), ("HEAD", "/p/look.css")}
# Each carries its own proof: a sealed token, or a signature.
LOOKED_AT = {(method, place) for method in ("GET", "HEAD") for place in (f"/p/{TOKEN}", f"/u/{TOKEN}")}
PROVED = LOOKED_AT | {
    ("POST", f"/p/{TOKEN}"), ("POST", f"/u/{TOKEN}"), ("GET", f"/feed/api/features/{TOKEN}"),
    ("POST", "/webhooks/twilio"), ("POST", "/webhooks/twilio/status"), ("POST", "/webhooks/whatsapp"),
    ("GET", "/webhooks/whatsapp"),
}  # fmt: skip
# Those who post there cannot sign in: the provider's signature is asked for instead.
SIGNED = {("POST", "/webhooks/sendgrid"), ("POST", "/api/v1/webhooks/sendgrid")}
# A link in a message is followed by whoever reads it; its ids cannot be guessed.
FOLLOWED = {(method, f"/l/{TOKEN}/{TOKEN}") for method in ("GET", "HEAD")} | {("GET", f"/k/{TOKEN}")}
FILES = {("any", "/static")}
BODIES = {
    "answer": {"decision": "approve", "seen": "0" * 64}, "prepare": {"attempt": "2"},
    "turn": {"turn": "cancel", "reason": "x"}, "widen": {"step": "1", "reason": "x"},
    "resolve": {"verdict": "sent", "reason": "x"}, "edit": {"message": {}}, "erasure": {"source": "x"},
    "lifts": {"channel": "email", "said": "2026-01-01T00:00", "evidence": "x", "reason": "x"},
    "0" * 32: {"answer": "yes", "reason": "x"},
}  # fmt: skip
ROLES = (
    "operator", "reviewer", "qa", "compliance", "analyst", "ai_template_manager", "manager", "director", "admin",
)  # fmt: skip


def doors(console):
    """Method, address with made-up ids, and permission of everything that answers, whatever made it a route."""
    for route in walked(console.routes):
        for method in route.methods or ("any",):
            yield method, re.sub(r"\{[^}]+\}", "0" * 32, route.path), getattr(route, "permission", None)


def walked(routes, before=""):
    """Every route, those of mounted applications with the place where they are mounted; of files, only the place."""
    for route in routes:
        if getattr(route, "routes", None):
            yield from walked(route.routes, before + route.path)
        else:
            yield SimpleNamespace(**{"methods": None, **vars(route), "path": before + route.path})


def test_only_the_sign_in_and_what_carries_its_own_proof_is_open(console):
    assert {
        (method, path) for method, path, permission in doors(console) if permission is None
    } == SIGN_IN | PROVED | SIGNED | FOLLOWED | STYLE | FILES
    mounted = FastAPI()
    mounted.mount("/inner", Starlette(routes=[Route("/plain", lambda request: None)]))
    mounted.add_route("/bare", lambda request: None)
    assert {("GET", "/inner/plain", None), ("GET", "/bare", None)} <= set(doors(mounted))


def test_only_what_a_browser_needs_to_show_a_page_is_a_file_for_everyone(console):
    from liftline_console import rendering

    client = TestClient(console)
    answer = client.get("/static/liftline.css")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
    again = client.get("/static/liftline.css", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.headers["Cache-Control"]) == (304, "no-cache")
    for path in ("", "/", "../app.py", "%2e%2e/app.py", "..%2fapp.py", "/etc/passwd", "../templates/frame.html"):
        assert client.get(f"/static/{path}").status_code == 404, path
    kinds = {each.suffix for each in (Path(rendering.HERE) / "static").iterdir()}
    assert kinds == {".css", ".js", ".svg"}


def test_what_carries_its_own_proof_is_shut_without_it(console):
    client = TestClient(console, follow_redirects=False)
    for method, path in PROVED:
        answer = client.request(method, path, data={"List-Unsubscribe": "One-Click"} if method == "POST" else None)
        assert answer.status_code == 404, (method, path)
        assert "set-cookie" not in answer.headers


def test_nobody_gets_in_anywhere(console):
    client = TestClient(console, follow_redirects=False)
    for method, path, permission in doors(console):
        if permission is None:
            continue
        answer = client.request(method, path)
        assert answer.status_code == (401 if "/api/" in path else 303), (method, path)
        forged = {"Authorization": "Bearer ll_0000000000000000_" + "x" * 43, "Cookie": "liftline_session=forged"}
        assert client.request(method, path, headers=forged).status_code in (401, 303)


def test_a_role_gets_in_where_its_permission_says_and_nowhere_else(console, browser):
    from liftline_console.permissions import PERMISSIONS

    people = {role: browser(role) for role in ROLES}
    # Every role meets every permission that it lacks, on one door or another; a door knows roles by permissions alone.
    turn = dict.fromkeys(PERMISSIONS, 0)
    for method, path, permission in doors(console):
        if permission is None:
            continue
        holders = [role for role in ROLES if role in PERMISSIONS[permission]]
        others = [role for role in ROLES if role not in holders]
        first, turn[permission] = not turn[permission], turn[permission] + 1
        asked = others if first else others[turn[permission] % len(others) :][:1] if others else []
        for role in [*asked, holders[0]]:
            status = people[role].request(method, path).status_code
            assert (status == 403) == (role not in holders), (method, path, role, status)
            assert status < 500, (method, path, status)


def test_another_tenants_key_finds_nothing_by_any_id_of_ours_and_may_not_name_us(console, machine, database, tenant):
    campaign = f"ours-{tenant}"
    world.fill(database, tenant, campaign)
    ours, theirs = machine(tenant, *ROLES), machine(create_tenant(database, f"{tenant}-too").tenant_id, *ROLES)
    ids = {
        "campaign_id": campaign, "key": campaign, "variant_id": f"{campaign}-champions-professional",
        "message_id": f"{campaign}-c1", "customer_id": "c1", "snapshot_id": "rfm-1", "insight_id": "i2",
        "model": "churn", "segment": "champions", "section": "engagement",
    }  # fmt: skip
    ids["upload_id"] = ours.post("/api/v1/uploads", files={"file": ("a.csv", "customer_id\n1\n")}).json()["upload_id"]
    document = ours.post("/api/v1/knowledge/documents", files={"file": ("a.md", "The lamp is light.")}).json()
    ids["contribution_id"] = document["contribution_id"]
    ids["job_id"] = ours.post("/api/v1/audit/exports", json={}).json()["job_id"]
    while ours.get(f"/api/v1/jobs/{ids['job_id']}").json()["state"] in ("queued", "running"):
        time.sleep(0.05)
    ids["key_id"] = ours.post("/api/v1/api-keys", json={"name": "shop", "roles": ["qa"]}).json()["key_id"]
    wanted = {"url": "https://hooks.example.com/x", "events": ["*"]}
    ids["subscription_id"] = ours.post("/api/v1/webhook-subscriptions", json=wanted).json()["subscription_id"]
    theirs.headers["X-Liftline"] = "1"
    # The texts of that world are none that a page could show.
    us = TestClient(console, headers=ours.headers, raise_server_exceptions=False)
    bodies = BODIES | {"decisions": {"variants": [ids["variant_id"]], "decision": "approve"},
                       "texts": {"content_hash": f"{campaign}at riskfriendly", "decision": "hold", "reason": "x"},
                       "ratings": {"variants": [ids["variant_id"]], "rating": 1}}  # fmt: skip
    marks = {campaign, "Spring &", "person1@", *(value for value in ids.values() if len(value) >= 16)}
    found, missed, empty, let_in = set(), set(), set(), []
    for route in console.routes:
        if not getattr(route, "permission", None):
            continue
        path = re.sub(r"\{([^}:]+)[^}]*\}", lambda named: ids.get(named[1], "0" * 32), route.path)
        about_ours = "{" in route.path or path.startswith("/review/")
        (method,) = route.methods
        named = theirs.request(method, path, headers={"X-Liftline-Tenant": tenant})
        assert named.status_code == 403, (method, path)
        if method != "GET" and not about_ours:
            continue
        body = bodies.get(path.rpartition("/")[2]) or example(route)
        answer = theirs.request(method, path, json=body)
        if method == "GET":
            if answer.status_code == 200 and any(mark in answer.text.replace(path, "") for mark in marks):
                let_in.append((path, answer.text))
            if about_ours and answer.status_code not in (404, 422):
                empty.add(path)
            if about_ours:
                (found if us.get(path).status_code == 200 else missed).add(route.path)
        elif about_ours and (answer.status_code not in (404, 409, 422) or "not valid" in answer.json()["detail"]):
            let_in.append((method, path, answer.text))
    assert let_in == []
    # By a word that is nobody's alone (a model, a segment), or of a customer, whose decisions outlive an erasure.
    assert len(empty) <= 6, sorted(empty)
    assert len(found) >= 20, sorted(missed)


def example(route):
    """The body that the description shows."""
    if route.body_field is None:
        return None
    body = route.body_field.field_info.annotation
    model = next((one for one in get_args(body) if one is not type(None)), body)
    return model.model_config.get("json_schema_extra", {}).get("examples", [{}])[0]


def test_a_route_without_a_permission_cannot_be_made(console):
    from liftline_console.guarding import api_router

    with pytest.raises(TypeError, match="must name exactly one permission"):
        api_router("things").get("/things")(lambda: None)


def test_a_key_works_for_its_tenant_only(machine, tenant):
    client = machine(tenant, "operator")
    assert client.get("/api/v1/customers").status_code == 200
    assert client.get("/api/v1/customers", headers={"X-Liftline-Tenant": "another"}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Liftline": ""},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "", "Origin": "http://evil.example"},
        {"Sec-Fetch-Site": ""},
    ],
)
def test_a_foreign_page_cannot_use_the_cookie(browser, tenant, headers):
    client = browser("operator")
    answer = client.post("/tenant", json={"tenant": tenant}, headers=headers)
    assert answer.status_code == 403
    assert client.post("/tenant", json={"tenant": tenant}).status_code == 204


def test_what_is_answered_may_run_and_frame_nothing_foreign(browser):
    headers = browser("operator").get("/").headers
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_five_wrong_passwords_have_to_wait(console):
    client = TestClient(console, headers={"X-Liftline": "1", "Sec-Fetch-Site": "same-origin"})
    wrong = {"user": "guessed", "password": "is it this one?"}
    said = [client.post("/sign-in", json=wrong).status_code for _ in range(6)]
    assert said == [403] * 5 + [429]


def test_no_permission_is_left_that_no_route_asks_for(console):
    from liftline_console.permissions import PERMISSIONS

    assert {permission for _, _, permission in doors(console)} - {None} == set(PERMISSIONS)


def test_a_person_of_two_tenants_chooses_and_a_revoked_role_is_gone_at_once(browser, database, tenant):
    other = create_tenant(database, f"{tenant}-too").tenant_id
    client = browser("operator", also=[other])
    assert client.post("/tenant", json={"tenant": other}).status_code == 204
    assert f"<h1>{other}</h1>" in client.get("/").text
    assert client.post("/tenant", json={"tenant": "acme-of-others"}).status_code == 403
    # A notice leads to its tenant, and there the person stays.
    assert f"<h1>{tenant}</h1>" in client.get(f"/?tenant={tenant}").text
    assert f"<h1>{tenant}</h1>" in client.get("/").text
    assert client.get("/?tenant=acme-of-others").status_code == 403
    assert f"<h1>{other}</h1>" in client.get(f"/?tenant={other}").text
    with database.transaction(other) as connection:
        connection.execute("UPDATE access_grants SET revoked_by = 'test', revoked_at = now()")
    assert f"<h1>{tenant}</h1>" in client.get("/").text
