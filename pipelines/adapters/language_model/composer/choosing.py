"""Which facts a message tells: by what the brief wants, who reads, how the strategy argues, and what is told so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pipelines.adapters.language_model.composer.facts import Fact
from pipelines.adapters.language_model.composer.phrasing import leanings
from pipelines.adapters.language_model.composer.readers import Reader, Side
from pipelines.adapters.language_model.composer.stock import Offered, Run, Stock

# How long a strategy likes its sentences to be, in characters.
_LENGTHS = {"direct": 62, "control": 70, "professional": 115, "friendly": 80, "curiosity": 90, "benefit": 85}
_CHANCE, _DEALT, _ALIKE, _MOST_HARMONY = 0.9, 0.8, 0.4, 1.5
_EQUALS, _NEARLY, LEAST_SCORE = 3, 1.5, -1.2


@dataclass(frozen=True, slots=True)
class Wish:
    """For whom and how facts are chosen; `turn` and `place` deal facts out among the strategies of one unit."""

    strategy: str
    reader: Reader
    draw: int
    turn: int
    place: int
    places: int
    banned: frozenset[str]
    # The documents whose promotion the message is about; None takes any.
    promoted: frozenset[str] | None
    tells_dates: bool


@dataclass(slots=True)
class Choice:
    """The facts of one message, chosen one after the other, best first; no fact is told twice."""

    scored: list[tuple[float, Run]]
    taken: list[Fact] = field(default_factory=list)
    buyers: Side | None = None

    def take(
        self,
        fits: Callable[[Run], bool],
        near: Fact | None = None,
        apart: bool = False,
        worth: float | None = None,
    ) -> Run:
        """The best run that fits and tells something new, or an empty one; `near` draws to its document and product."""
        best: Run = ()
        most = LEAST_SCORE if worth is None else worth
        for score, run in self.scored:
            if score + _MOST_HARMONY < most:
                break
            if fits(run):
                harmonious = score + self._harmony(run[0], near, apart)
                if harmonious > most and not self._told(run):
                    best, most = run, harmonious
        self.add(best)
        return best

    def dealt(self, fits: Callable[[Run], bool], turn: int, worth: float | None = None) -> Run:
        """One of the best runs that fit and are nearly as good as each other; `turn` says which."""
        least = LEAST_SCORE if worth is None else worth
        fitting: list[Run] = []
        for score, run in self.scored:
            if score < least or len(fitting) == _EQUALS:
                break
            if fits(run) and not self._told(run) and not any(_alike(run[0], other[0]) for other in fitting):
                least = max(least, score - _NEARLY) if not fitting else least
                fitting.append(run)
        chosen: Run = fitting[turn % len(fitting)] if fitting else ()
        self.add(chosen)
        return chosen

    def has(self, fits: Callable[[Run], bool]) -> bool:
        """Whether a run that fits is on offer."""
        return any(score > LEAST_SCORE and fits(run) for score, run in self.scored)

    def add(self, run: Run) -> None:
        """Notes that these facts are told."""
        self.taken.extend(run)
        for fact in run:
            self.buyers = self.buyers or fact.buyers

    def _harmony(self, fact: Fact, near: Fact | None, apart: bool) -> float:
        harmony = 0.0
        if near is not None:
            harmony += 0.5 * (fact.document_id == near.document_id) + 0.4 * (fact.product == near.product)
            harmony += 0.6 * (fact.passage_id == near.passage_id and fact.place > near.place)
        for told in self.taken:
            if apart and told.theme == fact.theme:
                harmony -= 0.7
            if fact.product and told.product and fact.product != told.product:
                harmony -= 0.5
        return harmony

    def _told(self, run: Run) -> bool:
        side = run[0].buyers
        if side and self.buyers and side != self.buyers:
            return True
        return any(_alike(fact, told) for fact in run for told in self.taken)


def _alike(one: Fact, other: Fact) -> bool:
    if one.text == other.text:
        return True
    shared = len(one.stems & other.stems)
    return shared > _ALIKE * min(len(one.stems), len(other.stems)) and shared >= 3


def choice_for(stock: Stock, wish: Wish) -> Choice:
    """All runs scored for one wish, best first, without what is banned, meant for others, or soon over."""
    by_strategy = leanings().strategies[wish.strategy]
    by_stance = leanings().stances[wish.reader.stance]
    length, buyers, likes = _LENGTHS.get(wish.strategy, 90), wish.reader.buyers, wish.reader.likes
    scored: list[tuple[float, Run]] = []
    for offered in stock.offered:
        first = offered.run[0]
        side = first.buyers
        if (side and buyers not in ("mixed", side)) or not _timely(offered, wish):
            continue
        if wish.banned and any(text in wish.banned for fact in offered.run for text in fact.wordings()):
            continue
        score = offered.near + by_strategy.get(first.theme, 0.0) + by_stance.get(first.theme, 0.0)
        score += _CHANCE * _spread(first.grain ^ offered.run[-1].grain >> 1 ^ wish.draw)
        score -= abs(len(first.text) - length) / 120
        if int(_spread(first.grain ^ wish.turn) * wish.places) == wish.place:
            score += _DEALT
        if side and buyers == "mixed":
            score -= 0.8
        if first.bought_as and first.bought_as <= likes:
            score += 0.3
        scored.append((score, offered.run))
    scored.sort(key=lambda one: -one[0])
    return Choice(scored)


def _timely(offered: Offered, wish: Wish) -> bool:
    """Whether a run may be told although it holds only for a time: as part of what the message is about."""
    if offered.promotion is not None:
        return wish.promoted is None or offered.promotion in wish.promoted
    return wish.tells_dates or not offered.is_dated


def _spread(number: int) -> float:
    """A number from 0 up to 1 that looks drawn."""
    mixed = (number ^ number >> 15) * 2_654_435_761 & 0xFFFFFFFF
    return (mixed ^ mixed >> 16) / 0x100000000
