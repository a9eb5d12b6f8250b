"""Faults in words that a marketing person understands, with the exact culprit."""

from __future__ import annotations

from pipelines.generation.grounding.evidence import Evidence
from pipelines.generation.grounding.faults import Fault

_ONE_SIDED = {
    "number": "No approved passage gives {said}",
    "date": "No approved passage gives the date {said}",
    "name": "No approved passage that fits mentions {said}",
    "superlative": "No approved passage bears out the superlative “{said}”",
    "comparison": "No approved passage bears out the comparison “{said}”",
    "promise": "No approved passage bears out the promise “{said}”",
    "absolute": "No approved passage bears out “{said}”",
    "word": "No approved passage bears out the word “{said}” here",
    "negation": "The text denies “{said}”, the passage that fits best does not",
    "subject": "The text says this of “{said}”, no passage does",
    "qualifier": "The text says “{said}”, no passage limits it that way",
    "condition": "The text leaves out a condition of the passage: “{said}”",
    "unit": "No approved passage gives {said}",
    "mixed": "The passage does not say “{said}” of “{known}”",
}
_TWO_SIDED = {
    "number": "The text says {said}, the passage that fits best says {known}",
    "date": "The text says {said}, the passage that fits best says {known}",
    "unit": "The text says {said}, the passage that fits best says {known}, which is another unit",
    "swapped": "The text says {said} where the passage says {known}",
    "qualifier": "The text says {said}, the passage says {known}: a limit was dropped, added or changed",
    "subject": "The text says this of “{said}”, the passage that fits best says it of “{known}”",
    "mixed": "The passage does not say “{said}” of “{known}”; two statements were mixed",
}


def reason_of(fault: Fault, evidence: Evidence) -> str:
    """One sentence: what is wrong, and which passage was compared."""
    if fault.code == "negation" and fault.known == "denied":
        sentence = f"The passage that fits best denies “{fault.said}”, the text does not"
    elif fault.code == "qualifier" and fault.known == "dropped":
        sentence = f"The text leaves out “{fault.said}”, with which the passage limits this"
    elif fault.known and fault.code in _TWO_SIDED:
        sentence = _TWO_SIDED[fault.code].format(said=fault.said, known=fault.known)
    else:
        sentence = _ONE_SIDED.get(fault.code, "No approved passage bears out “{said}”").format(
            said=fault.said, known=fault.known
        )
    return f"{sentence} ({evidence.passage.passage_id})."
