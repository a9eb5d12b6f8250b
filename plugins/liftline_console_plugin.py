"""Liftline's tab and REST API inside Airflow."""

from typing import Any

from airflow.plugins_manager import AirflowPlugin
from liftline_console.building import BuiltOnce


def build() -> Any:
    """The application, when it is first asked: schedulers and workers read this file too and serve nothing."""
    from liftline_console.inside_airflow import application

    return application()


console = BuiltOnce(build)


# Where links in messages lead, shops ask for banners and providers post what became of a message.
OUTSIDE = ("/u", "/p", "/l", "/k", "/feed", "/webhooks")


async def outside(scope: Any, receive: Any, send: Any) -> None:
    """The same application for those without a sign-in: for it the address is whole, without a prefix before it."""
    await console({**scope, "root_path": ""}, receive, send)


class LiftlineConsolePlugin(AirflowPlugin):
    """One tab, one mounted application."""

    name = "liftline"
    fastapi_apps = [
        {"app": console, "url_prefix": "/liftline", "name": "Liftline"},
        *({"app": outside, "url_prefix": place, "name": f"Liftline {place}"} for place in OUTSIDE),
    ]
    external_views = [
        {"name": "Liftline", "href": "/liftline/", "destination": "nav", "url_route": "liftline", "nav_top_level": True}
    ]
