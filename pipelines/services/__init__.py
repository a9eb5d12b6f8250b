"""The composition root: settings in, the database and the adapters that a step is given out, a room a module.

Each room stands on the one before, for it composes what that one offers; every step is handed what its own port names.
"""

from __future__ import annotations

import threading
from functools import cached_property

from pipelines.database import Database
from pipelines.services.campaigning import Campaigning
from pipelines.settings import Settings, load_settings

_opening = threading.Lock()


class Services(Campaigning):
    """What the steps need of the outside, opened when first asked for."""


class ServingServices(Services):
    """The services of a process that answers requests: its connections are kept open."""

    @cached_property
    def database(self) -> Database:
        """The operational database behind a pool."""
        from pipelines.database import PooledDatabase

        with _opening:
            kept = self.__dict__.get("database")
            return kept if isinstance(kept, PooledDatabase) else PooledDatabase.of(super().database)


def open_services(settings: Settings | None = None) -> Services:
    """The services of this process."""
    return Services(settings or load_settings())
