"""Embedding with OpenAI, Azure OpenAI or any compatible server."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.adapters.batching import in_batches
from pipelines.adapters.openai_api.endpoint import Endpoint
from pipelines.adapters.openai_api.faults import sentence
from pipelines.adapters.openai_api.retrying import PATIENT, AsyncPatience, GaveUp, patiently
from pipelines.adapters.openai_api.running import run_apart
from pipelines.contracts import Refusal
from pipelines.knowledge.ports import Matrix

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MOST_INPUTS = 2048
# The API counts 300,000 tokens a request; none is shorter than a byte.
MOST_BYTES = 300_000
# Only these can be asked for shorter vectors than their own.
SHORTENED = "text-embedding-3"


class OpenAIEmbedder:
    """An `Embedder` that asks an embeddings API in batches, several at once."""

    def __init__(
        self, endpoint: Endpoint, dimensions: int, patience: AsyncPatience | None = None, name: str = "openai"
    ) -> None:
        self.name = name
        self.model = f"{endpoint.model}/{dimensions}"
        self.dimensions = dimensions
        self._endpoint = endpoint
        self._patience = patience or PATIENT

    def embed(self, texts: Sequence[str]) -> Matrix:
        """One row a text, of length 1 (all zeros where a text says nothing); trouble is a Refusal that names it."""
        matrix = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        batches = list(_batches(texts))
        if batches:
            rows = [row for batch in batches for row in batch]
            matrix[rows] = np.concatenate(run_apart(lambda: self._embed(texts, batches)))
        return matrix

    async def _embed(self, texts: Sequence[str], batches: Sequence[Sequence[int]]) -> list[Matrix]:
        free = asyncio.Semaphore(self._endpoint.concurrency)
        async with self._endpoint.connect() as client:

            async def one(batch: Sequence[int]) -> Matrix:
                async with free:
                    return await self._ask(client, [_sendable(texts[row]) for row in batch])

            return await asyncio.gather(*map(one, batches))

    async def _ask(self, client: AsyncOpenAI, inputs: list[str]) -> Matrix:
        from httpx2 import Response

        body: dict[str, Any] = {"model": self._endpoint.served_as, "input": inputs, "encoding_format": "base64"}
        if self._endpoint.model.startswith(SHORTENED):
            body["dimensions"] = self.dimensions

        async def once() -> str:
            # Not embeddings.create: it walks through every text, and makes lists of numbers of what comes back.
            return (await client.post("/embeddings", body=body, cast_to=Response)).text

        try:
            got = await patiently(once, self._patience, self._endpoint.timeout_seconds)
        except GaveUp as gave_up:
            raise Refusal(self._why(gave_up)) from gave_up
        return self._normalised(self._vectors(got.value, len(inputs)))

    def _why(self, gave_up: GaveUp) -> str:
        if gave_up.fault.kind == "too_long":
            return f"A passage is longer than {self._endpoint.served_as} embeds; split it in its document."
        return "Nothing could be embedded: " + sentence(gave_up.fault, self._endpoint, gave_up.tries)

    def _vectors(self, text: str, count: int) -> list[Matrix]:
        try:
            listed = json.loads(text)["data"]
            vectors = {int(one["index"]): _decoded(one["embedding"]) for one in listed}
            ordered = [vectors[row] for row in range(count)]
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise Refusal(
                f"{self._endpoint.host} answered with something that is no list of {count} vectors; check that "
                f"{self._endpoint.url_variable} is the address of the API (often …/v1)."
            ) from error
        found = {vector.shape for vector in ordered}
        if found != {(self.dimensions,)}:
            sizes = ", ".join(sorted(str(shape[0]) for shape in found if shape)) or "no"
            raise Refusal(
                f"{self._endpoint.served_as} makes vectors of {sizes} numbers, not of {self.dimensions}; set "
                "OPENAI_EMBEDDING_DIMENSIONS to what it makes."
            )
        return ordered

    def _normalised(self, vectors: list[Matrix]) -> Matrix:
        matrix = np.stack(vectors).astype(np.float32)
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        if not np.isfinite(lengths).all():
            raise Refusal(f"{self._endpoint.served_as} made a vector that is not finite; embed again.")
        return np.asarray(matrix / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _batches(texts: Sequence[str]) -> Iterator[list[int]]:
    """The rows that say something."""
    said = ((row, len(text.encode("utf-8", "replace"))) for row, text in enumerate(texts) if text.strip())
    return in_batches(said, most=MOST_INPUTS, most_bytes=MOST_BYTES)


def _decoded(embedding: object) -> Matrix:
    # Asked for in base64; some servers answer with numbers all the same.
    if isinstance(embedding, str):
        return np.frombuffer(base64.b64decode(embedding, validate=True), dtype="<f4")
    return np.asarray(embedding, dtype=np.float32)


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
