"""Liftline's tab and REST API inside Airflow."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from airflow.plugins_manager import AirflowPlugin

Message = MutableMapping[str, Any]
Receive, Send = Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]


async def console(scope: Message, receive: Receive, send: Send) -> None:
    """The application, built when it is first asked: schedulers and workers read this file too and serve nothing."""
    from liftline_console.inside_airflow import application

    await application()(scope, receive, send)


async def readers(scope: Message, receive: Receive, send: Send) -> None:
    """The same application where links in messages lead: for it the address is whole, without a prefix before it."""
    await console({**scope, "root_path": ""}, receive, send)


class LiftlineConsolePlugin(AirflowPlugin):
    """One tab, one mounted application."""

    name = "liftline"
    fastapi_apps = [
        {"app": console, "url_prefix": "/liftline", "name": "Liftline"},
        *({"app": readers, "url_prefix": place, "name": f"Readers {place}"} for place in ("/u", "/p")),
    ]
    external_views = [
        {
            "name": "Liftline",
            "href": "/liftline/",
            "destination": "nav",
            "url_route": "liftline",
            "nav_top_level": True,
        }
    ]
