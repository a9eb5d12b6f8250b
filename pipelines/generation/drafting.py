"""One variant, decided: how it is asked for, whether what came back may be used, and what is kept of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pipelines.contracts import Passage, Refusal
from pipelines.generation.brand import Brand
from pipelines.generation.briefs import Brief, brief_hash
from pipelines.generation.grounding import SentenceVerdict, verify_message
from pipelines.generation.message import Message
from pipelines.generation.ports import Answer, Ask, Complaint, Learning, Unit
from pipelines.generation.prompting import draft_messages, repair_messages
from pipelines.generation.rendering import Rendered, render
from pipelines.generation.scoring import Scorer
from pipelines.generation.slots import unknown_slots

TEMPERATURE = 0.7
MOST_OUTPUT_TOKENS = 2_000

Verdicts = Sequence[tuple[str, SentenceVerdict]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the checks hold against a message: nothing, or why it is blocked."""

    verdicts: Verdicts
    complaints: tuple[Complaint, ...]
    code: str
    reason: str
    rendered: Rendered | None = None


def variant_id(campaign_id: str, unit: Unit, strategy: str) -> str:
    """The same for the same campaign, unit and strategy, whatever its text."""
    return "v-" + _digest([campaign_id, unit.kind, unit.unit_id, strategy])[:20]


def first_ask(
    brief: Brief,
    unit: Unit,
    strategy: str,
    passages: Sequence[Passage],
    version: int,
    learnings: tuple[Learning, ...] = (),
) -> Ask:
    """The ask for one variant; its seed is settled by what is wanted, so the same wish is the same ask."""
    brief = brief.for_text(strategy)
    seed = int(_digest([brief_hash(brief), unit.kind, unit.unit_id, strategy, version])[:7], 16)
    messages = draft_messages(brief, unit, strategy, passages, learnings)
    return Ask(
        brief, unit, strategy, tuple(passages), messages, seed, TEMPERATURE, MOST_OUTPUT_TOKENS, learnings=learnings
    )


def repair_ask(asked: Ask, written: Message, complaints: Sequence[Complaint]) -> Ask:
    """The second and last round, with the verdicts as feedback."""
    return replace(asked, messages=repair_messages(asked.messages, written, complaints), complaints=tuple(complaints))


def judge(message: Message, brief: Brief, brand: Brand, passages: Sequence[Passage], today: date) -> Judgement:
    """Every check that a message must pass before anybody is asked to approve it."""
    verdicts = verify_message(message, passages, today, brief.call_to_action.text)
    texts = {place: sentence.text for place, sentence in message.sentences()}
    found = [
        (f"claim_{verdict.code}", Complaint(place, verdict.text, verdict.reason))
        for place, verdict in verdicts
        if verdict.verdict == "unsupported"
    ]
    for place, text in texts.items():
        found += [("unknown_slot", Complaint(place, text, fault)) for fault in unknown_slots(text)]
    rendered = None
    if not found:
        try:
            rendered = render(message, brief, brand)
        except Refusal as refusal:
            found.append(("does_not_fit", Complaint("message", message.subject.text, str(refusal))))
    complaints = tuple(complaint for _, complaint in found)
    if not found:
        why = "Every factual sentence is supported by the passage that it cites."
        return Judgement(verdicts, (), "verified", why, rendered)
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    first = complaints[0]
    return Judgement(verdicts, complaints, found[0][0], f"{first.place}: {first.reason}{more}")


def variant_row(
    asked: Ask, answer: Answer, judgement: Judgement | None, scorer: Scorer, key: Mapping[str, Any]
) -> dict[str, Any]:
    """The row of one version; a message that was judged is kept even when it is blocked."""
    message = answer.message
    row: dict[str, Any] = {
        **key,
        "unit_kind": asked.unit.kind,
        "unit_id": asked.unit.unit_id,
        "strategy": asked.strategy,
        "channel": asked.brief.channel,
        "status": "blocked" if judgement is None or judgement.complaints else "drafted",
        "code": judgement.code if judgement else answer.outcome,
        "reason": judgement.reason if judgement else answer.detail,
        "message": None,
        "confidence": None,
        "confidence_basis": None,
        **dict.fromkeys(("content_hash", "subject", "preheader", "html", "body")),
    }
    if message is not None:
        unit, rendered = asked.unit, judgement.rendered if judgement else None
        score = scorer.score_for((unit.kind, unit.unit_id), asked.brief.tone, message, asked.strategy, rendered)
        row |= {
            "message": message.model_dump_json(),
            "confidence": score.confidence,
            "confidence_basis": score.basis,
        }
    if judgement and judgement.rendered:
        row |= as_sent(judgement.rendered, asked.brief.call_to_action.link)
    return row


def as_sent(rendered: Rendered, link: str) -> dict[str, str]:
    """What would be sent, slots still in place, and the hash of exactly that: an approval is bound to it."""
    parts = {
        "subject": rendered.subject,
        "preheader": rendered.preheader,
        "html": rendered.html,
        "body": rendered.text,
    }
    return {**parts, "content_hash": hash_as_sent(rendered.channel, link, list(parts.values()))}


def hash_as_sent(channel: str, link: str, parts: list[str]) -> str:
    """The hash of a text as it would be sent: its subject, preheader, page and plain text, slots in place."""
    return _digest([channel, link, *parts])


def sentence_rows(message: Message, verdicts: Verdicts) -> list[dict[str, Any]]:
    """What is kept of each sentence: its place, its citations and the verdict."""
    cited = {place: sentence.passage_ids for place, sentence in message.sentences()}
    return [
        {
            "place": place,
            "text": verdict.text,
            "verdict": verdict.verdict,
            "passage_ids": cited.get(place, ()),
            "code": verdict.code,
            "reason": verdict.reason,
        }
        for place, verdict in verdicts
    ]


def _digest(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
