"""Requests that nobody would think of: whatever comes, no 500, no file but ours, no word of what went wrong inside."""

import json
import re

import pytest
import schemathesis
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from liftline_console.flood import Turnstile
from schemathesis.checks import not_a_server_error
from structlog.testing import capture_logs

EXAMPLES = 3


def test_no_request_is_a_500(console, machine, tenant, monkeypatch):
    monkeypatch.setattr(type(console.state.console), "requests_a_minute", property(lambda self: 10**9))
    client = machine(tenant, "admin", "ai_template_manager")
    key = {"Authorization": client.headers["Authorization"]}
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", console, headers=key)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20
    for operation in operations:

        @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case):
            case.call_and_validate(headers=key, checks=[not_a_server_error])

        ask()


# In an address, quoted: a control sign, bytes that are no text, half of a sign, numbers out of any range, a line break.
ODD = ("%00", "%ff%fe", "%ed%a0%80", "9" * 40, "1e999", "%0d%0aSet-Cookie:a=b")
BODIES = (b"\x00\xff", b"[]", b"[" * 5000, b'{"a":1e999}')


def test_no_odd_value_in_any_place_is_a_500_either(console, browser, machine, tenant, monkeypatch):
    monkeypatch.setattr(type(console.state.console), "requests_a_minute", property(lambda self: 10**9))
    console.state.turnstile = Turnstile(clock=lambda: 0.0)
    person = browser("admin", "compliance", "ai_template_manager")
    key = machine(tenant, "admin", "ai_template_manager")
    pages, api = (
        TestClient(
            console, headers=who.headers, cookies=who.cookies, raise_server_exceptions=False, follow_redirects=False
        )
        for who in (person, key)
    )
    routes = [route for route in console.routes if isinstance(route, APIRoute)]
    assert len(routes) > 120
    for route in routes:
        client = api if route.path.startswith("/api/") else pages
        for number, (method, path, body) in enumerate(odd_requests(route)):
            headers = {"Content-Type": ("application/json", "application/x-www-form-urlencoded")[number % 2]}
            answer = client.request(method, path, content=body, headers=headers)
            # What is not set up here says so by 503, as a webhook without its key.
            assert answer.status_code < 500 or answer.status_code == 503, (method, path, body[:100])
            assert "Traceback" not in answer.text


def odd_requests(route):
    """Requests to a route: odd values in its path, in each thing that it asks for, and in its body."""
    for method in sorted(route.methods - {"HEAD"}):
        for odd in ODD:
            path = re.sub(r"\{[^}]+\}", odd, route.path)
            yield method, path + "?" + "&".join(f"{one.alias}={odd}" for one in route.dependant.query_params), b""
        if method in ("POST", "PUT", "PATCH", "DELETE"):
            path = re.sub(r"\{[^}]+\}", "nothing", route.path)
            for body in (*BODIES, *map(to_json, odd_bodies(route))):
                yield method, path, body


def odd_bodies(route):
    """Bodies that have the right fields and odd values in them."""
    asked = [(one.name, one.field_info.annotation) for one in route.dependant.body_params]
    fields = [field for name, kind in asked for field in getattr(kind, "model_fields", [name])]
    for odd in ("\x00", "\ud800", 10**30, None, ["\x00"], {"\x00": "\x00"}):
        yield dict.fromkeys(fields, odd)


def to_json(value):
    return json.dumps(value).encode()


# As an address, quoted once and twice, and as a file system would read it.
OUTSIDE = (
    "..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%252e%252e%252fetc%252fpasswd",
    "....//etc/passwd",
    "%2fetc%2fpasswd",
)


def test_no_address_leads_out_of_its_folder(console, browser, machine, tenant):
    paths = {path for path in addresses(console.routes) if "{" in path or path.endswith("static")}
    assert len(paths) > 40
    person, key = browser("admin", "compliance", "ai_template_manager"), machine(tenant, "admin")
    for path in sorted(paths):
        client = key if "/api/" in path else person
        for outside in OUTSIDE:
            filled = re.sub(r"\{[^}]+\}", outside, path) if "{" in path else f"{path}/{outside}"
            answer = client.get(filled)
            assert answer.status_code in (303, 401, 403, 404, 405, 422, 429), (filled, answer.status_code)
            assert "root:" not in answer.text, filled


def addresses(routes, before=""):
    """Every path of an application and of what is mounted below it."""
    for route in routes:
        path = before + getattr(route, "path", "")
        yield path
        yield from addresses(getattr(route, "routes", None) or (), path)


@pytest.mark.parametrize("path", ["/customers", "/api/v1/customers"])
def test_what_went_wrong_inside_is_told_to_the_log_alone(console, browser, monkeypatch, path):
    def fail(*_, **__):
        raise RuntimeError("no row for ann@example.com in SELECT email FROM customers")

    client = browser("admin")
    monkeypatch.setattr("pipelines.customers.browsing.customers", fail)
    open_door = TestClient(console, headers=client.headers, cookies=client.cookies, raise_server_exceptions=False)
    with capture_logs() as logged:
        answer = open_door.get(path, follow_redirects=False)
    assert answer.status_code == 500, answer.text
    (told,) = [one for one in logged if one["event"] == "request_failed"]
    assert (told["path"], str(told["exc_info"])) == (path, "no row for ann@example.com in SELECT email FROM customers")
    for word in ("ann@", "SELECT", "RuntimeError", "Traceback", ".py"):
        assert word not in answer.text
    assert "the log of the server says what" in answer.text
