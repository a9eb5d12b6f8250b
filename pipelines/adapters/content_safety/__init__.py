"""Who screens content: a name in the settings, a module that is imported when it is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.contracts import Refusal
from pipelines.safety.ports import ContentSafety


def content_safety(provider: str, blocklist: Sequence[str] = ()) -> ContentSafety:
    """The screen of that name; `blocklist` are words and phrases that a policy forbids besides."""
    if provider == "offline":
        from pipelines.adapters.content_safety.offline import OfflineScreen

        return OfflineScreen(blocklist)
    raise Refusal(f"There is no content screen {provider!r} here; set CONTENT_SAFETY_PROVIDER to offline.")
