"""The doctor asks real servers over real HTTP, names the variable to mend and never repeats a key."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pipelines import doctor, vendor_probes
from pipelines.contracts import Probe
from pipelines.doctor import examine
from pipelines.services import Services
from pipelines.settings import Settings
from pipelines.vendor_probes import ask_all, question_for
from tests.doubles.channel_servers import channel_server, service_account
from tests.doubles.webhook_server import webhook_server
from tests.platform.vendor_double import KEY, SID, VendorDouble, vendor_double

SERVICES = {
    "language_model": ("openai", "openai_base_url", "openai_api_key", "/models"),
    "search": ("azure", "azure_search_endpoint", "azure_search_api_key", "/servicestats?api-version=2024-07-01"),
    "content_safety": (
        "azure",
        "azure_content_safety_endpoint",
        "azure_content_safety_api_key",
        "/contentsafety/text/blocklists?api-version=2023-10-01",
    ),
    "email": ("sendgrid", "sendgrid_base_url", "sendgrid_api_key", "/v3/scopes"),
    "sms": ("twilio", "twilio_base_url", "twilio_auth_token", f"/2010-04-01/Accounts/{SID}.json"),
    "whatsapp": ("meta", "whatsapp_base_url", "whatsapp_token", "/106540352242922?fields=id"),
}
BESIDES = {
    "email": {"liftline_public_url": "https://liftline.example"},
    "sms": {"twilio_account_sid": SID, "twilio_sender": "+493099999999"},
    "whatsapp": {"whatsapp_phone_number_id": "106540352242922", "whatsapp_template": "news"},
}


@pytest.fixture
def vendor() -> Iterator[VendorDouble]:
    with vendor_double() as server:
        yield server


def chosen(service: str, url: str, key: str = KEY) -> dict[str, Any]:
    provider, endpoint, key_name, _ = SERVICES[service]
    return {f"{service}_provider": provider, endpoint: url, key_name: SecretStr(key), **BESIDES.get(service, {})}


def asked(service: str, settings: Settings) -> Probe:
    question = question_for(service, settings)
    assert question is not None
    [probe] = ask_all([question])
    assert "canary" not in repr(probe)
    return probe


def one(service: str, url: str, key: str = KEY) -> Probe:
    return asked(service, Settings(_env_file=None, **chosen(service, url, key)))


@pytest.mark.parametrize("service", SERVICES)
def test_a_vendor_that_answers_is_well(vendor: VendorDouble, service: str) -> None:
    probe = one(service, f"{vendor.url}/")
    assert probe.healthy
    assert probe.service == service
    assert vendor.asked[0][0] == SERVICES[service][3]


@pytest.mark.parametrize("service", SERVICES)
def test_a_wrong_key_names_its_variable(vendor: VendorDouble, service: str) -> None:
    probe = one(service, vendor.url, "sk-canary-wrong")
    assert not probe.healthy
    assert SERVICES[service][2].upper() in probe.remedy


@pytest.mark.parametrize(
    ("mood", "word"),
    [
        ("unauthorized", "SENDGRID_API_KEY"),
        ("forbidden", "SENDGRID_API_KEY"),
        ("missing", "SENDGRID_BASE_URL"),
        ("throttled", "quota"),
        ("broken", "status page"),
        ("away", "status page"),
        ("half", "middle of its answer"),
        ("garbage", "middle of its answer"),
    ],
)
def test_every_fault_has_its_own_sentence(vendor: VendorDouble, mood: str, word: str) -> None:
    vendor.mood = mood
    probe = one("email", vendor.url)
    assert not probe.healthy
    assert word in f"{probe.detail} {probe.remedy}"
    assert probe.remedy.endswith(".")


@pytest.mark.parametrize("mood", ["stall", "drip"])
def test_a_slow_vendor_does_not_hold_us(vendor: VendorDouble, mood: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor_probes, "PATIENCE_SECONDS", 1.0)
    vendor.mood = mood
    begun = time.monotonic()
    probe = one("email", vendor.url)
    assert time.monotonic() - begun < 3
    assert "does not answer within" in probe.detail


def test_a_refused_connection_names_the_address() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        probe = one("email", f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert "cannot be reached" in probe.detail
    assert "SENDGRID_BASE_URL" in probe.remedy


@pytest.mark.parametrize("url", ["api.sendgrid.com", "ftp://example.com", "http://[half", "https://"])
def test_an_address_that_is_none(url: str) -> None:
    probe = one("email", url)
    assert not probe.healthy
    assert "SENDGRID_BASE_URL" in probe.remedy


@pytest.mark.parametrize("key", [f"{KEY}\n", f"{KEY}\r\nX-Evil: 1", f"{KEY}–"])
def test_a_key_that_no_header_may_hold(vendor: VendorDouble, key: str) -> None:
    probe = one("email", vendor.url, key)
    assert not probe.healthy
    assert "SENDGRID_API_KEY" in probe.remedy
    assert "right-key" not in repr(probe)


def test_a_password_in_the_address_is_not_shown(vendor: VendorDouble) -> None:
    vendor.mood = "missing"
    probe = one("email", vendor.url.replace("//", "//user:canary@"))
    assert not probe.healthy


def test_a_keyless_server_is_asked_without_a_key(vendor: VendorDouble) -> None:
    settings = Settings(_env_file=None, language_model_provider="openai", openai_base_url=vendor.url)
    probe = asked("language_model", settings)
    assert "authorization" not in vendor.asked[0][1]
    assert "OPENAI_API_KEY" in probe.remedy


@pytest.mark.parametrize(("service", "provider"), [("language_model", "openai"), ("embedding", "azure")])
def test_azure_openai_is_asked_its_own_way(vendor: VendorDouble, service: str, provider: str) -> None:
    given = {f"{service}_provider": provider, "azure_openai_endpoint": vendor.url, "azure_openai_api_key": KEY}
    assert asked(service, Settings(_env_file=None, **given)).healthy
    path, headers = vendor.asked[0]
    assert path == "/openai/models?api-version=2024-10-21"
    assert headers["api-key"] == KEY


def test_all_vendors_are_asked_at_once(vendor: VendorDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor_probes, "PATIENCE_SECONDS", 1.0)
    vendor.mood = "stall"
    given: dict[str, Any] = {}
    for service in SERVICES:
        given |= chosen(service, vendor.url)
    settings = Settings(_env_file=None, **given)
    begun = time.monotonic()
    ask_all([question for service in SERVICES if (question := question_for(service, settings))])
    assert time.monotonic() - begun < 3


def test_a_fresh_machine_is_well(platform_services: Services) -> None:
    probes = {probe.service: probe for probe in examine(platform_services)}
    assert [probe for probe in probes.values() if not probe.healthy] == []
    assert set(probes) == {"disk", "database", "airflow", "notification", "push", "anchors", *doctor.SERVICES}
    assert "no account" in probes["email"].detail
    assert "PostgreSQL 18" in probes["database"].detail


def test_a_mighty_role_is_named(platform_services: Services) -> None:
    database = platform_services.database
    with database.administer() as connection:
        connection.execute("ALTER ROLE liftline_app BYPASSRLS")
        try:
            found = {probe.service: probe for probe in examine(platform_services)}["database"]
        finally:
            connection.execute("ALTER ROLE liftline_app NOBYPASSRLS")
    assert not found.healthy
    assert "liftline_app" in found.remedy


def test_an_unreachable_database_is_told_without_its_password() -> None:
    settings = Settings(_env_file=None, database_url="postgresql://u:canary@127.0.0.1:1/x")
    probes = {probe.service: probe for probe in examine(Services(settings))}
    assert not probes["database"].healthy
    assert not probes["airflow"].healthy
    assert "DATABASE_URL" in probes["database"].detail + probes["database"].remedy
    assert "canary" not in repr(probes)


def test_a_full_disk_is_told(platform_services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE_GB", 1e9)
    probe = examine(platform_services)[0]
    assert not probe.healthy
    assert "LIFTLINE_HOME" in probe.remedy


@pytest.mark.parametrize(
    ("service", "name"),
    [("disk", "liftline_home"), ("disk", "liftline_reports"), ("anchors", "liftline_anchors")],
)
def test_a_folder_that_takes_no_file_is_named(
    platform_services: Services, tmp_path: Path, service: str, name: str
) -> None:
    (tmp_path / "file").touch()
    shut = tmp_path / "file" / "below"
    services = Services(
        platform_services.settings.model_copy(
            update={name: shut, "database_url": SecretStr("postgresql://u@127.0.0.1:1/x")}
        )
    )
    probe = {probe.service: probe for probe in examine(services)}[service]
    assert not probe.healthy
    assert probe.detail == f"nothing can be written in {shut}: Not a directory"
    assert name.upper() in probe.remedy


def test_push_is_well_where_google_signs_us_in(tmp_path, platform_services: Services) -> None:
    with channel_server("fcm") as server:
        account = service_account(tmp_path, server)
        settings = platform_services.settings.model_copy(
            update={"push_provider": "fcm", "push_credentials_file": account, "push_base_url": server.url}
        )
        found = {probe.service: probe for probe in examine(Services(settings))}["push"]
        assert found.healthy
        assert server.taken == []
    found = {probe.service: probe for probe in examine(Services(settings))}["push"]
    assert not found.healthy
    assert "PUSH_CREDENTIALS_FILE" in found.remedy


def test_the_store_of_anchors_is_well_where_it_takes_an_object(platform_services: Services) -> None:
    def asked(url: str) -> Probe:
        update = {"liftline_anchors_url": SecretStr(url)}
        found = Services(platform_services.settings.model_copy(update=update))
        probe = {probe.service: probe for probe in examine(found)}["anchors"]
        assert "canary" not in repr(probe)
        return probe

    with webhook_server() as server:
        url = f"{server.url}/{{name}}?signature=canary"
        assert asked(url).healthy
        assert server.asked == ["/hook/liftline-doctor.json?signature=canary"]
        server.mood = "there already"
        assert asked(url).healthy
        server.mood = "broken"
        assert "answered 500" in asked(url).detail
    for unfit in (url, "https://store.example/anchors?signature=canary"):
        probe = asked(unfit)
        assert not probe.healthy
        assert "LIFTLINE_ANCHORS_URL" in probe.remedy
