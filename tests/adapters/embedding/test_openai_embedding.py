"""The embedder over real HTTP: every text has its own row, in batches that the API takes, or a refusal has a cause."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from pipelines.adapters.embedding import openai as module
from pipelines.adapters.embedding.openai import OpenAIEmbedder
from pipelines.adapters.openai_api.endpoint import Endpoint
from pipelines.adapters.patience import Patience
from pipelines.contracts import Refusal
from tests.doubles import openai_replies as double
from tests.doubles.openai_replies import Mood
from tests.doubles.openai_server import KEY, OpenAIServer, openai_server


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with openai_server() as running:
        yield running


async def no_nap(seconds: float) -> None:
    return


def made(
    server: OpenAIServer, dimensions: int = 64, model: str = "text-embedding-3-small", **more: Any
) -> OpenAIEmbedder:
    given: dict[str, Any] = {"base_url": server.url, "api_key": KEY, "timeout_seconds": 5} | more
    return OpenAIEmbedder(Endpoint(model, **given), dimensions, Patience(tries=2, sleep=no_nap))


def test_each_text_has_its_row_of_length_one(server: OpenAIServer) -> None:
    texts = [f"text {number}" for number in range(50)]
    matrix = made(server).embed(texts)
    assert matrix.shape == (50, 64)
    assert matrix.dtype == np.float32
    assert np.allclose(np.linalg.norm(matrix, axis=1), 1, atol=1e-6)
    alone = made(server).embed([texts[17]])
    assert np.array_equal(matrix[17], alone[0])
    body = server.received[0].json
    assert (body["encoding_format"], body["dimensions"]) == ("base64", 64)


def test_a_text_that_says_nothing_is_zero_and_not_sent(server: OpenAIServer) -> None:
    matrix = made(server).embed(["", "wool", " \n"])
    assert not matrix[0].any()
    assert matrix[1].any()
    assert not matrix[2].any()
    assert server.received[0].json["input"] == ["wool"]
    assert made(server).embed([]).shape == (0, 64)
    assert len(server.received) == 1


def test_no_request_is_larger_than_the_api_takes(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_INPUTS", 7)
    monkeypatch.setattr(module, "MOST_BYTES", 40)
    server.latency = 0.02
    texts = [f"number {number:04}" for number in range(30)] + ["x" * 90] + ["ä"] * 9
    matrix = made(server, concurrency=3).embed(texts)
    sent = [asked.json["input"] for asked in server.received]
    assert sorted(text for batch in sent for text in batch) == sorted(texts)
    assert max(map(len, sent)) == 7
    assert all(len(batch) == 1 or len("".join(batch).encode()) <= 40 for batch in sent)
    assert 1 < server.most_at_once <= 3
    expected = np.concatenate([made(server).embed([text]) for text in texts])
    assert np.array_equal(matrix, expected)


def test_azure_and_models_of_a_fixed_length(server: OpenAIServer) -> None:
    server.dimensions = 32
    azure = made(server, 32, "ada", base_url=server.azure_url, deployment="embed-prod", azure_api_version="2024-10-21")
    assert azure.embed(["wool"]).shape == (1, 32)
    asked = server.received[0]
    assert asked.path == "/openai/deployments/embed-prod/embeddings?api-version=2024-10-21"
    assert "dimensions" not in asked.json


def test_passing_trouble_is_sat_out(server: OpenAIServer) -> None:
    server.next(double.throttled(retry_after="1"))
    assert made(server).embed(["wool"]).any()


def listed(*vectors: Any) -> Mood:
    data = [{"index": index, "embedding": vector} for index, vector in enumerate(vectors)]
    return double.raw(json.dumps({"data": data}).encode())


@pytest.mark.parametrize(
    ("mood", "named"),
    [
        (double.fault(401, "invalid_api_key"), "OPENAI_API_KEY"),
        (double.fault(404, "model_not_found"), "OPENAI_EMBEDDING_MODEL"),
        (double.fault(400, "context_length_exceeded"), "split it"),
        (double.page(200), "OPENAI_BASE_URL"),
        (double.raw(b'{"data": []}'), "no list of 2 vectors"),
        (double.raw(b'{"data": [{"index": 1e999, "embedding": []}]}'), "no list of 2 vectors"),
        (listed([1.0] * 64), "no list of 2 vectors"),
        (listed("not base64!", "x"), "no list of 2 vectors"),
        (listed([1.0] * 32, [1.0] * 32), "vectors of 32 numbers, not of 64; set OPENAI_EMBEDDING_DIMENSIONS"),
        (listed([1.0] * 64, [float("nan")] * 64), "not finite"),
        (listed("", ""), "vectors of 0 numbers"),
    ],
)
def test_what_cannot_be_used_is_refused(server: OpenAIServer, mood: Mood, named: str) -> None:
    server.next(mood)
    with pytest.raises(Refusal, match=named) as refusal:
        made(server, model_variable="OPENAI_EMBEDDING_MODEL").embed(["wool", "linen"])
    assert KEY not in str(refusal.value)


@pytest.mark.parametrize(
    "packed", [np.ndarray.tolist, lambda vector: base64.b64encode(vector.astype("<f4").tobytes()).decode()]
)
def test_numbers_are_read_as_well_as_base64(server: OpenAIServer, packed: Callable[[Any], Any]) -> None:
    vector = np.arange(64, dtype=np.float32)
    server.next(listed(packed(vector)))
    assert np.allclose(made(server).embed(["wool"])[0], vector / np.linalg.norm(vector))


def test_one_failed_batch_refuses_all(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_INPUTS", 1)
    server.when(lambda asked: "seven" in asked.body.decode(), double.fault(400, "odd"))
    server.latency = 0.01
    with pytest.raises(Refusal, match="Nothing could be embedded"):
        made(server, concurrency=2).embed([*"abcdef", "seven", *"ghijkl"])
