"""Embedding without a network: wordllama's static vectors, whose weights lie in its wheel."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from itertools import chain
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
    from scipy.sparse import csr_array

    ids = [encoding.ids for encoding in encoded]
    ends = np.cumsum([0, *map(len, ids)], dtype=np.int32)
    words = np.fromiter(chain.from_iterable(ids), np.int32, ends[-1])
    # Each text is summed by itself, word by word: padding to the longest, as the package does, rounds differently in
    # each batch. A product of matrices that are mostly zeros is the sum without a copy of every vector.
    said = csr_array((np.ones(len(words), np.float32), words, ends), shape=(len(ids), len(vectors)))
    sums: Matrix = said @ vectors
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
