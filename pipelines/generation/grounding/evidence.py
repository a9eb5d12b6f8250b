"""A passage as evidence: each sentence with what it points back to and under which title it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipelines.contracts import Passage
from pipelines.generation.grounding.lexicon.function_words import POINTERS
from pipelines.generation.grounding.lexicon.synonyms import IMPLIED
from pipelines.generation.grounding.reading import Item, Reading, read
from pipelines.generation.grounding.splitting import sentences_of
from pipelines.generation.grounding.words import concepts_of, stem

_POINTS_BACK = POINTERS | {"he", "she", "there", "both", "such", "him", "her", "his"}
_SUMS_UP = frozenset({"this", "these", "that", "those", "them", "both"})
_DEFINITE = frozenset({"the", "this", "these", "such", "both", "all"})
_TITLE_UNITS = frozenset({"date", "ml", "mm", "g"})
# As many sentences back as a chain of "it" may reach.
_CHAIN = 3
# Subjects that stand for whoever was named before.
ANY_SUBJECT = frozenset(stem(word) for word in ("company", "firm", "team", "agency", "set", "product"))
IMPLIED_STEMS = {stem(word): tuple(c for m in more for c in concepts_of(m)) for word, more in IMPLIED.items()}

Scope = dict[str, tuple[Item, ...]]


@dataclass(frozen=True, slots=True)
class Context:
    """What stands over the sentences of a passage: its title and heading, and what a row of a table is about."""

    title: frozenset[str]
    all: frozenset[str]
    listed: frozenset[str]
    quantities: tuple[Item, ...]
    label: frozenset[str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence of a passage: what it says itself, what it points back to, and its context."""

    passage: Passage
    reading: Reading
    own: Scope
    linked: Scope
    over: Context
    quantities: tuple[Item, ...]
    denied: bool
    sums_up: bool
    named_before: bool

    @property
    def context(self) -> frozenset[str]:
        """Everything that title and heading speak of."""
        return self.over.all

    @property
    def listed(self) -> frozenset[str]:
        """What a heading only lists."""
        return self.over.listed

    @property
    def title(self) -> frozenset[str]:
        """What the title and the product's name speak of."""
        return self.over.title

    @property
    def label(self) -> frozenset[str]:
        """What a row of a table is about: one of these words must be said with what the row says."""
        return self.over.label


def evidence_of(passage: Passage) -> Iterator[Evidence]:
    """The sentences of a passage that state something; a question lends its words to its answer."""
    context = _context(passage)
    heading = read(passage.heading)
    before = [heading] if heading.question else []
    for text in _texts(passage):
        reading = read(text)
        if reading.question and passage.kind not in ("quote", "row"):
            before = [reading]
            continue
        answers = bool(before) and before[-1].question
        points = answers or _points_back(reading, before)
        sums_up = answers or _sums_up(reading)
        linked = tuple(_linked(before, whole=sums_up)) if points else ()
        quantities = tuple(item for item in (*reading.items, *linked) if item.quantity)
        yield Evidence(
            passage, reading, _scope(reading.items), _scope(linked), context, (*quantities, *context.quantities),
            answers and reading.first == "no", sums_up, bool(before) and _says_what_it_is(before[-1], reading),
        )  # fmt: skip
        before = [*(before if points else ()), reading][-_CHAIN:]


def _texts(passage: Passage) -> list[str]:
    if passage.kind in ("quote", "row"):
        return [" ".join(passage.text.split())]
    return [sentence.text for sentence in sentences_of(passage.text)]


def _context(passage: Passage) -> Context:
    named, heading = read(f"{passage.title}. {passage.product or ''}"), read(passage.heading)
    title, headed = frozenset(_scope(named.items)), frozenset(_scope(heading.items))
    # "Denmark, Poland and Lithuania" heads what is said of each: it does not say which.
    lists = "," in passage.heading
    quantities = tuple(
        item
        for item in (*read(passage.title).items, *heading.items)
        if item.quantity and (item.quantity.unit in _TITLE_UNITS or item.quantity.shape == "size")
    )
    labelled = passage.kind == "row" and ":" in passage.text
    label = frozenset(_scope(read(passage.text.split(":")[0]).items)) if labelled else frozenset[str]()
    return Context(title, title if lists else title | headed, headed if lists else frozenset(), quantities, label)


def _points_back(reading: Reading, before: list[Reading]) -> bool:
    """Whether a sentence speaks on: "it", "these", "the company", or of a thing that the sentence before brought up."""
    if reading.functions & _POINTS_BACK:
        return True
    head = reading.clauses[0].head if reading.clauses else None
    if not before or head is None:
        return False
    return head in ANY_SUBJECT or (reading.first in _DEFINITE and head in before[-1].concepts)


def _says_what_it_is(before: Reading, reading: Reading) -> bool:
    """ "Harrow Cycles is a shop. The shop …": the second sentence speaks of the same."""
    pairs = set(zip(before.words, before.words[1:], strict=False))
    identified = bool(pairs & {("is", "a"), ("is", "an"), ("is", "the"), ("are", "the")})
    return identified and reading.first == "the" and _points_back(reading, [before])


def _sums_up(reading: Reading) -> bool:
    """Whether a sentence speaks of all that was said before: "Of these, …", "That is …"."""
    pairs = set(zip(reading.words, reading.words[1:], strict=False))
    return bool({*reading.words[:2]} & _SUMS_UP) or any(("of", word) in pairs for word in _SUMS_UP)


def _linked(before: list[Reading], *, whole: bool) -> Iterator[Item]:
    """Of the sentences before: all, or what they are about."""
    for reading in before:
        yield from (item for item in reading.items if whole or item.subject or item.lead)


def _scope(items: Iterable[Item]) -> Scope:
    scope: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        for concept in dict.fromkeys((*item.concepts, *IMPLIED_STEMS.get(item.concepts[0], ()))):
            scope[concept].append(item)
    return {concept: tuple(found) for concept, found in scope.items()}
