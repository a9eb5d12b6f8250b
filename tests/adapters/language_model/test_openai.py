"""The writer over real HTTP: whatever the server does, each ask has one answer that says what happened."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from pipelines.adapters.language_model import writer
from pipelines.adapters.language_model.openai import OpenAIModel
from pipelines.adapters.language_model.openai_requests import schema_of
from pipelines.adapters.openai_api.endpoint import Endpoint
from pipelines.adapters.patience import Patience
from pipelines.contracts import Refusal
from pipelines.generation.message import Message
from pipelines.generation.ports import Answer, Sent
from tests.doubles import openai_replies as double
from tests.doubles.asks import LAMP, THROW, ask, asks
from tests.doubles.openai_replies import Mood
from tests.doubles.openai_server import KEY, OpenAIServer, openai_server

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
Writing = OpenAIModel[Message]


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with openai_server() as running:
        yield running


@pytest.fixture
def naps() -> list[float]:
    return []


@pytest.fixture
def openai(server: OpenAIServer, naps: list[float]) -> Writing:
    return made(server, naps)


def made(server: OpenAIServer, naps: list[float], chance: float = 1.0, tries: int = 4, **more: Any) -> Writing:
    async def nap(seconds: float) -> None:
        naps.append(seconds)

    given: dict[str, Any] = {"base_url": server.url, "api_key": KEY, "timeout_seconds": 0.4} | more
    patience = Patience(tries=tries, sleep=nap, chance=lambda: chance, clock=lambda: NOW)
    return OpenAIModel(Message, Endpoint("gpt-4.1-mini", **given), patience)


def one(openai: Writing) -> Answer:
    [(index, answer)] = openai.write([ask()])
    assert index == 0
    assert KEY not in repr(answer)
    assert (answer.message is None) == (answer.outcome != "written")
    return answer


def test_an_answer_comes_with_its_papers(server: OpenAIServer, openai: Writing) -> None:
    answer = one(openai)
    assert answer.outcome == "written"
    assert answer.message is not None
    sentences = list(answer.message.sentences())
    cited = {name for _, sentence in sentences for name in sentence.passage_ids}
    assert cited == {"p-throw", "p-lamp"}
    facts = THROW.text + LAMP.text
    assert all(sentence.text in facts for _, sentence in sentences if sentence.passage_ids)
    assert json.loads(answer.raw) == answer.message.model_dump(mode="json")
    assert answer.model == "gpt-4.1-mini-2026-01-01"
    assert answer.request_id is not None
    assert answer.request_id.startswith("req-")
    assert answer.input_tokens > answer.cached_tokens == 7
    assert answer.output_tokens > 0
    assert (answer.tries, answer.detail, answer.sent) == (1, "", Sent(1001, 0.7, True))


def test_the_request_is_strict_seeded_and_limited(server: OpenAIServer, openai: Writing) -> None:
    one(openai)
    body = server.received[0].json
    assert server.received[0].path == "/v1/chat/completions"
    assert (body["model"], body["seed"], body["temperature"]) == ("gpt-4.1-mini", 1001, 0.7)
    assert body["max_completion_tokens"] == 900
    assert body["response_format"]["json_schema"] == {"name": "message", "strict": True, "schema": schema_of(Message)}


def test_the_schema_is_what_strict_mode_demands() -> None:
    from openai.lib._pydantic import to_strict_json_schema

    assert schema_of(Message) == to_strict_json_schema(Message)
    objects = [schema_of(Message), *schema_of(Message)["$defs"].values()]
    assert all(part["additionalProperties"] is False for part in objects)
    assert all(set(part["required"]) == set(part["properties"]) for part in objects)
    assert '"default"' not in json.dumps(objects)


def test_all_are_answered_and_no_more_are_under_way_than_allowed(server: OpenAIServer, naps: list[float]) -> None:
    server.latency = 0.02
    answers = dict(made(server, naps, concurrency=5, timeout_seconds=30).write(asks(40)))
    assert sorted(answers) == list(range(40))
    assert {answer.outcome for answer in answers.values()} == {"written"}
    assert server.most_at_once == 5


def test_answers_come_as_they_are_ready(server: OpenAIServer, openai: Writing) -> None:
    server.when(lambda asked: '"number": 0' in asked.text, double.stall())
    first, _ = next(iter(openai.write(asks(4))))
    assert first != 0


def test_asking_goes_on_while_the_caller_works(server: OpenAIServer, naps: list[float]) -> None:
    coming = made(server, naps, concurrency=1).write(asks(6))
    next(coming)
    until = time.monotonic() + 5
    while len(server.received) < 6 and time.monotonic() < until:
        time.sleep(0.01)
    assert len(server.received) == 6
    assert len(list(coming)) == 5


def test_who_stops_early_cancels_the_rest(server: OpenAIServer, naps: list[float]) -> None:
    server.latency = 0.05
    coming = made(server, naps, concurrency=2).write(asks(200))
    next(coming)
    coming.close()  # type: ignore[attr-defined]
    assert len(server.received) < 20
    assert not any(thread.name == "openai" for thread in threading.enumerate())


def test_no_asks_are_no_answers(server: OpenAIServer, openai: Writing) -> None:
    assert list(openai.write([])) == []
    assert server.received == []


@pytest.mark.parametrize(
    ("mood", "outcome", "detail"),
    [
        (double.refusal(), "refused", "declined"),
        (double.truncated(), "truncated", "900 tokens"),
        (double.filtered(), "filtered", "content filter"),
        (double.azure_filter(), "filtered", "content_filter"),
        (double.says("Dear customer, buy!"), "malformed", "json_invalid"),
        (double.says('{"subject": "Hi"}'), "malformed", "subject: model_type"),
        (double.says(""), "malformed", "without any text"),
        (double.raw(b'{"choices": []}'), "malformed", "without any text"),
        (double.raw(b'{"error": {"message": "sorry"}}'), "malformed", "without any text"),
        (double.raw(b'[{"choices": 5}]'), "malformed", "without any text"),
        (double.raw(b"<html>Sign in</html>", content_type="text/html"), "malformed", "OPENAI_BASE_URL"),
        (double.raw(b"[" * 100_000), "malformed", "not JSON"),
        (double.fault(401, "invalid_api_key", f"Incorrect API key provided: {KEY}"), "unavailable", "OPENAI_API_KEY"),
        (double.fault(403, "unsupported_country"), "unavailable", "OPENAI_API_KEY"),
        (double.fault(404, "model_not_found"), "unavailable", "OPENAI_MODEL"),
        (double.fault(400, "context_length_exceeded"), "unavailable", "knowledge.passages"),
        (double.fault(400, None, "This model's maximum context length is 8 tokens."), "unavailable", "OPENAI_MODEL"),
        (double.fault(429, "insufficient_quota"), "unavailable", "no credit"),
        (double.fault(400, "invalid_value", "Odd."), "unavailable", "does not understand"),
    ],
)
def test_what_does_not_pass_is_named_and_not_tried_again(
    server: OpenAIServer, openai: Writing, naps: list[float], mood: Mood, outcome: str, detail: str
) -> None:
    server.next(mood)
    answer = one(openai)
    assert answer.outcome == outcome
    assert detail in answer.detail
    assert naps == []
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("mood", "unheard"),
    [
        (double.throttled(), 0),
        (double.page(502), 1),
        *((double.fault(status, "server_error"), 0) for status in (408, 409, 500, 503)),
        (double.fault(504, "server_error"), 1),
        (double.stall(), 1),
        (double.drip(), 1),
        (double.half(), 1),
        (double.gone(), 1),
    ],
)
def test_what_may_pass_is_tried_again(
    server: OpenAIServer, openai: Writing, naps: list[float], mood: Mood, unheard: int
) -> None:
    server.next(mood)
    answer = one(openai)
    assert (answer.outcome, answer.tries, len(naps), answer.unheard) == ("written", 2, 1, unheard)


@pytest.mark.parametrize(
    ("mood", "detail", "unheard"),
    [
        (double.throttled(), "OPENAI_CONCURRENCY", 0),
        (double.page(502), "fault of its own (502) after 4 tries", 4),
        (double.fault(500, "server_error"), "fault of its own (500 server_error) after 4 tries", 0),
        (double.stall(), "OPENAI_TIMEOUT_SECONDS", 4),
        (double.half(), "broke off in the middle", 4),
    ],
)
def test_what_does_not_pass_in_time_is_unavailable(
    server: OpenAIServer, openai: Writing, naps: list[float], mood: Mood, detail: str, unheard: int
) -> None:
    server.when(lambda _: True, mood)
    answer = one(openai)
    assert (answer.outcome, answer.tries, answer.unheard) == ("unavailable", 4, unheard)
    assert detail in answer.detail
    assert naps == [0.5, 1.0, 2.0]


def test_an_answer_that_may_be_charged_for_is_asked_for_again_only_by_leave(
    server: OpenAIServer, openai: Writing
) -> None:
    server.when(lambda _: True, double.half())
    server.refuses = {"temperature"}
    server.next(double.fault(500), double.gone(), server._well)
    asked: list[int] = []

    def another(index: int) -> str:
        asked.append(index)
        return "Nothing is left; raise it." if len(asked) == 2 else ""

    [(_, answer)] = openai.write([ask()], another)
    # A fault that was heard, an answer that was not (leave), a lesson, and half an answer (no leave).
    assert (asked, len(server.received), answer.tries, answer.unheard) == ([0, 0], 4, 4, 2)
    assert answer.detail.endswith("never arrived and is not asked again: nothing is left; raise it.")


def test_the_lessons_of_an_ask_do_not_renew_its_patience(server: OpenAIServer, openai: Writing) -> None:
    server.refuses = {"temperature"}
    server.next(double.fault(500), double.fault(503), double.throttled(), server._well)
    server.when(lambda _: True, double.fault(500))
    answer = one(openai)
    assert (answer.outcome, answer.tries, len(server.received)) == ("unavailable", 5, 5)


def test_a_server_that_is_not_there_is_named(server: OpenAIServer, naps: list[float]) -> None:
    answer = one(made(server, naps, base_url="http://127.0.0.1:9/v1"))
    assert answer.outcome == "unavailable"
    assert "127.0.0.1:9 cannot be reached after 4 tries" in answer.detail
    assert "OPENAI_BASE_URL" in answer.detail


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.25),
        ({"retry-after": "86400"}, 60.25),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.75),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:09 GMT"}, 9.25),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:09 GMT", "date": "Fri, 20 Nov 2026 12:00:06 GMT"}, 3.25),
        ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT"}, 0.25),
        ({"retry-after": "soon"}, 0.25),
    ],
)
def test_it_waits_as_long_as_it_is_told(
    server: OpenAIServer, naps: list[float], headers: dict[str, str], seconds: float
) -> None:
    server.next(double.fault(429, "rate_limit_exceeded", headers=headers))
    assert one(made(server, naps, chance=0.5)).outcome == "written"
    assert naps == [seconds]


def test_one_bad_ask_does_not_touch_the_others(server: OpenAIServer, openai: Writing) -> None:
    server.when(lambda asked: '"number": 3' in asked.text, double.refusal())
    outcomes = {index: answer.outcome for index, answer in openai.write(asks(6))}
    assert outcomes == {0: "written", 1: "written", 2: "written", 3: "refused", 4: "written", 5: "written"}


def test_a_key_that_is_not_accepted_is_not_tried_for_every_ask(server: OpenAIServer, naps: list[float]) -> None:
    openai = made(server, naps, api_key="sk-wrong", concurrency=2)
    answers = dict(openai.write(asks(50)))
    assert len(answers) == 50
    assert all("OPENAI_API_KEY" in answer.detail for answer in answers.values())
    assert len(server.received) <= 2


def test_without_structured_outputs_the_schema_goes_into_the_prompt(server: OpenAIServer, openai: Writing) -> None:
    server.structured = False
    with capture_logs() as logs:
        first = one(openai)
        second = one(openai)
    assert first.outcome == second.outcome == "written"
    assert "JSON mode" in first.detail
    assert [asked.json["response_format"]["type"] for asked in server.received] == [
        "json_schema", "json_object", "json_object",
    ]  # fmt: skip
    system = server.received[1].json["messages"][0]
    assert system["role"] == "system"
    assert json.dumps(schema_of(Message)) in system["content"]
    assert len([line for line in logs if line["log_level"] == "warning"]) == 1


def test_json_mode_is_the_last_resort(server: OpenAIServer, openai: Writing) -> None:
    server.when(lambda asked: "response_format" in asked.json, double.fault(400, None, "response_format is unknown"))
    answer = one(openai)
    assert answer.outcome == "unavailable"
    assert len(server.received) == 2


def test_a_fenced_object_is_read(server: OpenAIServer, openai: Writing) -> None:
    content = one(openai).raw
    server.next(double.says(f"```json\n{content}\n```"))
    assert one(openai).outcome == "written"


def test_what_the_model_refuses_is_left_out_once_for_all(server: OpenAIServer, openai: Writing) -> None:
    server.refuses = {"temperature", "seed", "max_completion_tokens"}
    answer = one(openai)
    assert answer.detail == "Sent without seed and temperature, which the model refuses."
    assert answer.sent == Sent(None, None, True)
    asked = len(server.received)
    assert asked == 4
    assert one(openai).tries == 1
    body = server.received[-1].json
    assert body["max_tokens"] == 900
    assert not server.refuses & set(body)


def test_many_learn_at_once(server: OpenAIServer, naps: list[float]) -> None:
    server.structured, server.refuses, server.latency = False, {"temperature"}, 0.02
    answers = [answer for _, answer in made(server, naps, concurrency=8).write(asks(30))]
    assert {answer.outcome for answer in answers} == {"written"}
    # Two lessons for each of those on their way, and for some that had composed their call already.
    assert len(server.received) <= 30 + 3 * 8


def test_azure_is_asked_by_its_deployment(server: OpenAIServer, naps: list[float]) -> None:
    openai = made(
        server, naps, base_url=server.azure_url, deployment="copy-prod", azure_api_version="2024-10-21",
        model_variable="AZURE_OPENAI_DEPLOYMENT",
    )  # fmt: skip
    assert one(openai).outcome == "written"
    asked = server.received[0]
    assert asked.path == "/openai/deployments/copy-prod/chat/completions?api-version=2024-10-21"
    assert asked.headers["api-key"] == KEY
    assert openai.model == "gpt-4.1-mini"
    server.next(double.fault(404, "DeploymentNotFound"))
    assert "AZURE_OPENAI_DEPLOYMENT and AZURE_OPENAI_ENDPOINT" in one(openai).detail


def test_a_server_without_keys_is_asked_without_one(server: OpenAIServer, naps: list[float]) -> None:
    server.key = None
    assert one(made(server, naps, api_key=None)).outcome == "written"


def test_an_answer_without_usage_is_not_free(server: OpenAIServer, openai: Writing) -> None:
    content = one(openai).raw
    server.next(double.says(content, usage=None))
    answer = one(openai)
    assert answer.input_tokens >= sum(len(part["content"]) for part in ask().messages)
    assert answer.output_tokens == len(content.encode())
    assert "no usage" in answer.detail


def test_half_a_surrogate_pair_does_not_stop_the_run(server: OpenAIServer, openai: Writing) -> None:
    [(_, answer)] = openai.write([ask(notes="broken \ud83d export")])
    assert answer.outcome == "written"


def test_neither_key_nor_prompt_is_logged(server: OpenAIServer, openai: Writing) -> None:
    words = "canary-words-of-the-prompt"
    server.next(
        double.throttled(), double.page(), double.fault(400, None, f"response_format with {words} {KEY} is unknown")
    )
    server.when(lambda _: True, double.fault(400, "odd", f"{words} {KEY}"))
    with capture_logs() as logs:
        [(_, answer)] = openai.write([ask(notes=words)])
    assert len(logs) == 3
    for shown in (repr(logs), repr(answer), repr(openai._endpoint)):
        assert words not in shown
        assert KEY not in shown


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        ({"base_url": "api.example.com/v1"}, "OPENAI_BASE_URL"),
        ({"base_url": "ftp://example.com", "azure_api_version": "2024-10-21"}, "AZURE_OPENAI_ENDPOINT"),
        ({"api_key": "sk-with a blank"}, "OPENAI_API_KEY"),
        ({"api_key": "sk-“quoted”"}, "OPENAI_API_KEY"),
    ],
)
def test_an_endpoint_that_cannot_be_asked_is_refused(given: dict[str, str], variable: str) -> None:
    with pytest.raises(Refusal, match=variable) as refusal:
        Endpoint("gpt-4.1-mini", **given)  # type: ignore[arg-type]
    assert "sk-" not in str(refusal.value)


def test_a_writer_is_made_by_its_name() -> None:
    assert writer("openai", Endpoint("gpt-4.1-mini", api_key="sk-1")).provider == "openai"
    with pytest.raises(Refusal, match="LANGUAGE_MODEL_PROVIDER"):
        writer("pigeon")
