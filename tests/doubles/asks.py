"""Asks as drafting makes them, for tests and benchmarks of whoever answers them."""

from __future__ import annotations

import json
from datetime import date

from pipelines.contracts import Passage
from pipelines.generation.briefs import Brief, CallToAction
from pipelines.generation.ports import Ask, Unit
from pipelines.generation.privacy import delimited

THROW = Passage(
    "p-throw", "throws", "Wool throw", "The wool throw costs 79.00 EUR. It measures 130 by 170 centimetres.",
    approved_by="m.lind", approved_at=date(2026, 3, 1),
)  # fmt: skip
LAMP = Passage(
    "p-lamp", "lamps", "Desk lamp", "The desk lamp is dimmable in five steps. Its shade is made of linen.",
    approved_by="m.lind", approved_at=date(2026, 3, 1),
)  # fmt: skip
BRIEF = Brief(
    name="Winter warmth",
    goal="Bring quiet customers back",
    value_proposition="Warm things that last",
    call_to_action=CallToAction(text="See the throws", link="https://www.lindhaven.example/throws"),
)
UNIT = Unit("segment", "hibernating", "Hibernating", "Have not bought for a long time.", {"stage": "at risk"}, 40)


def ask(number: int = 1, notes: str = "", strategy: str = "friendly") -> Ask:
    """The ask number so and so: another number is another prompt; `notes` are a trait of the audience."""
    material = {
        "brief": {"goal": BRIEF.goal, "call_to_action": BRIEF.call_to_action.text},
        "audience": {"number": number, "notes": delimited("notes", notes)},
        "passages": [
            {"passage_id": one.passage_id, "title": one.title, "text": delimited("passage", one.text)}
            for one in (THROW, LAMP)
        ],
    }
    messages = (
        {"role": "system", "content": "You write one outbound message and cite passages."},
        {"role": "user", "content": json.dumps(material, ensure_ascii=False)},
    )
    return Ask(BRIEF, UNIT, strategy, (THROW, LAMP), messages, 1000 + number, 0.7, 900)


def asks(count: int) -> list[Ask]:
    """So many different asks."""
    return [ask(number) for number in range(count)]
