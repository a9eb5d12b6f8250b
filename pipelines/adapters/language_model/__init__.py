"""Who writes the copy and rewords questions: a name in the settings, a module that is imported when it is chosen."""

from __future__ import annotations

from pipelines.adapters.openai_api.endpoint import Endpoint
from pipelines.adapters.openai_api.retrying import AsyncPatience
from pipelines.contracts import Refusal
from pipelines.generation.message import Message
from pipelines.generation.ports import Batches, Rewriter, Writer
from pipelines.generation.questions import Wordings


def writer(provider: str, endpoint: Endpoint | None = None, patience: AsyncPatience | None = None) -> Writer:
    """The writer of that name; `openai` needs the endpoint that it shall ask."""
    if provider == "offline":
        from pipelines.adapters.language_model.offline import OfflineComposer

        return OfflineComposer()
    if provider == "openai" and endpoint is not None:
        from pipelines.adapters.language_model.openai import OpenAIModel

        return OpenAIModel(Message, endpoint, patience)
    raise Refusal(f"There is no writer {provider!r}; set LANGUAGE_MODEL_PROVIDER to offline or openai.")


def batches(provider: str, endpoint: Endpoint | None = None, patience: AsyncPatience | None = None) -> Batches | None:
    """Where the writer of that name takes large runs; nowhere offline, where there is nothing to wait for."""
    if provider == "offline" or endpoint is None:
        return None
    from pipelines.adapters.language_model.openai_batch import OpenAIBatch

    return OpenAIBatch(endpoint, patience)


def rewriter(provider: str, endpoint: Endpoint | None = None, patience: AsyncPatience | None = None) -> Rewriter | None:
    """Who says questions in other words; nobody is needed offline, where rules do it."""
    if provider == "offline":
        return None
    if provider == "openai" and endpoint is not None:
        from pipelines.adapters.language_model.openai import OpenAIModel

        return OpenAIModel(Wordings, endpoint, patience)
    raise Refusal(f"Nobody named {provider!r} rewords questions; set QUERY_REWRITING_PROVIDER to offline or openai.")
