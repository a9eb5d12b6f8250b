"""What Azure AI Content Safety is asked, and within which limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipelines.adapters.content_safety.cutting import pieces
from pipelines.safety.ports import CATEGORIES

Operation = Literal["text:analyze", "text:shieldPrompt", "text:detectGroundedness", "text:detectProtectedMaterial"]
Levels = Literal["four", "eight"]

# The SDK knows the first only, and only in this version; the others go by REST.
VERSIONS: Mapping[Operation, str] = {
    "text:analyze": "2023-10-01",
    "text:shieldPrompt": "2024-09-01",
    "text:detectGroundedness": "2024-09-15-preview",
    "text:detectProtectedMaterial": "2024-09-01",
}
OUTPUT_TYPES: Mapping[Levels, str] = {"four": "FourSeverityLevels", "eight": "EightSeverityLevels"}

MOST_ANALYZED, SHARED = 10_000, 500
MOST_SHIELDED = 10_000
FEWEST_PROTECTED, MOST_PROTECTED, SHARED_PROTECTED = 110, 1_000, 150
MOST_GROUNDED, MOST_SOURCES = 7_500, 55_000


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the service; equal questions are asked once."""

    operation: Operation
    text: str = ""
    documents: tuple[str, ...] = ()

    def body(self, levels: Levels, blocklists: Sequence[str]) -> dict[str, Any]:
        """The question as the service reads it."""
        if self.operation == "text:analyze":
            asked: dict[str, Any] = {"text": self.text, "categories": list(CATEGORIES)}
            # A hit must not spare the text the categories.
            asked |= {"haltOnBlocklistHit": False, "outputType": OUTPUT_TYPES[levels]}
            return asked | ({"blocklistNames": list(blocklists)} if blocklists else {})
        if self.operation == "text:shieldPrompt":
            return ({"userPrompt": self.text} if self.text else {}) | {"documents": list(self.documents)}
        if self.operation == "text:detectGroundedness":
            sources = list(self.documents)
            kind = {"domain": "Generic", "task": "Summarization", "reasoning": False}
            return kind | {"text": self.text, "groundingSources": sources}
        return {"text": self.text}


def to_analyze(text: str) -> list[Request]:
    """What judges the whole text in the four categories; a text without anything in it needs nobody."""
    return [Request("text:analyze", piece) for piece in pieces(text, MOST_ANALYZED, SHARED)] if text.strip() else []


def to_compare(text: str) -> list[Request]:
    """What looks for protected material; the service takes no text as short as a sentence."""
    if len(text) < FEWEST_PROTECTED:
        return []
    found = pieces(text, MOST_PROTECTED, SHARED_PROTECTED)
    return [Request("text:detectProtectedMaterial", piece) for piece in found]


def to_shield_document(text: str) -> list[Request]:
    """What looks for an attack in a document, one piece a request: no answer can be taken for another's."""
    found = pieces(text, MOST_SHIELDED, SHARED) if text.strip() else []
    return [Request("text:shieldPrompt", documents=(piece,)) for piece in found]


def to_ground(text: str, sources: Sequence[str]) -> list[Request]:
    """What looks for claims that the sources do not bear; all sources belong to each piece of the text."""
    found = pieces(text, MOST_GROUNDED, SHARED) if text.strip() else []
    return [Request("text:detectGroundedness", piece, tuple(sources)) for piece in found]
