"""The services of a command, its log set up first so that nothing private is ever written."""

from __future__ import annotations

from pipelines.logs import configure_for
from pipelines.services import Services
from pipelines.services import open_services as open_them
from pipelines.settings import load_settings


def open_services() -> Services:
    """The services by this environment's settings."""
    settings = load_settings()
    configure_for(settings)
    return open_them(settings)
