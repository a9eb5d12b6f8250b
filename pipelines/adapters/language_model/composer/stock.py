"""What the passages of one ask offer: facts that stand alone or with what introduces them, and how near they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from pipelines.adapters.language_model.composer.english import stems
from pipelines.adapters.language_model.composer.facts import Fact, facts_of
from pipelines.adapters.language_model.composer.leaning import sets_the_scene
from pipelines.adapters.language_model.composer.products import named_in
from pipelines.adapters.language_model.composer.relevance import Wanted, off_topic, strays
from pipelines.adapters.language_model.composer.wordings import as_point, carried_on
from pipelines.contracts import Passage

Run = tuple[Fact, ...]
# What the first place among the passages found adds to a run, and how much its second fact counts.
_RANKED, _SECOND = 1.3, 0.25


@dataclass(frozen=True, slots=True)
class Offered:
    """One run of facts on offer; `is_dated` when a day that the brief did not ask about decides what it is worth."""

    run: Run
    near: float
    promotion: str | None
    is_dated: bool


@dataclass(frozen=True, slots=True)
class Stock:
    """All runs that passages offer, and how products are named in running text."""

    offered: tuple[Offered, ...]
    focus: frozenset[str]
    topics: frozenset[str]
    names: Mapping[str, str]
    newest: date

    def in_focus(self, fact: Fact) -> bool:
        """Whether a fact is about what the brief is about, as far as that is a product."""
        return not self.focus or strays(fact.text, fact.product, fact.theme, self.focus, frozenset()) == 0.0

    def serves(self, fact: Fact) -> bool:
        """Whether a fact is about what the brief is about, or touches what it speaks of besides."""
        return self.in_focus(fact) or (fact.theme in self.topics and fact.theme not in ("general", "price"))


@lru_cache(maxsize=512)
def stock_of(passages: tuple[Passage, ...], wanted: Wanted) -> Stock:
    """The runs of these passages and how near each is to what the brief wants."""
    facts = _with_products([facts_of(passage) for passage in passages])
    focus = _focus([fact for told in facts for fact in told], wanted)
    others = frozenset(fact.product for told in facts for fact in told if fact.product) - focus
    found: list[Offered] = []
    for rank, told in enumerate(facts):
        asked = wanted.asks_about(passages[rank].title)
        for run in _runs(told):
            near = _RANKED * (1 - rank / len(passages)) + _worth(run, wanted)
            if focus:
                near -= max(strays(fact.text, fact.product, fact.theme, focus, others) for fact in run)
            promotion = next((fact.document_id for fact in run if fact.is_promotion), None)
            found.append(Offered(run, near, promotion, not asked and any(fact.ends for fact in run)))
    newest = max((passage.approved_at for passage in passages if passage.approved_at), default=date.min)
    return Stock(tuple(found), focus, wanted.topics, _names(facts, passages), newest)


def _worth(run: Run, wanted: Wanted) -> float:
    """How near a run is to the brief, by its words and themes, and how well it reads in copy."""
    near = wanted.nearness(run[0].stems) + sum(_SECOND * wanted.nearness(fact.stems) for fact in run[1:])
    return near - min(off_topic(fact.theme, wanted) for fact in run) - max(fact.dull for fact in run)


def _with_products(facts: Sequence[tuple[Fact, ...]]) -> list[tuple[Fact, ...]]:
    """The same facts, where one of a passage about many products is given the one that it begins with."""
    bought = {fact.product: fact.bought_as for told in facts for fact in told if fact.product}

    def given(fact: Fact) -> Fact:
        if fact.product is not None or fact.is_quote:
            return fact
        name = next((name for name in bought if fact.text.startswith(f"The {name} ")), None)
        if name is None:
            return fact
        return replace(
            fact,
            product=name,
            bought_as=bought[name],
            carried_on=carried_on(fact.text, name),
            as_point=as_point(fact.text, name),
        )

    return [tuple(map(given, told)) for told in facts]


def _focus(facts: Sequence[Fact], wanted: Wanted) -> frozenset[str]:
    """The products that the brief names; where there are such, others stray from its subject."""
    named = stems(" ".join(wanted.products))
    return frozenset(
        fact.product
        for fact in facts
        if fact.product and (stems(fact.product) <= wanted.words or (fact.bought_as and fact.bought_as <= named))
    )


def _names(facts: Sequence[tuple[Fact, ...]], passages: Sequence[Passage]) -> Mapping[str, str]:
    """How each product stands in running text; with an article, if it does so anywhere."""
    names: dict[str, str] = {}
    for product in sorted({fact.product for told in facts for fact in told if fact.product}):
        written = [name for passage in passages if (name := named_in(passage.text, product))]
        if written:
            names[product] = max(written, key=lambda name: name.startswith("the "))
    return names


def _runs(facts: Sequence[Fact]) -> Iterable[Run]:
    """Facts that stand alone, and pairs of one with what is only understood after it."""
    before: Fact | None = None
    introduced: Fact | None = None
    for fact in facts:
        if fact.stands == "alone":
            introduced = None if fact.is_quote else fact
            if fact.is_quote or not sets_the_scene(fact.text):
                yield (fact,)
        elif introduced and (fact.stands == "after" or (before is introduced and fact.place == introduced.place + 1)):
            yield (introduced, fact)
        before = fact
