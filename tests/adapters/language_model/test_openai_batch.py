"""The batch endpoint over real HTTP: answers out of order, in two files, of batches that end well or otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from pipelines.adapters.language_model.openai_batch import OpenAIBatch
from pipelines.adapters.openai_api.endpoint import Endpoint
from pipelines.adapters.patience import Patience
from pipelines.contracts import Refusal
from pipelines.generation.ports import Answer, StillRunning
from tests.doubles import openai_replies as double
from tests.doubles.asks import ask, asks
from tests.doubles.openai_server import KEY, OpenAIServer, openai_server

ASKS = asks(6)


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with openai_server() as running:
        yield running


async def no_nap(seconds: float) -> None:
    return


def made(server: OpenAIServer, **more: str) -> OpenAIBatch:
    given = {"base_url": server.url, "api_key": KEY} | more
    return OpenAIBatch(Endpoint("gpt-4.1-mini", timeout_seconds=2, **given), Patience(tries=3, sleep=no_nap))  # type: ignore[arg-type]


def collected(batch: OpenAIBatch, batch_id: str) -> dict[int, Answer]:
    answers = batch.collect(batch_id, ASKS)
    assert not isinstance(answers, StillRunning)
    listed = list(answers)
    assert len(listed) == len(ASKS)
    return dict(listed)


def test_a_batch_is_submitted_waited_for_and_collected(server: OpenAIServer) -> None:
    server.batch_polls = 2
    batch_id = made(server).submit(ASKS)
    lines = [json.loads(line) for line in server.files["file-1"].splitlines()]
    assert [line["custom_id"] for line in lines] == ["0", "1", "2", "3", "4", "5"]
    assert {line["url"] for line in lines} == {"/v1/chat/completions"}
    assert lines[0]["body"]["response_format"]["json_schema"]["strict"] is True
    assert server.batches[batch_id]["completion_window"] == "24h"
    # Another process may collect: nothing but the id and the asks is kept.
    assert made(server).collect(batch_id, ASKS) == StillRunning("in_progress", 1, 6)
    answers = made(server).collect(batch_id, ASKS)
    assert not isinstance(answers, StillRunning)
    listed = list(answers)
    assert [index for index, _ in listed] == [5, 4, 3, 2, 1, 0]
    assert {answer.outcome for _, answer in listed} == {"written"}
    assert listed[0][1].message is not None
    assert listed[0][1].input_tokens > 0


def test_each_line_has_its_own_outcome(server: OpenAIServer) -> None:
    batch_id = made(server).submit(ASKS)
    server.when(lambda asked: '"number": 1' in asked.text, double.refusal())
    server.when(lambda asked: '"number": 2' in asked.text, double.fault(400, "context_length_exceeded"))
    server.when(lambda asked: '"number": 3' in asked.text, double.azure_filter())
    answers = collected(made(server), batch_id)
    outcomes = [answers[index].outcome for index in range(6)]
    assert outcomes == ["written", "refused", "unavailable", "filtered", "written", "written"]
    assert "knowledge.passages" in answers[2].detail


@pytest.mark.parametrize(
    ("status", "written", "detail"),
    [
        ("expired", 3, "not finished within its day"),
        ("cancelled", 3, "was cancelled"),
        ("failed", 0, "invalid_json_line"),
    ],
)
def test_a_batch_that_ends_badly_keeps_what_it_has(
    server: OpenAIServer, status: str, written: int, detail: str
) -> None:
    server.batch_status = status
    answers = collected(made(server), made(server).submit(ASKS))
    assert [answer.outcome for answer in answers.values()].count("written") == written
    assert all(detail in answer.detail for answer in answers.values() if answer.outcome == "unavailable")


def test_lines_that_say_nothing_lose_no_ask(server: OpenAIServer) -> None:
    batch_id = made(server).submit(ASKS)
    collected(made(server), batch_id)
    name = server.batches[batch_id]["output_file_id"]
    good = server.files[name].splitlines()
    # Twice the same, a stranger, half a line, and two that are missing.
    server.files[name] = b"\n".join([*good[:4], good[0], b'{"custom_id": "99"}', b'{"custom_id": "x"}', good[4][:50]])
    answers = collected(made(server), batch_id)
    assert sorted(index for index, answer in answers.items() if answer.outcome == "unavailable") == [0, 1]
    assert "has no answer to this" in answers[0].detail


def test_passing_trouble_is_sat_out_and_lasting_trouble_refused(server: OpenAIServer) -> None:
    server.next(double.throttled(), double.page(503))
    batch_id = made(server).submit(ASKS)
    assert batch_id == "batch-1"
    with pytest.raises(Refusal, match="OPENAI_API_KEY"):
        made(server, api_key="sk-wrong").submit(ASKS)
    server.when(lambda asked: "/batches/" in asked.path, double.page(503))
    with pytest.raises(Refusal, match="after 3 tries"):
        made(server).collect(batch_id, ASKS)


def test_a_batch_is_never_made_twice(server: OpenAIServer) -> None:
    server.when(lambda asked: asked.path.endswith("/batches"), double.half())
    with pytest.raises(Refusal, match="may run all the same"):
        made(server).submit(ASKS)
    assert [asked.path for asked in server.received].count("/v1/batches") == 1


def test_a_batch_that_was_surely_not_made_is_tried_again(server: OpenAIServer) -> None:
    tries = iter([True, True, False])
    server.when(lambda asked: asked.path.endswith("/batches") and next(tries), double.throttled())
    assert made(server).submit(ASKS) == "batch-1"


def test_azure_has_its_own_paths(server: OpenAIServer) -> None:
    azure = made(server, base_url=server.azure_url, deployment="copy-batch", azure_api_version="2024-10-21")
    answers = collected(azure, azure.submit(ASKS))
    assert {answer.outcome for answer in answers.values()} == {"written"}
    assert {asked.path.split("/")[1] for asked in server.received} == {"openai"}
    line = json.loads(server.files["file-1"].splitlines()[0])
    assert (line["url"], line["body"]["model"]) == ("/chat/completions", "copy-batch")


def test_what_no_batch_holds_is_refused(server: OpenAIServer) -> None:
    for wrong in ([], [ask()] * 50_001):
        with pytest.raises(Refusal, match="submit them in several"):
            made(server).submit(wrong)
    assert server.received == []
