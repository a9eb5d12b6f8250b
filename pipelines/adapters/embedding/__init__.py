"""Who embeds texts: a name in the settings, a module that is imported when it is chosen."""

from __future__ import annotations

from pipelines.adapters.openai_api.endpoint import Endpoint
from pipelines.adapters.openai_api.retrying import AsyncPatience
from pipelines.contracts import Refusal
from pipelines.knowledge.ports import Embedder


def embedder(
    provider: str, endpoint: Endpoint | None = None, dimensions: int = 0, patience: AsyncPatience | None = None
) -> Embedder:
    """The embedder of that name; all but `offline` need the endpoint to ask and the length of its vectors."""
    if provider == "offline":
        from pipelines.adapters.embedding.offline import OfflineEmbedder

        return OfflineEmbedder()
    if provider in ("openai", "azure") and endpoint is not None:
        from pipelines.adapters.embedding.openai import OpenAIEmbedder

        return OpenAIEmbedder(endpoint, dimensions, patience, name=provider)
    raise Refusal(f"There is no embedder {provider!r}; set EMBEDDING_PROVIDER to offline, openai or azure.")
