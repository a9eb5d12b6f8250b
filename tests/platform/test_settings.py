"""Settings: documented one by one, refused by name and all at once, silent about secrets."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipelines.contracts import Refusal
from pipelines.settings import PROJECT, Settings, load_settings

LINE = re.compile(r"^([A-Z][A-Z0-9_]*)=(.*)$")


def documented(text: str) -> dict[str, tuple[str, str]]:
    """Name to (comment above it, value) of a file in the manner of `.env.example`."""
    lines = text.splitlines()
    return {
        found[1]: (lines[number - 1].removeprefix("# "), found[2])
        for number, line in enumerate(lines)
        if (found := LINE.match(line))
    }


def undocumented(text: str) -> set[str]:
    """Fields that lack a line or whose comment, default or choices are not those of the class; and lines too many."""
    lines = documented(text)
    wrong = {name for name in lines if name.lower() not in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        comment, value = lines.get(name.upper(), ("", None))
        default = field.default.relative_to(PROJECT) if isinstance(field.default, Path) else field.default
        choices = typing.get_args(field.annotation) if typing.get_origin(field.annotation) is typing.Literal else ()
        if (
            not comment.startswith(field.description or "?")
            or value != ("" if default is None else str(default))
            or not all(choice in comment for choice in choices)
        ):
            wrong.add(name.upper())
    return wrong


@pytest.fixture(autouse=True)
def no_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_setting_is_documented_and_nothing_else() -> None:
    assert undocumented((PROJECT / ".env.example").read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("SENDGRID_API_KEY=", "", "SENDGRID_API_KEY"),
        ("LIFTLINE_PORT=8080", "LIFTLINE_PORT=9090", "LIFTLINE_PORT"),
        ("# SendGrid API key.", "# A key.", "SENDGRID_API_KEY"),
        ("EMAIL_PROVIDER=", "MAIL_PROVIDER=", "MAIL_PROVIDER"),
    ],
)
def test_the_documentation_check_notices(old: str, new: str, found: str) -> None:
    text = (PROJECT / ".env.example").read_text(encoding="utf-8")
    assert old in text
    assert found in undocumented(text.replace(old, new, 1))


def test_the_documented_file_is_itself_usable(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text((PROJECT / ".env.example").read_text(encoding="utf-8"), encoding="utf-8")
    assert load_settings().email_provider == "offline"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LANGUAGE_MODEL_PROVIDER", "gpt"),
        ("EMAIL_PROVIDER", "SendGrid!"),
        ("SEARCH_PROVIDER", "elastic"),
        ("CONTENT_SAFETY_PROVIDER", "none"),
        ("EMBEDDING_PROVIDER", "sentence"),
        ("SMS_PROVIDER", "carrier-pigeon"),
        ("TWILIO_SENDER", "Lindhaven"),
        ("LIFTLINE_LINK_KEY", "too short"),
        ("LIFTLINE_PORT", "70000"),
        ("LIFTLINE_QUARANTINE_LIMIT", "20"),
        ("LIFTLINE_LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Refusal, match=name):
        load_settings()


@pytest.mark.parametrize(
    ("choice", "key"),
    [
        ("LANGUAGE_MODEL_PROVIDER=openai", "OPENAI_API_KEY"),
        ("EMBEDDING_PROVIDER=openai", "OPENAI_API_KEY"),
        ("EMBEDDING_PROVIDER=azure", "AZURE_OPENAI_API_KEY"),
        ("SEARCH_PROVIDER=azure", "AZURE_SEARCH_API_KEY"),
        ("CONTENT_SAFETY_PROVIDER=azure", "AZURE_CONTENT_SAFETY_ENDPOINT"),
        ("EMAIL_PROVIDER=sendgrid", "SENDGRID_API_KEY"),
        ("SMS_PROVIDER=twilio", "TWILIO_ACCOUNT_SID"),
        ("WHATSAPP_PROVIDER=meta", "WHATSAPP_TEMPLATE"),
        ("PUSH_PROVIDER=fcm", "PUSH_CREDENTIALS_FILE"),
    ],
)
def test_a_chosen_vendor_without_its_key_is_refused(monkeypatch: pytest.MonkeyPatch, choice: str, key: str) -> None:
    monkeypatch.setenv(*choice.split("="))
    with pytest.raises(Refusal, match=key):
        load_settings()


@pytest.mark.parametrize("url", [None, "http://liftline.example"])
def test_real_mails_need_an_address_where_readers_can_unsubscribe(monkeypatch: pytest.MonkeyPatch, url) -> None:
    monkeypatch.setenv("EMAIL_PROVIDER", "sendgrid")
    monkeypatch.setenv("SENDGRID_API_KEY", "SG.key")
    if url:
        monkeypatch.setenv("LIFTLINE_PUBLIC_URL", url)
    with pytest.raises(Refusal, match="LIFTLINE_PUBLIC_URL must be the https address"):
        load_settings()
    monkeypatch.setenv("SENDGRID_SANDBOX", "True")
    assert load_settings().sendgrid_sandbox
    monkeypatch.setenv("SENDGRID_SANDBOX", "False")
    monkeypatch.setenv("LIFTLINE_PUBLIC_URL", "https://liftline.example")
    assert load_settings().email_provider == "sendgrid"


def test_every_missing_key_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_PROVIDER", "sendgrid")
    monkeypatch.setenv("SEARCH_PROVIDER", "azure")
    with pytest.raises(Refusal) as refusal:
        load_settings()
    for name in ("SENDGRID_API_KEY", "AZURE_SEARCH_ENDPOINT", "AZURE_SEARCH_API_KEY"):
        assert name in str(refusal.value)


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_PROVIDER", "pigeon")
    monkeypatch.setenv("LIFTLINE_PORT", "none")
    with pytest.raises(Refusal) as refusal:
        load_settings()
    assert "EMAIL_PROVIDER" in str(refusal.value)
    assert "LIFTLINE_PORT" in str(refusal.value)


def test_a_refusal_does_not_repeat_what_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_PROVIDER", "SG.canary-value")
    with pytest.raises(Refusal) as refusal:
        load_settings()
    assert "canary" not in str(refusal.value)


def test_no_secret_shows() -> None:
    secrets = [name for name, field in Settings.model_fields.items() if SecretStr in typing.get_args(field.annotation)]
    assert "database_url" in secrets
    settings = Settings(**{name: f"canary-{name}" for name in secrets})
    assert "canary" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    for name in Settings.model_fields:
        assert name in secrets or not name.endswith(("_key", "_password", "_token")) or "public" in name
