"""Texts, drafts and messages held against approved passages, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipelines.contracts import Passage
from pipelines.generation.grounding.factual import is_imperative
from pipelines.generation.grounding.following import setting_of, subject_of
from pipelines.generation.grounding.lexicon.claims import kind_of_claim
from pipelines.generation.grounding.library import Library, library_of
from pipelines.generation.grounding.numbers import NUMBER
from pipelines.generation.grounding.quoting import quoted_in
from pipelines.generation.grounding.reading import read
from pipelines.generation.grounding.splitting import sentences_of, sentences_on
from pipelines.generation.grounding.verdict import SentenceVerdict
from pipelines.generation.grounding.verifying import STANDING_ALONE, Setting, verify
from pipelines.generation.message import Message
from pipelines.generation.rendering.sanitising import sanitised
from pipelines.generation.slots import SLOT
from pipelines.generation.wording import one_line

LONGEST_BUTTON = 6
_DENIALS = frozenset(("no", "not", "never", "without", "don't", "don’t"))
_ORDER = ("unsupported", "supported", "not_factual")


def check_text(text: str, passages: Sequence[Passage], on: date) -> list[SentenceVerdict]:
    """A verdict on every sentence of any text, each held against all passages."""
    course = _Course(library_of(tuple(passages)), on)
    return [course.judge(sentence.text, None, sentence.place) for sentence in sentences_of(text)]


def check_sentence(
    text: str, cited_ids: Sequence[str], passages: Sequence[Passage], on: date, before: str = ""
) -> SentenceVerdict:
    """A verdict on one sentence of a draft, which must rest on what it cites; `before` is the sentence before it."""
    library = library_of(tuple(passages))
    setting = setting_of(text, subject_of(before, library), "text", library) if before else STANDING_ALONE
    return _worst(text, tuple(cited_ids), library, on, setting)


def verify_message(
    message: Message, passages: Sequence[Passage], on: date, button: str = ""
) -> list[tuple[str, SentenceVerdict]]:
    """A verdict on every sentence of a message as it is sent, with its place; `button` is what the brief puts there."""
    course = _Course(library_of(tuple(passages)), on)
    kinds: dict[str, str] = {f"block {number}": block.kind for number, block in enumerate(message.blocks, 1)}
    kinds["subject"] = "heading"
    verdicts = []
    for place, sentence in message.sentences():
        # Which links may stand there is asked elsewhere: of a link the words alone say something.
        sent = sanitised(sentence.text, ()).text
        verdict = course.judge(sent, sentence.passage_ids, kinds.get(place.split(".")[0], "text"))
        if place == "call to action":
            verdict = _of_a_button(verdict, button, course.library)
        verdicts.append((place, _with_fallbacks(replace(verdict, text=sentence.text))))
    return verdicts


def _with_fallbacks(verdict: SentenceVerdict) -> SentenceVerdict:
    """What stands for a name that is not known claims nothing."""
    spoken = (word for found in SLOT.finditer(verdict.text) for word in found["inside"].partition("|")[2].split())
    claim = next((word for word in spoken if kind_of_claim(word.lower())), None)
    if claim is None:
        return verdict
    return replace(verdict, verdict="unsupported", code="unsupported", reason=f"A slot's fallback claims “{claim}”.")


def _of_a_button(verdict: SentenceVerdict, wanted: str, library: Library) -> SentenceVerdict:
    """What the brief puts there, or a few words that ask for a click and name nobody else, state nothing."""
    words = re.findall(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*", verdict.text.lower())
    reading = read(verdict.text)
    known = library.products | library.house | {concept for item in read(wanted).items for concept in item.concepts}
    names = [item for item in reading.items if item.kind == "name" and item.concepts[0] not in known]
    if verdict.text != one_line(wanted) and (names or not is_imperative(reading, library)):
        return verdict
    parts = {*words, *(part for word in words for part in word.split("-"))}
    states = NUMBER.search(verdict.text) or any(part in _DENIALS or kind_of_claim(part) for part in parts)
    if verdict.verdict != "unsupported" or states or len(words) > LONGEST_BUTTON:
        return verdict
    return SentenceVerdict(
        verdict.text, "not_factual", None, None, "not_factual", "A button that only asks for a click."
    )


@dataclass(slots=True)
class _Course:
    """A text as it goes on: what it is about, and which passage it quotes."""

    library: Library
    on: date
    about: tuple[str, ...] = ()
    quoted: SentenceVerdict | None = None

    def judge(self, text: str, cited: tuple[str, ...] | None, place: str) -> SentenceVerdict:
        setting = setting_of(text, self.about, place, self.library)
        verdict = _worst(text, cited, self.library, self.on, setting)
        self.about = setting.about or subject_of(text, self.library) or self.about
        goes_on = self.quoted is not None and (place == "quote" or text.lstrip().startswith(("—", "–")))
        if goes_on and self.quoted is not None:
            verdict = self._of_the_same(verdict, self.quoted, setting)
        quotes = goes_on or place == "quote" or quoted_in(text) is not None
        self.quoted = (verdict if verdict.verdict == "supported" else self.quoted) if quotes else None
        return verdict

    def _of_the_same(self, verdict: SentenceVerdict, quoted: SentenceVerdict, setting: Setting) -> SentenceVerdict:
        """The name under a quotation must be the one under which the passage gives it."""
        if verdict.verdict != "supported" or verdict.passage_id == quoted.passage_id or quoted.passage_id is None:
            return verdict
        again = verify(verdict.text, self.library, self.on, (quoted.passage_id,), setting)
        if again.verdict != "unsupported":
            return again
        reason = f"The quotation before it is not by “{verdict.text}” ({quoted.passage_id})."
        return replace(again, code="speaker", reason=reason)


def _worst(text: str, cited: tuple[str, ...] | None, library: Library, on: date, setting: Setting) -> SentenceVerdict:
    """One piece of a draft may hold several sentences; the first that is not borne out decides."""
    parts = sentences_on(text) if cited is not None else ()
    if len(parts) < 2:
        return verify(text, library, on, cited, setting)
    verdicts = [verify(part.text, library, on, cited, setting) for part in parts]
    return replace(min(verdicts, key=lambda verdict: _ORDER.index(verdict.verdict)), text=text)
