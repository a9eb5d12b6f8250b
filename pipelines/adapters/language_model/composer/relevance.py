"""How near a fact is to what the brief wants: its words, its themes, its products."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from pipelines.adapters.language_model.composer.english import stems
from pipelines.adapters.language_model.composer.phrasing import themes
from pipelines.generation.briefs import Brief

_STRAY, _APART, _OFF_TOPIC, _ON_TOPIC, _ASKED = 3.0, 1.1, 1.1, 0.35, 0.5
_NEAREST = 2.2
# What a sale comes with; a mail tells of it only where the brief does, or for want of better.
_BESIDES = frozenset(("assembly", "branding", "delivery", "gift", "payment", "repair", "returns", "saving", "service"))
# "The Desk lamp costs", "Our Teapot was rated": a capital in the middle names something.
_NAMES_A_THING = re.compile(r"(?:The|Our|An?|One|Each) (?:[a-z]+ )?[A-ZÀ-Þ]")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a brief wants told: the words of its promise count most, then its goal, then what it searches for."""

    promised: frozenset[str]
    aimed: frozenset[str]
    words: frozenset[str]
    topics: frozenset[str]
    products: tuple[str, ...]

    def nearness(self, said: frozenset[str]) -> float:
        """How much of these words the brief wants, for their number."""
        weight = len(said & self.promised) + 0.6 * len(said & self.aimed) + 0.4 * len(said & self.words)
        return min(_NEAREST, weight / math.sqrt(max(4, len(said))))

    def asks_about(self, title: str) -> bool:
        """Whether the brief speaks of what a document is titled."""
        told = stems(title)
        return bool(told) and len(told & self.words) / len(told) >= _ASKED


@lru_cache(maxsize=256)
def wanted_of(value: str, goal: str, query: str, offer: str, products: tuple[str, ...]) -> Wanted:
    """What these parts of a brief want told."""
    whole = " ".join(filter(None, (value, goal, query, offer)))
    topics = frozenset(name for name, theme in themes().items() if theme.cues and theme.cues.search(whole))
    return Wanted(stems(f"{value} {offer}"), stems(goal), stems(whole), topics, products)


def wanted_by(brief: Brief) -> Wanted:
    """What a brief wants told."""
    offer = brief.offer.text if brief.offer else ""
    known = brief.knowledge
    return wanted_of(brief.value_proposition, brief.goal, known.query or "", offer, known.products)


def off_topic(theme: str, wanted: Wanted) -> float:
    """What a fact loses for its theme, or gains where the brief speaks of it."""
    if theme != "general" and theme in wanted.topics:
        return -_ON_TOPIC
    return _OFF_TOPIC if theme in _BESIDES else 0.0


def strays(text: str, product: str | None, theme: str, focus: frozenset[str], others: frozenset[str]) -> float:
    """How far a fact is from the products in focus: another product's, by its papers or first words, or nobody's."""
    if product is not None:
        return 0.0 if product in focus else _STRAY
    if any(name.lower() in text.lower() for name in focus):
        return 0.0
    if _NAMES_A_THING.match(text) or any(name in text for name in others):
        return _STRAY
    return _APART if theme != "general" else _APART + _OFF_TOPIC
