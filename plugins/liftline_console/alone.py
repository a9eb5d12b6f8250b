"""The application by itself, with its own sign-in: what `liftline serve` starts."""

from __future__ import annotations

from fastapi import FastAPI

from liftline_console.app import create_app
from liftline_console.background import BackgroundStarter
from liftline_console.sign_in.alone import OwnSignIn, sign_in_pages
from pipelines.console.passwords import Passwords
from pipelines.logs import configure_for
from pipelines.services import Services, ServingServices
from pipelines.settings import load_settings


def build(services: Services | None = None) -> FastAPI:
    """The application for uvicorn."""
    if services is None:
        settings = load_settings()
        # A process of its own: without this, what fails is logged with the locals of every frame.
        configure_for(settings)
        services = ServingServices(settings)
    sign_in = OwnSignIn(Passwords(services.console_folder))
    return create_app(services, sign_in, BackgroundStarter(services), extra=sign_in_pages(sign_in))
