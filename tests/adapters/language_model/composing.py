"""Asks over the sample corpus for the tests of the offline composer; passages are found by shared words."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

from pipelines.adapters.language_model.composer.english import stems
from pipelines.adapters.language_model.offline import OfflineComposer
from pipelines.contracts import Passage
from pipelines.generation.briefs import Brief, read_brief
from pipelines.generation.message import Message
from pipelines.generation.ports import Answer, Ask, Complaint, Unit
from pipelines.knowledge.passages import passages_of
from pipelines.knowledge.reading.folder import read_folder

DATA = Path(__file__).parents[3] / "data"
TODAY = date(2026, 11, 20)
PRIVATE = {"buyers": "private", "buys most": "Wool throw, 130x170; Teapot 1.2 l; Linen apron"}
SEGMENTS = tuple(
    Unit("segment", name, name, "", PRIVATE, 100)
    for name in ("champions", "loyal", "potential loyalist", "at risk", "hibernating", "lost", "prospect", "new")
)
ACCOUNT = Unit("account", "A1", "Acme", "Everybody we know there.", {"buyers": "business", "buys most": "Desk lamp"}, 5)
PERSONA = Unit("persona", "workplace", "workplace", "Runs offices and buildings.", {"buyers": "business"}, 5)
OFFER = {
    "text": "During the winter throw weeks the Wool throw costs 71.10 EUR instead of 79.00 EUR.",
    "code": "WINTER10",
    "ends": date(2026, 12, 6),
}
ENGLISH = (
    "The Oak chair costs 240.00 EUR and weighs 6 kg.",
    "We guarantee the Oak chair for 10 years against cracks.",
    "Delivery within Germany is free from an order value of 60.00 EUR.",
    "Our workshop in Kiel oils the Oak chair for 15.00 EUR.",
)


def brief(channel: str = "email", **changes: object) -> Brief:
    """The brief of the demo, or a part of it changed."""
    read = read_brief(DATA / "briefs" / "winter_warmth.yaml")
    return Brief.model_validate(read.model_dump() | {"channel": channel} | changes)


@cache
def corpus() -> tuple[Passage, ...]:
    """What may be cited on the day."""
    found = [one for document in read_folder(DATA / "knowledge").documents for one in passages_of(document)]
    return tuple(one for one in found if one.refused_on(TODAY) is None and one.locale == "en")


@cache
def found(query: str, audience: tuple[str, ...], most: int) -> tuple[Passage, ...]:
    """The passages that share the rarest words with the query."""
    words = {one.passage_id: stems(f"{one.title} {one.heading} {one.text}") for one in corpus()}
    common = Counter(word for said in words.values() for word in said)
    wanted = stems(query)

    def score(one: Passage) -> float:
        said = words[one.passage_id]
        return sum(math.log(len(words) / common[word]) for word in wanted & said) / (len(said) + 8) ** 0.4

    fitting = [one for one in corpus() if not audience or not one.audience or set(one.audience) & set(audience)]
    return tuple(sorted(fitting, key=score, reverse=True)[:most])


def ask(
    unit: Unit, strategy: str, wanted: Brief | None = None, passages: tuple[Passage, ...] = (), seed: int = 7
) -> Ask:
    """An ask with the passages that are found for it, unless others are given."""
    of = wanted or brief()
    query = " ".join(
        (
            of.knowledge.query or of.value_proposition,
            of.offer.text if of.offer else "",
            unit.traits.get("buys most", ""),
        )
    )
    given = passages or found(query, of.knowledge.audience, of.knowledge.passages)
    return Ask(of, unit, strategy, given, (), seed, 0.7, 2000)


def answer(asked: Ask, *complaints: Complaint) -> Answer:
    """What the composer answers."""
    ((_, one),) = OfflineComposer().write([replace(asked, complaints=complaints)])
    return one


def written(asked: Ask, *complaints: Complaint) -> Message:
    """The message that the composer writes."""
    one = answer(asked, *complaints)
    assert one.message is not None, one.detail
    return one.message


def passages(*texts: str, **papers: object) -> tuple[Passage, ...]:
    """Approved passages with these texts."""
    told = {"approved_by": "Ada", "approved_at": date(2026, 1, 5), "expires_at": date(2027, 1, 31)} | papers
    return tuple(
        Passage(f"p{at}", f"d{at}", f"Document {at}", text, **told)  # type: ignore[arg-type]
        for at, text in enumerate(texts, 1)
    )


def body(message: Message) -> str:
    """All that the reader reads."""
    return "\n".join(sentence.text for _, sentence in message.sentences())


def facts(message: Message) -> list[str]:
    """The cited sentences of the body."""
    return [one.text for place, one in message.sentences() if place.startswith("block") and one.passage_ids]
