"""Requests that nobody would think of: whatever comes, no 500, no file but ours, no word of what went wrong inside."""

import re

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

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
    answer = open_door.get(path, follow_redirects=False)
    assert answer.status_code == 500, answer.text
    for word in ("ann@", "SELECT", "RuntimeError", "Traceback", ".py"):
        assert word not in answer.text
    assert "the log of the server says what" in answer.text
