"""What the server double can answer: well, with an error of the API's, or with something that is no answer at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.openai_copywriter import answer_for

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it was received."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        """The body, where it is JSON."""
        return json.loads(self.body) if self.body[:1] == b"{" else {}

    @property
    def text(self) -> str:
        """The words of all messages of a chat completion."""
        return "\n".join(str(one.get("content")) for one in self.json.get("messages", []))


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent back: a status with a body, or something that is no answer (`broken`)."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    broken: str = ""


Mood = Callable[[Asked], Reply]


def fault(status: int, code: str | None = None, message: str = "No.", **more: Any) -> Mood:
    """An error as the API words it; `param`, `innererror` and `headers` may be given."""
    headers = more.pop("headers", {})
    error = {"message": message, "type": code, "code": code, "param": more.pop("param", None), **more}
    return lambda _: Reply(status, json.dumps({"error": error}).encode(), headers)


def throttled(retry_after: str | None = None, **headers: str) -> Mood:
    """429, with or without being told how long to wait."""
    told = {"retry-after": retry_after} if retry_after else {}
    return fault(429, "rate_limit_exceeded", "Slow down.", headers=told | headers)


def page(status: int = 502) -> Mood:
    """A web page, as a gateway sends it."""
    return lambda _: Reply(status, b"<html><h1>Bad Gateway</h1></html>", content_type="text/html")


def stall() -> Mood:
    """Never an answer."""
    return lambda _: Reply(broken="stall")


def drip() -> Mood:
    """An answer of which one byte comes at a time, for ever."""
    return lambda _: Reply(broken="drip")


def half() -> Mood:
    """The first half of a good answer, then the connection ends."""
    return lambda asked: Reply(body=completion(asked, json.dumps(answer_for(asked.json))).body, broken="half")


def gone() -> Mood:
    """The connection ends before any answer."""
    return lambda _: Reply(broken="gone")


def says(content: str, finish: str = "stop", **more: Any) -> Mood:
    """A chat completion with exactly this content; more keys are put beside it (`refusal`, `usage`, `model`)."""
    return lambda asked: completion(asked, content, finish, **more)


def refusal(words: str = "I cannot help with that.") -> Mood:
    """The model declines."""
    return lambda asked: completion(asked, None, refusal=words)


def truncated() -> Mood:
    """The model ran into its limit in the middle of a sentence."""
    return lambda asked: completion(asked, json.dumps(answer_for(asked.json))[:80], "length")


def filtered() -> Mood:
    """The content filter stopped the answer."""
    return lambda asked: completion(asked, "", "content_filter")


def azure_filter() -> Mood:
    """Azure's content filter stopped the prompt."""
    results = {"violence": {"filtered": True, "severity": "medium"}, "hate": {"filtered": False, "severity": "safe"}}
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": results}
    return fault(400, "content_filter", "The response was filtered.", param="prompt", innererror=inner)


def raw(body: bytes, status: int = 200, content_type: str = "application/json") -> Mood:
    """Exactly this body."""
    return lambda _: Reply(status, body, content_type=content_type)


def completion(asked: Asked, content: str | None, finish: str = "stop", **more: Any) -> Reply:
    """A chat completion; the request's id is made of its bytes, so that the same request has the same."""
    number = hashlib.sha256(asked.body).hexdigest()[:16]
    usage = {
        "prompt_tokens": len(asked.text) // 4 + 1,
        "completion_tokens": len(content or "") // 4 + 1,
        "total_tokens": (len(asked.text) + len(content or "")) // 4 + 2,
        "prompt_tokens_details": {"cached_tokens": 7},
    }
    said = {"role": "assistant", "content": content, "refusal": more.get("refusal")}
    body: Json = {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 1795176000,
        "model": more.get("model", f"{asked.json.get('model', 'deployed')}-2026-01-01"),
        "choices": [{"index": 0, "message": said, "finish_reason": finish, "logprobs": None}],
        "usage": more.get("usage", usage),
    }
    return Reply(body=json.dumps(body).encode(), headers={"x-request-id": f"req-{number}"})
