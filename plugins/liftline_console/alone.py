"""The application by itself, with its own sign-in: what `liftline serve` starts."""

from __future__ import annotations

from fastapi import FastAPI

from liftline_console.app import create_app
from liftline_console.background import BackgroundStarter
from liftline_console.sign_in.alone import OwnSignIn, sign_in_pages
from pipelines.console.passwords import Passwords
from pipelines.services import Services, ServingServices
from pipelines.settings import load_settings


def build(services: Services | None = None) -> FastAPI:
    """The application for uvicorn."""
    services = services or ServingServices(load_settings())
    sign_in = OwnSignIn(Passwords(services.console_folder))
    return create_app(services, sign_in, BackgroundStarter(services), extra=sign_in_pages(sign_in))
