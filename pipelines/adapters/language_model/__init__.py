"""Who writes the copy: a name in the settings, a module that is imported when it is chosen."""

from __future__ import annotations

from pipelines.adapters.openai_api.endpoint import Endpoint
from pipelines.adapters.openai_api.retrying import AsyncPatience
from pipelines.contracts import Refusal
from pipelines.generation.ports import Writer


def writer(provider: str, endpoint: Endpoint | None = None, patience: AsyncPatience | None = None) -> Writer:
    """The writer of that name; `openai` needs the endpoint that it shall ask."""
    if provider == "offline":
        from pipelines.adapters.language_model.offline import OfflineComposer

        return OfflineComposer()
    if provider == "openai" and endpoint is not None:
        from pipelines.adapters.language_model.openai import OpenAIWriter

        return OpenAIWriter(endpoint, patience)
    raise Refusal(f"There is no writer {provider!r}; set LANGUAGE_MODEL_PROVIDER to offline or openai.")
