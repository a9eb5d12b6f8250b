"""Messages by the offline composer, alone and with each sentence verified, beside a bare template with slots."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

from benchmarks.harness import Comparison, Contender
from pipelines.adapters.language_model.offline import OfflineComposer
from pipelines.contracts import Passage
from pipelines.generation.briefs import STRATEGIES, Brief, read_brief
from pipelines.generation.grounding import verify_message
from pipelines.generation.message import Block, Message, Sentence
from pipelines.generation.ports import Ask, Unit
from pipelines.knowledge.passages import passages_of
from pipelines.knowledge.reading.folder import read_folder
from pipelines.services import Services

DATA = Path(__file__).parents[1] / "data"
TODAY = date(2026, 11, 20)
SEGMENTS = ("champions", "loyal", "at risk", "hibernating", "prospect", "new")
RATE = 500


def composing(_services: Services, rows: int) -> Comparison:
    """The comparison; a thousandth as many messages as there are rows, but at least five hundred."""
    wanted = max(RATE, rows // 1000)
    asks = _asks(wanted)
    return Comparison(
        f"{wanted:,} messages by the offline composer, one core",
        [
            Contender("a template with the fact filled in, no choice, no check", lambda _: _filled(asks)),
            Contender("composed and every sentence verified", lambda _: _verified(asks)),
            Contender("of which: composed", lambda _: list(OfflineComposer().write(asks))),
        ],
        f"{RATE} cited and verified messages a second: at most {wanted / RATE:.1f} s",
    )


def _asks(wanted: int) -> list[Ask]:
    brief = read_brief(DATA / "briefs" / "winter_warmth.yaml")
    passages = _passages(brief)
    units = [Unit("segment", name, name, "", {"buyers": "private"}, 100) for name in SEGMENTS]
    asks = [Ask(brief, unit, strategy, passages, (), 7, 0.7, 2000) for unit, strategy in product(units, STRATEGIES)]
    return [replace(asks[at % len(asks)], seed=at) for at in range(wanted)]


def _passages(brief: Brief) -> tuple[Passage, ...]:
    found = [one for document in read_folder(DATA / "knowledge").documents for one in passages_of(document)]
    usable = [one for one in found if one.refused_on(TODAY) is None and one.locale == "en"]
    words = set((brief.knowledge.query or brief.value_proposition).lower().split())
    return tuple(
        sorted(usable, key=lambda one: -len(words & set(one.text.lower().split())))[: brief.knowledge.passages]
    )


def _verified(asks: list[Ask]) -> None:
    for index, answer in OfflineComposer().write(asks):
        assert answer.message is not None
        verdicts = verify_message(answer.message, asks[index].passages, TODAY)
        assert all(verdict.verdict != "unsupported" for _, verdict in verdicts)


def _filled(asks: list[Ask]) -> list[Message]:
    return [
        Message(
            subject=Sentence(text=f"News for {ask.unit.label}", passage_ids=()),
            preheader=Sentence(text="A note from us.", passage_ids=()),
            blocks=(
                Block(
                    kind="paragraph",
                    sentences=(Sentence(text=ask.passages[0].text, passage_ids=(ask.passages[0].passage_id,)),),
                ),
            ),
            call_to_action=Sentence(text=ask.brief.call_to_action.text, passage_ids=()),
        )
        for ask in asks
    ]
