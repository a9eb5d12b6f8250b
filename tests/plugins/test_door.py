"""Who gets in where: every route by nobody, by each role, and by another tenant's key."""

import re

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

SIGN_IN = {("GET", "/sign-in"), ("POST", "/sign-in"), ("POST", "/sign-out")}
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
ROLES = (
    "operator", "reviewer", "qa", "compliance", "analyst", "ai_template_manager", "manager", "director", "admin",
)  # fmt: skip


def doors(console):
    """Method, address with made-up ids, and permission of every route."""
    for route in console.routes:
        if isinstance(route, APIRoute):
            for method in route.methods:
                permission = getattr(route, "permission", None)
                yield method, re.sub(r"\{[^}]+\}", "0" * 32, route.path), permission


def test_only_the_sign_in_and_what_carries_its_own_proof_is_open(console):
    assert {
        (method, path) for method, path, permission in doors(console) if permission is None
    } == SIGN_IN | PROVED | SIGNED | FOLLOWED | STYLE


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


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_in_where_its_permission_says_and_nowhere_else(console, browser, role):
    from liftline_console.permissions import PERMISSIONS

    client = browser(role)
    for method, path, permission in doors(console):
        if permission is None:
            continue
        status = client.request(method, path).status_code
        assert (status == 403) == (role not in PERMISSIONS[permission]), (method, path, status)
        assert status < 500, (method, path, status)


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
    from pipelines.tenants.run import create_tenant

    other = create_tenant(database, f"{tenant}-too").tenant_id
    client = browser("operator", also=[other])
    assert client.post("/tenant", json={"tenant": other}).status_code == 204
    assert f"<h1>{other}</h1>" in client.get("/").text
    assert client.post("/tenant", json={"tenant": "acme-of-others"}).status_code == 403
    with database.transaction(other) as connection:
        connection.execute("UPDATE access_grants SET revoked_by = 'test', revoked_at = now()")
    assert f"<h1>{tenant}</h1>" in client.get("/").text
