"""Liftline's tab and REST API inside Airflow."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from airflow.plugins_manager import AirflowPlugin

Message = MutableMapping[str, Any]


async def console(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """The application, built when it is first asked: schedulers and workers read this file too and serve nothing."""
    from liftline_console.inside_airflow import application

    await application()(scope, receive, send)


class LiftlineConsolePlugin(AirflowPlugin):
    """One tab, one mounted application."""

    name = "liftline"
    fastapi_apps = [{"app": console, "url_prefix": "/liftline", "name": "Liftline"}]
    external_views = [
        {
            "name": "Liftline",
            "href": "/liftline/",
            "destination": "nav",
            "url_route": "liftline",
            "nav_top_level": True,
        }
    ]
