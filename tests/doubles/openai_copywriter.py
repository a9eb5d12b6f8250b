"""What the server double writes: a message of facts that the prompt's passages hold, or wordings of its questions."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

Json = dict[str, Any]

LOOSE = re.compile(r"passage[_ ]id\W{1,5}(?P<id>[\w.:#-]+)|<passage[^>]*?id=[\"'](?P<tag>[\w.:#-]+)")
SENTENCE = re.compile(r"[^.!?\n]{12,180}[.!?](?=\s|$)")
SUBJECTS = ("A note from us", "Something for your home", "Have you seen this?", "Worth a look", "A few good facts")
OPENINGS = ("Hello {{contact.first_name|there}},", "Good to have you with us.", "Shall we get to the point?")


def answer_for(body: Json) -> Json:
    """The content of an answer to this chat completion."""
    questions = _told(body).get("questions")
    return message_for(body) if questions is None else wordings_for(questions)


def wordings_for(questions: list[Json]) -> Json:
    """Two other wordings of each question; one that says `woolly` is asked for in words of the corpus."""
    said = {one["number"]: _inside(one["question"]) for one in questions}
    return {
        "questions": [
            {"number": number, "wordings": [text.replace("woolly", "wool throw"), f"{text} and more"]}
            for number, text in said.items()
        ]
    }


def message_for(body: Json) -> Json:
    """A message; another prompt or seed chooses other sentences."""
    passages, call = _material(body)
    drawn = int(hashlib.sha256(json.dumps(body.get("messages", []), sort_keys=True).encode()).hexdigest(), 16)
    facts = [(found, name) for name, text in passages for found in SENTENCE.findall(text)[:2]]
    start = drawn % len(facts) if facts else 0
    chosen = [*facts[start:], *facts[:start]][:3]
    cited = [_sentence(text.strip(), name) for text, name in chosen]
    if not cited:
        cited = [_sentence("Thank you for reading.", name) for name, _ in passages[:1]] or [_sentence("Thank you.")]
    return {
        "subject": _sentence(SUBJECTS[drawn % len(SUBJECTS)]),
        "preheader": _sentence("Read on in your own time, whenever it suits you."),
        "blocks": [
            {"kind": "paragraph", "sentences": [_sentence(OPENINGS[drawn % len(OPENINGS)])]},
            {"kind": "paragraph", "sentences": cited},
        ],
        "call_to_action": _sentence(call),
    }


def _sentence(text: str, *passage_ids: str) -> Json:
    return {"text": text, "passage_ids": list(passage_ids)}


def _material(body: Json) -> tuple[list[tuple[str, str]], str]:
    """The passages in the prompt (JSON with `passages`, or wherever a passage_id stands) and the call to action."""
    material = _told(body)
    if isinstance(material.get("passages"), list):
        found = [(str(one["passage_id"]), _inside(str(one["text"]))) for one in material["passages"]]
        return found, str(material.get("brief", {}).get("call_to_action") or "Have a look")
    return [(found["id"] or found["tag"], "") for found in LOOSE.finditer("\n".join(_asked(body)))], "Have a look"


def _told(body: Json) -> Json:
    """The JSON object that a user's message holds."""
    for content in _asked(body):
        try:
            material = json.loads(content[content.index("{") :])
        except ValueError:
            continue
        if isinstance(material, dict) and material.keys() & {"passages", "questions"}:
            return material
    return {}


def _asked(body: Json) -> list[str]:
    return [str(one.get("content")) for one in body.get("messages", []) if one.get("role") == "user"]


def _inside(text: str) -> str:
    return re.sub(r"^<[\w-]+>|</[\w-]+>$", "", text)
