"""The services of a command, its log set up first so that nothing private is ever written."""

from __future__ import annotations

from pydantic import SecretStr

from pipelines.logs import configure
from pipelines.services import Services
from pipelines.services import open_services as open_them
from pipelines.settings import load_settings


def open_services() -> Services:
    """The services by this environment's settings."""
    settings = load_settings()
    secrets = [value.get_secret_value() for _, value in settings if isinstance(value, SecretStr)]
    configure(settings.liftline_log_level, secrets)
    return open_them(settings)
