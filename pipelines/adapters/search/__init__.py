"""Where passages are searched: a name in the settings, a module that is imported when it is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.contracts import Refusal
from pipelines.knowledge.ports import PassageIndex

if TYPE_CHECKING:
    from pipelines.adapters.search.azure_asking import Place


def passage_index(provider: str, place: Place | None = None) -> PassageIndex:
    """The index of that name; `azure` needs the service that holds it."""
    if provider == "offline":
        from pipelines.adapters.search.postgres import PostgresIndex

        return PostgresIndex()
    if provider == "azure" and place is not None:
        from pipelines.adapters.search.azure import AzureIndex

        return AzureIndex(place)
    raise Refusal(f"There is no search {provider!r}; set SEARCH_PROVIDER to offline or azure.")
