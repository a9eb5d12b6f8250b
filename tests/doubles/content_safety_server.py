"""Azure AI Content Safety over real HTTP: it judges by markers and plain words, has limits, and fails when told to.

    with content_safety_server() as server:
        server.next(throttled("2"))                                      # the next request
        server.when(lambda asked: "Teapot" in asked.text, html())        # every request that this holds for
        ... AZURE_CONTENT_SAFETY_ENDPOINT=server.url, AZURE_CONTENT_SAFETY_API_KEY=KEY ...

A text is as severe as its highest marker, `[Hate:4]`, or as the worst of a few plain words.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.doubles.content_safety_moods import CATEGORIES, Asked, Mood, Reply, complaint, said
from tests.doubles.local_server import serving
from tests.doubles.moody_server import MoodyHandler, MoodyServer

KEY = "0123456789abcdef-content-safety-key"
WORDS = {
    "vermin": ("Hate", 4),
    "exterminate": ("Hate", 6),
    "kill yourself": ("SelfHarm", 6),
    "nudes": ("Sexual", 4),
    "stab you": ("Violence", 6),
}
MARKER = re.compile(r"\[(Hate|SelfHarm|Sexual|Violence):(\d)\]")
ATTACK = re.compile(r"ignore (all )?(the )?(previous|above) instructions", re.IGNORECASE)
VERSIONS = {
    "text:analyze": {"2023-10-01", "2024-09-01"},
    "text:shieldPrompt": {"2024-09-01"},
    "text:detectGroundedness": {"2024-09-15-preview"},
    "text:detectProtectedMaterial": {"2024-09-01"},
}


class ContentSafetyServer(MoodyServer):
    """`blocklists` are names and their terms."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.blocklists: dict[str, list[str]] = {}
        self.latency = 0.0
        self.at_once = self.most_at_once = 0
        self.counting = threading.Lock()
        self._rules: list[tuple[Callable[[Asked], bool], Mood]] = []

    def when(self, holds: Callable[[Asked], bool], mood: Mood) -> None:
        """How every request is answered that this holds for."""
        self._rules.append((holds, mood))

    def always(self, mood: Mood) -> None:
        """How every request is answered."""
        self.when(lambda _: True, mood)

    def asked(self, operation: str = "text:analyze") -> list[Any]:
        """The bodies of the requests of one kind."""
        return [one.body for one in self.received if one.operation == operation]

    def reply(self, asked: Asked) -> Reply:
        """The right answer, or what the moods make of it."""
        right = self._right(asked)
        with self.counting:
            mood = self.moods.pop(0) if self.moods else None
        mood = mood or next((mood for holds, mood in self._rules if holds(asked)), None)
        return mood(asked, right) if mood else right

    def _right(self, asked: Asked) -> Reply:
        if asked.headers.get("ocp-apim-subscription-key") != KEY:
            return complaint(401, "401", "Access denied due to invalid subscription key or wrong API endpoint.")
        if asked.version not in VERSIONS.get(asked.operation, ()):
            return complaint(404, "NotFound", "Resource not found.")
        answer = {
            "text:analyze": self._analyze,
            "text:shieldPrompt": _shield,
            "text:detectGroundedness": _ground,
            "text:detectProtectedMaterial": _compare,
        }[asked.operation](asked.body)
        return answer if isinstance(answer, Reply) else said(200, answer)

    def _analyze(self, body: Any) -> Any:
        text, wanted = body.get("text", ""), body.get("categories") or CATEGORIES
        if not 1 <= len(text) <= 10_000:
            return _invalid("The text must have 1 to 10000 characters.")
        if not set(wanted) <= set(CATEGORIES):
            return _invalid("There is no such category.")
        names = body.get("blocklistNames") or []
        if missing := [name for name in names if name not in self.blocklists]:
            return complaint(404, "BlocklistNotFound", f"There is no blocklist {missing[0]}.")
        hits = [(name, term) for name in names for term in self.blocklists[name] if term.lower() in text.lower()]
        matches = [
            {"blocklistName": name, "blocklistItemId": f"id-{term}", "blocklistItemText": term} for name, term in hits
        ]
        if hits and body.get("haltOnBlocklistHit"):
            return {"blocklistsMatch": matches, "categoriesAnalysis": []}
        eight = body.get("outputType") == "EightSeverityLevels"
        graded = [{"category": name, "severity": _severity(text, name, eight)} for name in wanted]
        return {"blocklistsMatch": matches, "categoriesAnalysis": graded}


def _severity(text: str, category: str, eight: bool) -> int:
    found = [int(level) for name, level in MARKER.findall(text) if name == category]
    found += [level for word, (name, level) in WORDS.items() if name == category and word in text.lower()]
    highest = max(found, default=0)
    return highest if eight else highest // 2 * 2


def _invalid(message: str) -> Reply:
    return complaint(400, "InvalidRequestBody", message)


def _shield(body: Any) -> Any:
    prompt, documents = body.get("userPrompt"), body.get("documents") or []
    if len(prompt or "") > 10_000 or len(documents) > 5 or sum(map(len, documents)) > 10_000:
        return _invalid("At most 10000 characters, at most 5 documents.")
    answer: dict[str, Any] = {"documentsAnalysis": [{"attackDetected": bool(ATTACK.search(one))} for one in documents]}
    return answer | ({"userPromptAnalysis": {"attackDetected": bool(ATTACK.search(prompt))}} if prompt else {})


def _ground(body: Any) -> Any:
    sources = body.get("groundingSources") or []
    if not 1 <= len(body["text"]) <= 7_500 or not sources or sum(map(len, sources)) > 55_000:
        return _invalid("At most 7500 characters and 55000 of sources.")
    sentences = [one for one in re.split(r"(?<=[.!?])\s+", body["text"]) if one]
    free = [one for one in sentences if not any(one in source for source in sources)]
    return {
        "ungroundedDetected": bool(free),
        "ungroundedPercentage": len(free) / len(sentences),
        "ungroundedDetails": [{"text": one} for one in free],
    }


def _compare(body: Any) -> Any:
    if not 110 <= len(body["text"]) <= 1_000:
        return _invalid("The text must have 110 to 1000 characters.")
    return {"protectedMaterialAnalysis": {"detected": "[song]" in body["text"]}}


class _Handler(MoodyHandler):
    server: ContentSafetyServer

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        where = urlsplit(self.path)
        asked = Asked(
            operation=where.path.removeprefix("/contentsafety/"),
            version=parse_qs(where.query).get("api-version", [""])[0],
            headers={name.lower(): value for name, value in self.headers.items()},
            body=json.loads(raw),
            raw=raw,
        )
        with self.server.counting:
            self.server.received.append(asked)
            self.server.at_once += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.at_once)
        try:
            time.sleep(self.server.latency)
            with suppress(OSError):
                self.send(self.server.reply(asked))
        finally:
            with self.server.counting:
                self.server.at_once -= 1


def content_safety_server() -> AbstractContextManager[ContentSafetyServer]:
    """The server, for as long as the block lasts."""
    return serving(ContentSafetyServer())
