"""What the content safety double received, and the answers that it can be told to give instead of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

CATEGORIES = ("Hate", "SelfHarm", "Sexual", "Violence")


@dataclass(frozen=True)
class Asked:
    """One request, as it came."""

    operation: str
    version: str
    headers: dict[str, str]
    body: Any
    raw: bytes

    @property
    def text(self) -> str:
        """What was to be judged, whatever the operation calls it."""
        return " ".join([self.body.get("text", ""), self.body.get("userPrompt", ""), *self.body.get("documents", [])])


@dataclass(frozen=True)
class Reply:
    """What goes back; `broken` says how it ends before it is whole."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    broken: Literal["", "stall", "gone", "half", "drip"] = ""


Mood = Callable[[Asked, Reply], Reply]


def said(status: int, content: Any, **headers: str) -> Reply:
    """A reply in JSON."""
    return Reply(status, json.dumps(content).encode(), {name.replace("_", "-"): text for name, text in headers.items()})


def complaint(status: int, code: str, message: str, **headers: str) -> Reply:
    """A refusal in Azure's form."""
    return said(status, {"error": {"code": code, "message": message, "details": []}}, **headers)


def throttled(retry_after: str | None = None) -> Mood:
    """Too many requests; with or without word of when to come back."""
    headers = {"Retry_After": retry_after} if retry_after else {}
    return lambda asked, _: complaint(429, "TooManyRequests", f"Rate limit exceeded: {asked.text}", **headers)


def broken(status: int = 500) -> Mood:
    """A fault of the service's own."""
    return lambda *_: complaint(status, "InternalError", "Something went wrong.")


def refused(status: int, code: str = "Refused") -> Mood:
    """A refusal that repeats the text, as careless services do."""
    return lambda asked, _: complaint(status, code, f"No: {asked.text}")


def ending(how: Literal["stall", "gone", "half", "drip"]) -> Mood:
    """The right answer, that does not arrive whole."""
    return lambda _, right: Reply(right.status, right.body, broken=how)


def exactly(body: bytes, content_type: str = "application/json", status: int = 200) -> Mood:
    """These bytes, whatever was asked."""
    return lambda *_: Reply(status, body, content_type=content_type)


def html() -> Mood:
    """The page that a proxy shows."""
    return exactly(b"<!doctype html><title>Sign in</title><h1>Welcome</h1>", "text/html")


def moved(where: str) -> Mood:
    """The same question elsewhere, please."""
    return lambda *_: Reply(307, b"", {"Location": where})


def changed(change: Callable[[Any], Any]) -> Mood:
    """The right answer after a change; a change that returns nothing worked in place."""

    def altered(_: Asked, right: Reply) -> Reply:
        content = json.loads(right.body)
        other = change(content)
        return said(200, content if other is None else other)

    return altered


def category(name: str, **fields: Any) -> Mood:
    """The right answer with other fields for one category; without fields, without that category."""

    def change(content: Any) -> None:
        told = content["categoriesAnalysis"]
        content["categoriesAnalysis"] = [one | fields if one["category"] == name else one for one in told]
        if not fields:
            content["categoriesAnalysis"] = [one for one in told if one["category"] != name]

    return changed(change)
