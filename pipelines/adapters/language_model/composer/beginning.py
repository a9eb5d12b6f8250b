"""What is settled before the first word: the reader, the facts on offer, the offer itself, an end date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.adapters.language_model.composer.choosing import Choice, Wish, choice_for
from pipelines.adapters.language_model.composer.dealing import Deal, deal_of, place_of
from pipelines.adapters.language_model.composer.drawing import Draw
from pipelines.adapters.language_model.composer.english import unended
from pipelines.adapters.language_model.composer.facts import Fact
from pipelines.adapters.language_model.composer.lines import Lines
from pipelines.adapters.language_model.composer.offers import offer_run, with_code
from pipelines.adapters.language_model.composer.readers import Reader, reader_of
from pipelines.adapters.language_model.composer.relevance import wanted_by
from pipelines.adapters.language_model.composer.stock import Run, Stock, stock_of
from pipelines.generation.ports import Ask

# What urgency without a date, and social proof without a voice, honestly become.
WITHOUT_ANGLE = "considered"
_VOICED = frozenset(("voices", "survey", "award"))
_SOON = timedelta(days=366)
# Dates of these are no reason to hurry.
_NOT_TO_ORDER_BY = frozenset(("returns", "guarantee", "payment", "repair"))


class TooLittle(Exception):
    """What was offered does not carry a message; the text says why and how to mend it."""


@dataclass(frozen=True, slots=True)
class Work:
    """One ask on its way to a message."""

    ask: Ask
    strategy: str
    draw: Draw
    deal: Deal
    choice: Choice
    lines: Lines
    banned: frozenset[str]
    offer: Run
    deadline: Run

    @property
    def promoted(self) -> Run:
        """The offer, or the promotion whose end is the reason to write."""
        return self.offer or tuple(fact for fact in self.deadline if fact.is_promotion)

    def too_little(self) -> TooLittle:
        """The refusal for want of facts."""
        count = len({run[0].passage_id for _, run in self.choice.scored})
        told = f"Only {count} of the passages offered {'says' if count == 1 else 'say'} something"
        told = told if count else "None of the passages offered says anything"
        return TooLittle(f"{told} that this brief can use; index more content or widen knowledge.query.")


def begin(ask: Ask) -> Work:
    """Settles all that an ask leaves open."""
    brief, reader = ask.brief, reader_of(ask.unit, ask.brief.knowledge.audience)
    # A subject and a point of a list stand without the full stop that their fact has.
    banned = frozenset(form for one in ask.complaints for form in (one.text, f"{unended(one.text)}."))
    stock = stock_of(ask.passages, wanted_by(brief))
    draw = Draw(f"{ask.seed}|{brief.name}|{ask.unit.kind}|{ask.unit.unit_id}|{ask.strategy}")
    offer: Run = offer_run(brief.offer, ask.passages, banned) if brief.offer else ()
    if brief.offer and not offer:
        raise TooLittle(
            f'None of the passages offered states the offer "{brief.offer.text}"; index a document that does, '
            "or widen knowledge.query."
        )
    if brief.offer and brief.offer.code and not any(brief.offer.code in fact.text for fact in offer):
        raise TooLittle(
            f"None of the passages offered tells the code {brief.offer.code}, without which nobody gets the offer; "
            "index a sentence that names it with the offer, or widen knowledge.query."
        )
    beginning = _Beginning(ask, reader, stock, draw, banned, offer)
    strategy = ask.strategy
    deadline: Run = beginning.deadline() if strategy == "urgency" else ()
    choice = beginning.choice(strategy, deadline)
    voiced = strategy != "social_proof" or choice.has(lambda run: run[0].theme in _VOICED)
    if not voiced or (strategy == "urgency" and not deadline):
        strategy = WITHOUT_ANGLE
        choice = beginning.choice(strategy, ())
    deal = deal_of(ask, strategy, reader.stance)
    lines = Lines(strategy, reader, draw, deal, stock, banned)
    return Work(ask, strategy, draw, deal, choice, lines, banned, offer, deadline)


@dataclass(frozen=True, slots=True)
class _Beginning:
    """What is settled so far."""

    ask: Ask
    reader: Reader
    stock: Stock
    draw: Draw
    banned: frozenset[str]
    offer: Run

    def deadline(self) -> Run:
        """What has a date to order by: of the offer, else of anything that is told."""
        if self._names_the_day(self.offer):
            return self.offer
        choice = self._chosen("urgency", {one.document_id for one in self.offer} if self.offer else None, True)
        return with_code(choice.take(self._names_the_day), self.ask.passages, self.banned)

    def _names_the_day(self, run: Run) -> bool:
        # A short message may have room for the first fact only.
        told = run if self.ask.brief.channel == "email" else run[:1]
        return any(_still_ends(fact, self.stock.newest) for fact in told)

    def choice(self, strategy: str, deadline: Run) -> Choice:
        """The facts for a strategy; what passes is only among them if it belongs to the offer or the date."""
        told = {fact.document_id for fact in (*self.offer, *deadline)}
        choice = self._chosen(strategy, told, bool(told))
        choice.add(self.offer)
        choice.add(tuple(fact for fact in deadline if fact not in self.offer))
        return choice

    def _chosen(self, strategy: str, promoted: set[str] | None, tells_dates: bool) -> Choice:
        others = self.ask.brief.strategies
        wish = Wish(
            strategy=strategy,
            reader=self.reader,
            draw=self.draw.number("facts"),
            turn=Draw(self.ask.unit.unit_id).number("turn"),
            place=place_of(self.ask.strategy, others),
            places=len(others),
            banned=self.banned,
            promoted=None if promoted is None else frozenset(promoted),
            tells_dates=tells_dates,
        )
        return choice_for(self.stock, wish)


def _still_ends(fact: Fact, newest: date) -> bool:
    """Whether a fact names a date to order by that was not over when the newest passage was approved."""
    soon = fact.ends is not None and newest <= fact.ends <= newest + _SOON
    return soon and fact.theme not in _NOT_TO_ORDER_BY
