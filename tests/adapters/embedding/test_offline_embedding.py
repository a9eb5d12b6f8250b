"""The offline embedder: the same vector alone and in company, none for nothing, and no network."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.adapters.embedding import embedder
from pipelines.contracts import Refusal


@pytest.fixture(scope="module")
def offline():
    return embedder("offline")


def test_a_text_has_one_vector_alone_and_in_any_batch(offline):
    texts = [f"The {word} throw number {n} is warm. " * (n % 7 + 1) for n in range(300) for word in ("wool", "linen")]
    together = offline.embed(texts)
    assert together.shape == (600, offline.dimensions)
    assert together.dtype == np.float32
    for place in (0, 299, 599):
        assert np.array_equal(offline.embed([texts[place]])[0], together[place])
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)


def test_what_says_nothing_has_no_direction(offline):
    assert offline.embed([]).shape == (0, offline.dimensions)
    empty, said, again = offline.embed(["", "wool", ""])
    assert not empty.any()
    assert not again.any()
    assert np.array_equal(said, offline.embed(["wool"])[0])


@pytest.mark.parametrize("text", ["🧶", "\x00", " ", "ﷺ", "x" * 50_000, "\n"])
def test_strange_texts_have_finite_vectors(offline, text):
    assert np.isfinite(offline.embed([text])).all()


def test_meaning_is_near_meaning(offline):
    blanket, throw, invoice = offline.embed(["a warm blanket", "a cosy woollen throw", "the invoice is due"])
    assert blanket @ throw > blanket @ invoice


def test_an_unknown_name_is_refused():
    with pytest.raises(Refusal, match="EMBEDDING_PROVIDER"):
        embedder("magic")
