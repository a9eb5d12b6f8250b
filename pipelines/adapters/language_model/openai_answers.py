"""What came back for one ask: an answer in its form, or the named reason why there is none."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from pipelines.contracts import Json
from pipelines.generation.ports import M, Outcome, Prompt, Reply, Sent

FENCED = re.compile(r"\s*```(?:json)?\s*(.*?)\s*```\s*", re.DOTALL | re.IGNORECASE)
ESTIMATED = "The server told no usage; the tokens are the most that it can have been."


@dataclass(frozen=True, slots=True)
class Spent:
    """What the ask cost the endpoint and us."""

    request_id: str | None = None
    latency_ms: int = 0
    tries: int = 1
    sent: Sent | None = None
    unheard: int = 0


def unanswered(outcome: Outcome, detail: str, model: str, spent: Spent) -> Reply[Any]:
    """An answer without a body."""
    return Reply(
        outcome, None, detail, "", model, spent.request_id, 0, 0, 0, spent.latency_ms, spent.tries, spent.sent,
        spent.unheard,
    )  # fmt: skip


def read_text(
    text: str, ask: Prompt[M], form: type[M], model: str, url_variable: str, spent: Spent, note: str = ""
) -> Reply[M]:
    """The answer in the body of a good response."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        page = text.lstrip()[:1] == "<"
        # A page never came from the API; anything else may be what is left of an answer that is charged for.
        spent = spent if page else replace(spent, unheard=spent.unheard + 1)
        kind = "a web page" if page else "something that is not JSON"
        detail = f"The server answered with {kind}; check that {url_variable} is the address of the API (often …/v1)."
        return unanswered("malformed", detail, model, spent)
    return read_completion(body, ask, form, model, spent, note)


def read_completion(body: object, ask: Prompt[M], form: type[M], model: str, spent: Spent, note: str = "") -> Reply[M]:
    """The answer in one chat completion, whatever is wrong with it; `note` says how it was asked for."""
    completion = body if isinstance(body, dict) else {}
    choice = _first(completion.get("choices"))
    told = choice.get("message")
    said: Json = told if isinstance(told, dict) else {}
    raw = _text(said.get("content")) or _text(said.get("refusal"))
    outcome, message, detail = _judged(choice, said, ask, form)
    used_input, used_output, cached, estimated = _usage(completion.get("usage"), ask, raw)
    details = [detail, note if message else "", ESTIMATED if estimated else ""]
    return Reply(
        outcome=outcome,
        message=message,
        detail=" ".join(filter(None, details)),
        raw=raw,
        model=_text(completion.get("model")) or model,
        request_id=spent.request_id or _text(completion.get("id")) or None,
        input_tokens=used_input,
        output_tokens=used_output,
        cached_tokens=cached,
        latency_ms=spent.latency_ms,
        tries=spent.tries,
        sent=spent.sent,
        unheard=spent.unheard,
    )


def _judged(choice: Json, said: Json, ask: Prompt[M], form: type[M]) -> tuple[Outcome, M | None, str]:
    finish = choice.get("finish_reason")
    if _text(said.get("refusal")):
        return "refused", None, "The model declined to write this; reword the goal of the brief or its passages."
    if finish == "content_filter":
        return "filtered", None, "The content filter stopped the answer; reword the goal of the brief or its passages."
    if finish == "length":
        cut = f"The answer was cut off at {ask.most_output_tokens} tokens"
        return "truncated", None, f"{cut}; set OPENAI_MODEL to a model that needs fewer."
    content = _text(said.get("content"))
    if not content.strip():
        detail = "The server answered without any text; ask again, or set OPENAI_MODEL to another model."
        return "malformed", None, detail
    return _parsed(content, ask, form)


def _parsed(content: str, ask: Prompt[M], form: type[M]) -> tuple[Outcome, M | None, str]:
    fenced = FENCED.fullmatch(content)
    again = "ask again, or set OPENAI_MODEL to a model with structured outputs."
    try:
        message = form.model_validate_json(fenced[1] if fenced else content)
    except ValidationError as error:
        return "malformed", None, f"The model did not keep to the schema ({_mistakes(error)}); {again}"
    if unfit := ask.unfit(message):
        return "malformed", None, f"The model {unfit}; {again}"
    return "written", message, ""


def _mistakes(error: ValidationError) -> str:
    # Places and kinds only: a message may repeat what the model wrote.
    found = [".".join(map(str, part["loc"])) + (": " if part["loc"] else "") + part["type"] for part in error.errors()]
    return "; ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")


def _usage(told: object, ask: Prompt[Any], raw: str) -> tuple[int, int, int, bool]:
    usage = told if isinstance(told, dict) else {}
    used_input, used_output = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    if not used_input or used_output is None:
        # No token is shorter than a byte, and none came beyond the limit; without usage nothing is free by accident.
        return most_tokens_of(ask.messages), min(len(raw.encode("utf-8", "replace")), ask.most_output_tokens), 0, True
    details = usage.get("prompt_tokens_details")
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else None
    return used_input, used_output, min(cached or 0, used_input), False


def most_tokens_of(messages: Sequence[Mapping[str, str]]) -> int:
    """The most tokens that messages can be: as many as bytes."""
    return sum(len(one["content"].encode("utf-8", "replace")) for one in messages)


def _first(choices: object) -> Json:
    return choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
