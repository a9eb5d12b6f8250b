"""All evidence of the passages at hand, found by stem, synonym or quantity; and whose names they know."""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from pipelines.contracts import Passage
from pipelines.generation.grounding.evidence import Evidence, evidence_of
from pipelines.generation.grounding.verdict import SentenceVerdict
from pipelines.generation.grounding.words import stem

_HOST = re.compile(r"https?://(?:www\.)?([\w-]+)\.")
_WORD = re.compile(r"[^\W\d_]{3,}")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}")


@dataclass(frozen=True, slots=True)
class Library:
    """Evidence with its index; product names (`names`, their words, which word stands for which), the company's own.

    `house` is the name of whoever speaks, `ours` are those of whom it says "our planners".
    """

    passages: dict[str, Passage]
    evidence: tuple[Evidence, ...]
    postings: dict[str, tuple[int, ...]]
    weights: dict[str, float]
    by_passage: dict[str, tuple[int, ...]]
    names: tuple[frozenset[str], ...]
    products: frozenset[str]
    alias: dict[str, frozenset[str]]
    headings: frozenset[str]
    house: frozenset[str]
    ours: frozenset[str]
    verdicts: dict[object, SentenceVerdict] = field(default_factory=dict)
    inside: dict[frozenset[str], frozenset[int]] = field(default_factory=dict)
    usable: dict[date, frozenset[str]] = field(default_factory=dict)

    def usable_on(self, day: date) -> frozenset[str]:
        """The passages that may be cited on that day."""
        if day not in self.usable:
            may = (name for name, passage in self.passages.items() if passage.refused_on(day) is None)
            self.usable[day] = frozenset(may)
        return self.usable[day]


@lru_cache(maxsize=32)
def library_of(passages: tuple[Passage, ...]) -> Library:
    """The library of these passages; the same passages give the same library."""
    evidence = tuple(one for passage in passages for one in evidence_of(passage))
    postings: dict[str, list[int]] = defaultdict(list)
    by_passage: dict[str, list[int]] = {passage.passage_id: [] for passage in passages}
    for number, one in enumerate(evidence):
        by_passage[one.passage.passage_id].append(number)
        for concept in {*one.own, *one.linked, *one.context, *one.listed}:
            postings[concept].append(number)
    names = _product_names(passages)
    return Library(
        passages={passage.passage_id: passage for passage in passages},
        evidence=evidence,
        postings={concept: tuple(numbers) for concept, numbers in postings.items()},
        weights={concept: math.log(1 + (len(evidence) + 1) / len(numbers)) for concept, numbers in postings.items()},
        by_passage={name: tuple(numbers) for name, numbers in by_passage.items()},
        names=names,
        products=frozenset(word for name in names for word in name),
        alias=_aliases(names),
        headings=frozenset(word for p in passages for word in _stems(f"{p.product or ''} {p.title} {p.heading}")),
        house=_house(passages),
        ours=_ours(evidence),
    )


def candidates(library: Library, concepts: Iterable[str], allowed: frozenset[str], most: int) -> list[Evidence]:
    """The evidence that says most of it, best first; among the allowed passages only."""
    scores: defaultdict[int, float] = defaultdict(float)
    for concept in concepts:
        weight = library.weights.get(concept, 0.0)
        for number in library.postings.get(concept, ()):
            scores[number] += weight
    inside = library.inside.get(allowed)
    if inside is None:
        inside = frozenset(number for name in allowed for number in library.by_passage.get(name, ()))
        library.inside[allowed] = inside
    ranked = heapq.nsmallest(most, inside.intersection(scores), key=lambda number: (-scores[number], number))
    return [library.evidence[number] for number in ranked]


def _product_names(passages: Sequence[Passage]) -> tuple[frozenset[str], ...]:
    """The products as papers name them, and as the rows of their tables do: "Bücherregal Eiche", "Oak bookshelf"."""
    documents = {passage.document_id for passage in passages if passage.kind == "row" and passage.product}
    several = {name for name in documents if len({p.product for p in passages if p.document_id == name}) > 1}
    named = [passage.product for passage in passages if passage.product]
    named += [p.text.split(":")[0] for p in passages if p.kind == "row" and p.product and p.document_id in several]
    return tuple(dict.fromkeys(frozenset(_stems(name)) for name in named))


def _aliases(names: Sequence[frozenset[str]]) -> dict[str, frozenset[str]]:
    """For a word of a product's name the other words that only this product has: "the apron" is the linen apron."""
    met = Counter(word for name in names for word in name)
    return {word: frozenset(o for o in name if o != word and met[o] == 1) for name in names for word in name}


def _stems(text: str) -> list[str]:
    return [stem(word) for word in _WORD.findall(text.lower())]


def _ours(evidence: Iterable[Evidence]) -> frozenset[str]:
    heads = (one.reading.clauses[0].head for one in evidence if one.reading.first == "our" and one.reading.clauses)
    return frozenset(filter(None, heads))


def _house(passages: Sequence[Passage]) -> frozenset[str]:
    """The company that speaks: the name in its web addresses, else the name met in most documents."""
    hosts = Counter(match[1].lower() for passage in passages if (match := _HOST.match(passage.source)))
    if hosts:
        return frozenset({stem(hosts.most_common(1)[0][0])})
    documents = len({passage.document_id for passage in passages})
    met: dict[str, set[str]] = defaultdict(set)
    for passage in passages:
        for word in _NAME.findall(passage.text):
            met[word].add(passage.document_id)
    often = max(met, key=lambda word: (len(met[word]), word), default=None)
    return frozenset({stem(often.lower())}) if often and len(met[often]) >= max(3, documents / 3) else frozenset()
