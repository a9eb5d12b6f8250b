"""Faults that no plain HTTP server can make."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

import httpx2
import openai
import pytest

from pipelines.adapters.openai_api.endpoint import Endpoint
from pipelines.adapters.openai_api.faults import fault_of, sentence

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ENDPOINT = Endpoint("gpt-4.1-mini", base_url="https://user:pass@llm.example/v1", api_key="sk-canary")


def connection_error(*causes: Exception) -> openai.APIConnectionError:
    timed_out = isinstance(causes[0], httpx2.TimeoutException)
    told_as = openai.APITimeoutError if timed_out else openai.APIConnectionError
    error: Exception = told_as(request=httpx2.Request("POST", "https://llm.example/v1"))
    outer = error
    for cause in causes:
        outer.__cause__ = cause
        outer = cause
    assert isinstance(error, openai.APIConnectionError)
    return error


@pytest.mark.parametrize(
    ("causes", "kind", "hopeless"),
    [
        ((httpx2.ConnectError("refused"),), "unreachable", False),
        ((httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"),), "certificate", True),
        ((httpx2.ConnectError("no"), ssl.SSLCertVerificationError("self-signed")), "certificate", True),
        ((httpx2.ReadError("reset"),), "broken_off", False),
        ((httpx2.ReadTimeout("slow"),), "timeout", False),
        ((httpx2.ConnectTimeout("slow"),), "unreachable", False),
    ],
)
def test_a_connection_fails_in_different_ways(causes: tuple[Exception, ...], kind: str, hopeless: bool) -> None:
    fault = fault_of(connection_error(*causes), NOW)
    assert (fault.kind, fault.hopeless) == (kind, hopeless)
    told = sentence(fault, ENDPOINT)
    assert "llm.example" in told
    assert "pass" not in told


def test_another_exception_of_the_sdk_is_named() -> None:
    fault = fault_of(openai.OpenAIError("with sk-canary inside"), NOW)
    assert "OpenAIError" in sentence(fault, ENDPOINT)
    assert "sk-canary" not in sentence(fault, ENDPOINT)
