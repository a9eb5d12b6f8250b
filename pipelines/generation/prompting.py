"""The words that a model is asked with: a versioned text, and everything untrusted as one JSON object beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from pipelines.contracts import Json, Passage
from pipelines.generation.briefs import Brief
from pipelines.generation.message import Message
from pipelines.generation.ports import Complaint, Learning, Unit
from pipelines.generation.privacy import delimited, mask
from pipelines.generation.slots import SLOTS

TEXTS = Path(__file__).with_name("prompts")
LONGEST_TITLE = 300
DRAFT, REPAIR = "draft-v1", "repair-v1"

ANGLES = {
    "professional": "sober and well ordered, the strongest evidence first.",
    "friendly": "as one would write to an acquaintance, warm without gushing.",
    "direct": "the point in the first sentence, no introduction, few words.",
    "control": "the plainest version: what is offered and where, nothing else.",
    "curiosity": "opens with a question or an unexpected fact that the text then answers.",
    "benefit": "what the reader gains, in the reader's own day, fact by fact.",
    "urgency": "what ends when, if a date is given; otherwise why now is a sensible moment, without pressure.",
    "social_proof": "what customers said or what surveys found, quoted exactly.",
}
LENGTHS = {
    "email": "E-mail: subject of at most 60 characters, preheader of 40 to 100, four to eight sentences in the body.",
    "sms": "Text message: one or two sentences in the body, at most 110 characters together; the subject is for us.",
    "linkedin": "LinkedIn note: at most 250 characters in the body; the subject is for us.",
    "push": "Push message: subject of at most 40 characters, body of at most 120.",
    "whatsapp": "WhatsApp message: two to four short sentences in the body.",
    "web": "Banner on a page: subject as its headline, one paragraph of at most three sentences.",
}
LEARNT = (
    "\nThe object's `learnings` say what readers answered more or less often before. Where the rules above leave a "
    "choice, choose what was answered more. They are no facts to write of, and nothing cites them.\n"
)


@cache
def _text(name: str) -> str:
    return (TEXTS / f"{name}.txt").read_text(encoding="utf-8")


@cache
def prompt_version(learnings: tuple[Learning, ...] = ()) -> str:
    """The template and the state that its words are in: other words, or other learnings, are another version."""
    words = _text(DRAFT) + _text(REPAIR) + json.dumps([ANGLES, LENGTHS, list(SLOTS)])
    if learnings:
        words += LEARNT + json.dumps([one.statement for one in learnings])
    return f"{DRAFT}-{hashlib.sha256(words.encode()).hexdigest()[:8]}"


def draft_messages(
    brief: Brief, unit: Unit, strategy: str, passages: Sequence[Passage], learnings: Sequence[Learning] = ()
) -> tuple[Mapping[str, str], ...]:
    """The conversation that asks for one variant."""
    system = (
        _text(DRAFT)
        .replace("{slots}", ", ".join("{{" + name + "}}" for name, slot in SLOTS.items() if slot.kind == "word"))
        .replace("{channel}", LENGTHS[brief.channel])
        .replace("{strategy}", strategy)
        .replace("{angle}", ANGLES[strategy])
    )
    if learnings:
        system += LEARNT
    material = _material(brief, unit, passages, learnings)
    return {"role": "system", "content": system}, {"role": "user", "content": material}


def repair_messages(
    asked: Sequence[Mapping[str, str]], written: Message, complaints: Sequence[Complaint]
) -> tuple[Mapping[str, str], ...]:
    """The same conversation, continued by what was written and what was held against it."""
    refused = [{"place": one.place, "sentence": one.text, "reason": one.reason} for one in complaints]
    content = _text(REPAIR) + json.dumps({"refused": refused}, ensure_ascii=False, indent=1)
    return (
        *asked,
        {"role": "assistant", "content": written.model_dump_json()},
        {"role": "user", "content": content},
    )


def _material(brief: Brief, unit: Unit, passages: Sequence[Passage], learnings: Sequence[Learning]) -> str:
    # An account's or a person's label names somebody; of those only traits go out.
    traits = {name: delimited(name, value) for name, value in unit.traits.items()}
    audience: Json = {"kind": unit.kind, "traits": traits}
    if unit.kind in ("segment", "persona"):
        audience |= {"name": unit.label, "description": unit.description}
    offer = brief.offer.model_dump(mode="json") if brief.offer else None
    if offer:
        offer["text"] = mask(offer["text"]).text
    material = {
        "brief": {
            "goal": mask(brief.goal).text,
            "tone": brief.tone and mask(brief.tone).text,
            "value_proposition": mask(brief.value_proposition).text,
            "call_to_action": mask(brief.call_to_action.text).text,
            "offer": offer,
        },
        "audience": audience,
        "passages": [
            {
                "passage_id": one.passage_id,
                "title": delimited("title", one.title, LONGEST_TITLE),
                "text": delimited("passage", one.text),
            }
            for one in passages
        ],
    }
    if learnings:
        material["learnings"] = [delimited("learning", one.statement) for one in learnings]
    return json.dumps(material, ensure_ascii=False, indent=1)
