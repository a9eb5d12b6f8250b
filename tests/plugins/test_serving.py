"""`liftline serve` and `liftline password`: nothing goes over a network in the clear, and no password is told."""

import asyncio
import re
import threading
import time
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.console import passwords as shipped
from pipelines.console.passwords import Passwords
from pipelines.contracts import Refusal

# As it stands in the module: while these tests run, a hash costs less.
COST = shipped.COST


def test_no_password_goes_over_a_network_in_the_clear():
    done = CliRunner().invoke(app, ["serve", "--host", "0.0.0.0"])
    assert isinstance(done.exception, Refusal)
    assert "--certificate" in str(done.exception)


def test_a_password_is_kept_as_a_hash_and_a_new_one_ends_sessions(tmp_path):
    passwords = Passwords(tmp_path / "console")
    passwords.set("mark", "correct horse battery")
    mark = passwords.mark_of("mark")
    assert passwords.right("mark", "correct horse battery")
    assert not passwords.right("mark", "correct horse")
    assert not passwords.right("nobody", "correct horse battery")
    assert COST >= 2**15
    kept = tmp_path / "console" / "passwords.json"
    assert "horse" not in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0
    passwords.set("mark", "another long password")
    assert passwords.mark_of("mark") != mark
    with pytest.raises(Refusal, match="at least 12"):
        passwords.set("mark", "short")


def test_what_fails_inside_is_logged_without_locals_and_secrets(services, monkeypatch, capsys):
    from liftline_console import alone

    told = services.settings.model_copy(update={"sendgrid_api_key": SecretStr("canary of the settings")})
    monkeypatch.setattr(alone, "load_settings", lambda: told)
    app = alone.build()

    @app.get("/breaks")
    def breaks():
        bearer = "canary of a local"  # noqa: F841
        raise RuntimeError("broke over canary of the settings")

    assert TestClient(app, raise_server_exceptions=False).get("/breaks").status_code == 500
    logged = "".join(capsys.readouterr())
    assert "RuntimeError: broke over [masked]" in logged
    assert "canary" not in logged


def test_help_names_both():
    text = re.sub(r"\s+", " ", CliRunner().invoke(app, ["--help"]).output)
    assert "serve" in text
    assert "password" in text


def test_what_is_slow_at_first_is_built_once_and_does_not_hold_up_the_loop(monkeypatch):
    from liftline_console.app import Console
    from liftline_console.building import BuiltOnce

    begun = []

    def slowly(*_):
        begun.append(threading.get_ident())
        time.sleep(0.2)
        return answer

    async def answer(*_):
        pass

    monkeypatch.setattr(Console, "people", property(slowly))
    monkeypatch.setattr(Console, "answers", None)
    monkeypatch.setattr(Console, "jobs", None)
    opened = Console(SimpleNamespace(desk=None), None, None)
    app = BuiltOnce(slowly)

    async def two_first_requests(asked):
        ticks = []

        async def tick():
            while len(ticks) < 1000:
                ticks.append(await asyncio.sleep(0.005))

        ticking = asyncio.create_task(tick())
        await asyncio.gather(asked(), asked())
        ticking.cancel()
        return len(ticks)

    for asked in (lambda: app({}, None, None), opened.open):
        begun.clear()
        assert asyncio.run(two_first_requests(asked)) > 3
        assert len(begun) == 1
        assert begun[0] != threading.get_ident()


def test_wrong_names_without_end_fill_no_memory(tmp_path, monkeypatch):
    from liftline_console.problems import Problem
    from liftline_console.sign_in import alone

    monkeypatch.setattr(alone, "MOST_NAMES", 3)
    monkeypatch.setattr(Passwords, "right", lambda *_: False)
    sign_in = alone.OwnSignIn(Passwords(tmp_path))
    for number in range(20):
        with pytest.raises(Problem, match="wrong"):
            sign_in.let_in(alone.Credentials(user=f"guess{number}", password="x"), None, secure=True)
    assert len(sign_in._tries) == 3
