"""A message made safe: each sentence sanitised, its slots and links checked, everything wrong named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pipelines.generation.brand import Brand
from pipelines.generation.links import clickable_elsewhere
from pipelines.generation.message import Message, Sentence
from pipelines.generation.rendering.rendered import Notes
from pipelines.generation.rendering.sanitising import Clean, sanitised
from pipelines.generation.slots import SLOT, SLOTS, slots_in, unknown_slots

MOST_LETTERS, MOST_BLOCKS = 2000, 40


@dataclass(frozen=True, slots=True)
class Piece:
    """One block of the body."""

    kind: Literal["heading", "paragraph", "bullet", "quote"]
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Content:
    """What may be said, for every channel to lay out in its own way."""

    subject: str
    preheader: str
    body: tuple[Piece, ...]
    call_to_action: str

    def words(self) -> str:
        """The body as running text; a heading would read like half a sentence in it."""
        sentences = [piece.text for piece in self.body if piece.kind != "heading"]
        return " ".join(sentences or [piece.text for piece in self.body])


def prepared(message: Message, brand: Brand, notes: Notes) -> Content:
    """The message as safe content; what is wrong with it goes to the notes."""
    clean = {place: _checked(place, sentence, brand, notes) for place, sentence in message.sentences()}
    if len(message.blocks) > MOST_BLOCKS:
        notes.faults.append(f"the body has {len(message.blocks)} blocks, more than {MOST_BLOCKS}")
    body = []
    for number, block in enumerate(message.blocks, 1):
        said = [clean[f"block {number}.{at}"] for at, _ in enumerate(block.sentences, 1)]
        if text := " ".join(filter(None, (one.text for one in said))):
            body.append(Piece(block.kind, " ".join(filter(None, (one.html for one in said))), text))
    if not body:
        notes.faults.append("the body says nothing")
    if not clean["call to action"].text:
        notes.faults.append("the call to action says nothing")
    return Content(clean["subject"].text, clean["preheader"].text, tuple(body), clean["call to action"].text)


def _checked(place: str, sentence: Sentence, brand: Brand, notes: Notes) -> Clean:
    if len(sentence.text) > MOST_LETTERS:
        notes.faults.append(f"{place} has {len(sentence.text)} characters, more than {MOST_LETTERS}")
        return Clean("", "")
    clean = sanitised(sentence.text, brand.allowed_hosts)
    notes.faults.extend(f"{place}: {fault}" for fault in _faults(place, clean, brand))
    if clean.dropped:
        notes.warnings.append(f"{place}: {', '.join(clean.dropped)} taken out")
    return clean


def _faults(place: str, clean: Clean, brand: Brand) -> Iterator[str]:
    # Both forms are looked at: mark-up inside a slot breaks it in one of them only.
    yield from dict.fromkeys((*unknown_slots(clean.text), *unknown_slots(clean.html)))
    for link in clickable_elsewhere(SLOT.sub(" ", clean.text), brand.allowed_hosts):
        yield f"{link} would lead to a host that is not on the brand's list; take it out"
    if place in ("subject", "preheader", "call to action"):
        for name in slots_in(clean.text):
            if SLOTS[name].always_given:
                yield f"{{{{{name}}}}} does not belong here; only the body may hold it"
