"""Canaries: whatever way a secret or a person's data takes into a log line, it does not come out."""

from __future__ import annotations

import io
import json
import logging
import time
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from pipelines import logs
from pipelines.masking import MASKED, Mask, is_sensitive
from pipelines.settings import Settings

SECRET = "canary/secret+value"


@pytest.fixture(autouse=True)
def logging_restored() -> Iterator[None]:
    root = logging.getLogger()
    before, level, shows = list(root.handlers), root.level, warnings.showwarning
    yield
    root.handlers, root.level = before, level
    logging.captureWarnings(False)
    warnings.showwarning = shows
    structlog.reset_defaults()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(params=[io.StringIO, Terminal], ids=["machine", "terminal"])
def out(request: pytest.FixtureRequest) -> io.StringIO:
    stream: io.StringIO = request.param()
    logs.configure("debug", [SECRET, ""], stream=stream)
    return stream


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "canary"},
        {"phone": 4915112345678},
        {"first_name": "canary"},
        {"lastName": "canary"},
        {"customer": {"Last-Name": "canary", "address": [{"e_mail": ("canary",)}]}},
        {"api-key": "canary"},
        {"headers": {"Authorization": "Bearer canarycanary"}},
        {"Ocp-Apim-Subscription-Key": "canary"},
        {"openai_api_key": "canary"},
        {"note": "written by canary@example.com yesterday"},
        {"url": "/unsubscribe?who=canary%40example.com"},
        {"note": "call +49 151 canary".replace("canary", "12345678")},
        {"header": "Bearer canary.canary-canary"},
        {"note": "SG.canarycanary.canary"},
        {"note": "session-eyJcanarycanary.canary.canary-canary"},
        {"note": "canary@example.com'canary@example.com,can%40ary@example.com"},
        {"note": "sk-proj-canarycanary"},
        {"url": "postgresql://liftline:canary@db.example.com/liftline"},
        {"url": "postgresql://liftline:can@ary@db.example.com/liftline"},
        {"login": "host=db user=liftline password='can ary' dbname=x"},
        {"text": "{'email': 'canary', 'first_name': 'canary'}"},
        {"text": "GET /x?api-key=canary&top=1"},
        {"text": f"sent {SECRET} away"},
        {"text": "sent canary%2Fsecret%2Bvalue away"},
        {"blob": b"canary@example.com"},
        {"canary@example.com": 1},
    ],
)
def test_no_canary_comes_out(out: io.StringIO, fields: dict[str, Any]) -> None:
    structlog.get_logger("liftline.test").info("happened", **fields)
    text = out.getvalue()
    assert "happened" in text
    for bird in ("canary", "can ary", "ary@", "12345678"):
        assert bird not in text


def test_what_is_no_secret_stays(out: io.StringIO) -> None:
    said = {"rows": 500, "tenant": "acme", "input_tokens": 812, "batch": "2026-11-21T07:02:13+00:00", "share": 0.2}
    structlog.get_logger("liftline.test").warning("import done", **said)
    for value in said.values():
        assert str(value) in out.getvalue()


def test_an_exception_is_masked_with_its_causes(out: io.StringIO) -> None:
    email = "canary@example.com"
    try:
        try:
            raise ValueError(f"no such customer {email}")
        except ValueError as error:
            raise RuntimeError(f"password={SECRET}") from error
    except RuntimeError:
        structlog.get_logger("liftline.test").exception("failed")
        logging.getLogger("vendor").exception("failed for %s", email)
    assert out.getvalue().count("RuntimeError") >= 2
    assert "canary" not in out.getvalue()


def test_vendors_loggers_pass_the_same_mask(out: io.StringIO) -> None:
    own = io.StringIO()
    vendor = logging.getLogger("python_http_client.client.test")
    vendor.addHandler(logging.StreamHandler(own))
    vendor.propagate = False
    vendor.setLevel(logging.DEBUG)
    logs.configure("debug", [SECRET], stream=out)
    vendor.debug("%s Request: %s", "POST", "https://api.example.com/v3/mail/send")
    vendor.debug("Headers: %s", {"Authorization": "Bearer SG.canarycanary.canary", "to": "canary@example.com"})
    vendor.info("more", extra={"email": "canary"})
    warnings.warn("canary@example.com is odd", stacklevel=1)
    assert own.getvalue() == ""
    assert "mail/send" in out.getvalue()
    assert "is odd" in out.getvalue()
    assert "canary" not in out.getvalue()


def test_a_line_that_cannot_be_formatted_shows_no_arguments(
    out: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("debug", stream=out)  # pytest's own handler has come since
    logging.getLogger("vendor").info("%d customers", "canary@example.com")
    assert "could not be written" in out.getvalue()
    assert "canary" not in out.getvalue() + capsys.readouterr().err


def test_machines_get_one_json_object_a_line() -> None:
    out = io.StringIO()
    logs.configure("info", stream=out)
    structlog.get_logger("liftline.test").info("one", rows=1)
    structlog.get_logger("liftline.test").debug("not asked for")
    logging.getLogger("vendor").warning("two")
    logging.getLogger("great_expectations._docs_decorators").info("noise")
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [("one", "info"), ("two", "warning")]
    assert lines[0]["rows"] == 1


def test_what_is_secret_in_an_address_is_known_by_itself_too() -> None:
    settings = Settings(
        _env_file=None,
        database_url=SecretStr("postgresql://liftline:can%40ary@db.example.com/liftline"),
        database_owner_url=SecretStr("host=db user=owner password='can ary' dbname=liftline"),
        liftline_anchors_url=SecretStr("https://store.example/{name}?sig=canary-of-the-store"),
    )
    mask = Mask(logs.secrets_of(settings))
    for said in ("can%40ary", "can@ary", "can ary", "PUT https://store.example/a.json?sig=canary-of-the-store"):
        assert "ary" not in mask.text(f"It said {said}.")


def test_a_line_of_another_renderer_is_masked_and_stays_json() -> None:
    mask = Mask([SECRET])
    for render in (structlog.processors.JSONRenderer(), structlog.processors.JSONRenderer(lambda *a, **b: dumped(*a))):
        shown = logs.MaskedRenderer.over(logs.MaskedRenderer.over(render, Mask()), mask)
        line = shown(None, "info", {"event": f"asked with {SECRET}", "password": "canary", "detail": [{"x": SECRET}]})
        assert json.loads(line) == {"event": f"asked with {MASKED}", "password": MASKED, "detail": [{"x": MASKED}]}
    plain = logs.MaskedRenderer.over(lambda *_: f"{{half a line of {SECRET}", mask)
    assert plain(None, "info", {}) == f"{{half a line of {MASKED}"


def dumped(value: Any, *_: Any) -> bytes:
    return json.dumps(value).encode()


def test_names_of_secrets_are_known_in_every_spelling() -> None:
    for name in ("email", "customerEmail", "X-Api-Key", "SENDGRID_API_KEY", "access token", "Set-Cookie"):
        assert is_sensitive(name), name
    for name in ("input_tokens", "rows", "tokenizer", "country", "event", "send_key"):
        assert not is_sensitive(name), name


def test_a_short_secret_does_not_mask_everything() -> None:
    assert Mask(["a"]).text("a banana") == "a banana"
    assert Mask(["banana"]).text("a banana") == f"a {MASKED}"


@pytest.mark.parametrize("run", ["a", "a.", "'", "eyJ-", "eyJaaaaaaaaa-", "-_", "x@y", "token_", "://a:"])
def test_a_long_run_of_letters_is_looked_through_once(run: str) -> None:
    began = time.monotonic()
    Mask([SECRET]).text(run * (80_000 // len(run)))
    # Some hundredths of a second; begun anew at each letter, it was half a minute.
    assert time.monotonic() - began < 3


def test_a_circle_ends() -> None:
    circle: dict[str, Any] = {}
    circle["again"] = circle
    assert MASKED in str(Mask().value(circle))
