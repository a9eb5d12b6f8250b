"""What is sent for one ask, and what a server turned out not to take."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from pydantic import BaseModel

from pipelines.adapters.openai_api.faults import Fault
from pipelines.contracts import Json
from pipelines.generation.ports import Prompt, Sent

IN_WORDS = (
    "Return exactly one JSON object, without any text or fence around it, that fits this JSON schema; every property "
    "is required and no other is allowed:\n"
)
OPTIONAL = ("seed", "temperature")
REFUSING = re.compile(r"support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed|unavailable|invalid|extra")


@dataclass(frozen=True, slots=True)
class Manner:
    """How this server is spoken to; it starts with everything and is reduced by what the server refuses."""

    structured: bool = True
    token_limit: str = "max_completion_tokens"
    left_out: frozenset[str] = frozenset()

    def after(self, fault: Fault) -> Manner | None:
        """The next thing to try after this refusal, or None when the refusal is about something else."""
        if fault.kind != "rejected" or fault.status not in (400, 422):
            return None
        if self.structured and _is_about(fault, "response_format", "json_schema", "structured output"):
            return replace(self, structured=False)
        if not (fault.code.startswith("unsupported") or REFUSING.search(fault.words.lower())):
            return None
        if self.token_limit == "max_completion_tokens" and _is_about(fault, "max_completion_tokens"):
            return replace(self, token_limit="max_tokens")
        for name in OPTIONAL:
            if name not in self.left_out and _is_about(fault, name):
                return replace(self, left_out=self.left_out | {name})
        return None

    def sent(self, ask: Prompt[Any]) -> Sent:
        """What of the wish goes out."""
        return Sent(
            None if "seed" in self.left_out else ask.seed,
            None if "temperature" in self.left_out else ask.temperature,
            self.structured,
        )

    def told(self) -> dict[str, str]:
        """What differs from how it starts, as plain texts that a vendor keeps with a batch."""
        parts = {
            "structured": "" if self.structured else "no",
            "token_limit": "" if self.token_limit == "max_completion_tokens" else self.token_limit,
            "left_out": " ".join(sorted(self.left_out)),
        }
        return {name: text for name, text in parts.items() if text}

    @staticmethod
    def of(told: Mapping[str, str]) -> Manner:
        """The manner that was told so."""
        left_out = frozenset(told.get("left_out", "").split()) & frozenset(OPTIONAL)
        return Manner(told.get("structured") != "no", told.get("token_limit", "max_completion_tokens"), left_out)

    def and_of(self, other: Manner) -> Manner:
        """What both leave out."""
        limit = self.token_limit if other.token_limit == "max_completion_tokens" else other.token_limit
        return Manner(self.structured and other.structured, limit, self.left_out | other.left_out)

    def described(self) -> str:
        """What was not sent as asked, in words; empty when everything was."""
        parts = [] if self.structured else ["in JSON mode, because the server has no structured outputs"]
        if self.left_out:
            parts.append(f"without {' and '.join(sorted(self.left_out))}, which the model refuses")
        return f"Sent {', '.join(parts)}." if parts else ""


def _is_about(fault: Fault, *names: str) -> bool:
    if fault.param:
        return fault.param.split(".")[0] in names
    words = fault.words.lower()
    return any(re.search(rf"\b{name}\b", words) for name in names)


@cache
def schema_of(form: type[BaseModel]) -> Json:
    """The JSON schema of an answer as strict mode wants it: our forms forbid extras and have no defaults."""
    return form.model_json_schema()


def request_of(ask: Prompt[Any], served_as: str, manner: Manner, form: type[BaseModel]) -> dict[str, Any]:
    """The body of a chat completion that answers `ask` in that form."""
    messages = [{"role": one["role"], "content": _sendable(one["content"])} for one in ask.messages]
    if not manner.structured:
        messages = _with_schema(messages, form)
    sampling: Mapping[str, Any] = {"seed": ask.seed, "temperature": ask.temperature}
    body: dict[str, Any] = {
        "model": served_as,
        "messages": messages,
        manner.token_limit: ask.most_output_tokens,
        **{name: value for name, value in sampling.items() if name not in manner.left_out},
    }
    if manner.structured:
        schema = {"name": form.__name__.lower(), "strict": True, "schema": schema_of(form)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    else:
        body["response_format"] = {"type": "json_object"}
    return body


def _with_schema(messages: list[dict[str, str]], form: type[BaseModel]) -> list[dict[str, str]]:
    # In the first system message: many chat templates take no second one.
    words = IN_WORDS + json.dumps(schema_of(form))
    first = messages[0]
    if first["role"] != "system":
        return [{"role": "system", "content": words}, *messages]
    return [{"role": "system", "content": f"{first['content']}\n\n{words}"}, *messages[1:]]


def _sendable(text: str) -> str:
    # Half of a surrogate pair, as a broken export leaves it, cannot be written as UTF-8.
    return text.encode("utf-8", "replace").decode("utf-8")
