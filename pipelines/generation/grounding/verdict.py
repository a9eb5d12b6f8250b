"""What is said of one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["supported", "unsupported", "not_factual"]


@dataclass(frozen=True, slots=True)
class SentenceVerdict:
    """Whether a sentence is borne out, by which passage, and the reason in words for a marketing person."""

    text: str
    verdict: Verdict
    passage_id: str | None
    document_id: str | None
    code: str
    reason: str
