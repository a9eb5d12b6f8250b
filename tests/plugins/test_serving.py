"""`liftline serve` and `liftline password`: nothing goes over a network in the clear, and no password is told."""

import re

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.console.passwords import Passwords
from pipelines.contracts import Refusal


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
    kept = tmp_path / "console" / "passwords.json"
    assert "horse" not in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0
    passwords.set("mark", "another long password")
    assert passwords.mark_of("mark") != mark
    with pytest.raises(Refusal, match="at least 12"):
        passwords.set("mark", "short")


def test_help_names_both():
    text = re.sub(r"\s+", " ", CliRunner().invoke(app, ["--help"]).output)
    assert "serve" in text
    assert "password" in text
