"""Requests that nobody would think of, made out of the API's own description: whatever comes, no 500."""

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

EXAMPLES = 5


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
