"""Who screens content: a name in the settings, a module that is imported when it is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.contracts import Refusal
from pipelines.safety.ports import ContentSafety

if TYPE_CHECKING:
    from pipelines.adapters.content_safety.azure_place import Place


def content_safety(provider: str, place: Place | None = None) -> ContentSafety:
    """The screen of that name; `place` is the resource that is asked, for the offline one there is none."""
    if provider == "offline":
        from pipelines.adapters.content_safety.offline import OfflineScreen

        return OfflineScreen()
    if provider == "azure" and place is not None:
        from pipelines.adapters.content_safety.azure import AzureContentSafety

        return AzureContentSafety(place)
    raise Refusal(f"There is no content screen {provider!r}; set CONTENT_SAFETY_PROVIDER to offline or azure.")
