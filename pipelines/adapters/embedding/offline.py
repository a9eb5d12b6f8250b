"""Embedding without a network: wordllama's static vectors, whose weights lie in its wheel."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.contracts import Refusal
from pipelines.knowledge.ports import Matrix

TEXTS_AT_ONCE = 256


class OfflineEmbedder:
    """The mean of a text's word vectors; the same text has the same vector alone and in any batch."""

    name = "offline"
    model = "wordllama-l2-supercat-256"
    dimensions = 256

    def __init__(self) -> None:
        self._loading = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Matrix:
        """One row a text, of length 1; all zeros for a text without a word."""
        with self._loading:
            tokenizer, vectors = _model()
        if len(texts) == 1:
            # Waking the tokenizer's threads takes longer than a question.
            return _means([tokenizer.encode(texts[0], add_special_tokens=False)], vectors)
        parts = [
            _means(tokenizer.encode_batch_fast(list(texts[at : at + TEXTS_AT_ONCE]), add_special_tokens=False), vectors)
            for at in range(0, len(texts), TEXTS_AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self.dimensions), np.float32)


def _means(encoded: Sequence[Any], vectors: Matrix) -> Matrix:
    ids = [encoding.ids for encoding in encoded]
    sizes = np.array([len(each) for each in ids])
    sums: Matrix = np.zeros((len(ids), vectors.shape[1]), np.float32)
    said = np.flatnonzero(sizes)
    if len(said):
        # Each text is summed by itself: padding to the longest, as the package does, rounds differently in each batch.
        starts = np.concatenate(([0], np.cumsum(sizes[said])[:-1]))
        sums[said] = np.add.reduceat(vectors[np.concatenate([ids[at] for at in said])], starts, axis=0)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    sums /= np.where(lengths > 0, lengths, 1)
    return sums


@cache
def _model() -> tuple[Any, Matrix]:
    spec = find_spec("wordllama")
    if spec is None or spec.origin is None:
        raise Refusal("The package wordllama is not installed; run `make setup`, or choose another EMBEDDING_PROVIDER.")
    from wordllama import WordLlama  # type: ignore[import-untyped]

    # The wheel's tokenizer lies where the loader does not look by itself, and it must never look on the network.
    loaded = WordLlama.load(cache_dir=Path(spec.origin).parent, disable_download=True)
    loaded.tokenizer.no_padding()
    return loaded.tokenizer, loaded.embedding
