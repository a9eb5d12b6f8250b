"""The same with every experiment that runs, tenant by tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pipelines.contracts import Json, Refusals
from pipelines.experiments.analysis.store import running
from pipelines.experiments.laboratory import Laboratory


def with_each_running(
    laboratory: Laboratory, tenants: Iterable[str], do: Callable[[str, str], Json | None], *, learning: bool = False
) -> Json:
    """What came of each; one that refuses hinders no other, and is named at the end."""
    said: Json = {}
    refusals = Refusals()
    for tenant in tenants:
        with laboratory.database.transaction(tenant) as connection:
            keys = running(connection, learning=learning)
        for key in keys:
            with refusals.of(tenant):
                told = do(tenant, key)
                if told is not None:
                    said.setdefault(tenant, {})[key] = told
    refusals.tell()
    return said
