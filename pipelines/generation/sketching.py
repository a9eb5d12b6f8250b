"""Before a campaign is launched: how large each audience unit is, and a text as it might come out; nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.contracts import Passage, PassageFilters, Refusal
from pipelines.generation import store
from pipelines.generation.audience import missing_knowledge, query_for, question_for, unit_of
from pipelines.generation.briefs import Brief
from pipelines.generation.drafting import Judgement, first_ask, judge
from pipelines.generation.message import Message
from pipelines.generation.personas import read_personas
from pipelines.generation.ports import Studio, Unit
from pipelines.generation.rendering import Rendered, personalised
from pipelines.generation.showing import NOBODY, values_of


@dataclass(frozen=True, slots=True)
class Sketch:
    """A text for one unit as it might come out, with the verdict on each sentence and the passages it may rest on."""

    unit: Unit
    strategy: str
    message: Message
    judgement: Judgement
    shown: Rendered | None
    passages: dict[str, Passage]


def sizes(studio: Studio, tenant: str, kind: str, snapshot_id: str) -> list[dict[str, Any]]:
    """Every unit of a kind with how many people it is, the largest first."""
    with studio.database.transaction(tenant) as connection:
        return store.unit_sizes(connection, kind, snapshot_id, read_personas(studio.policies))


def sketch(studio: Studio, tenant: str, brief: Brief, snapshot_id: str, unit_id: str, strategy: str) -> Sketch:
    """What the studio's writer makes of the brief for one unit; it is not kept, and no call is logged.

    To be asked of a studio whose writer costs nothing.
    """
    if strategy not in brief.strategies:
        raise Refusal(f"{strategy} is none of the strategies of the brief; choose one of them.")
    unit, favourites = _unit(studio, tenant, brief, snapshot_id, unit_id)
    passages = _passages(studio, tenant, brief, unit, favourites)
    ask = first_ask(brief, unit, strategy, passages, 1)
    ((_, answer),) = studio.writer.write([ask])
    if answer.message is None:
        raise Refusal(f"No text came of this for {unit.label}: {answer.detail}")
    brand = studio.brand_of(tenant)
    judgement = judge(answer.message, brief, brand, passages, studio.clock().date())
    shown = personalised(judgement.rendered, values_of(brand, brief, NOBODY)) if judgement.rendered else None
    return Sketch(unit, strategy, answer.message, judgement, shown, {one.passage_id: one for one in passages})


def _unit(studio: Studio, tenant: str, brief: Brief, snapshot_id: str, unit_id: str) -> tuple[Unit, Sequence[str]]:
    kind, personas = brief.audience.unit, read_personas(studio.policies)
    with studio.database.transaction(tenant) as connection:
        rows, favourites, _ = store.units_of(connection, kind, snapshot_id, [unit_id], personas)
    if not rows:
        raise Refusal(f"Nobody is in {unit_id} today; choose another {kind}.")
    bought = favourites.get(unit_id, ())
    return unit_of(kind, rows[0], bought), bought


def _passages(studio: Studio, tenant: str, brief: Brief, unit: Unit, favourites: Sequence[str]) -> list[Passage]:
    wanted = brief.knowledge
    filters = PassageFilters(studio.clock().date(), wanted.audience, wanted.locale, wanted.products, wanted.documents)
    question = question_for(query_for(brief), unit, favourites)
    with studio.searching(tenant, "") as desk:
        if wrong := missing_knowledge(desk, filters):
            raise Refusal(wrong[0])
        (found,) = desk.ask_all([question], filters, wanted.passages)
    if not found:
        raise Refusal(f"No approved passage answers this for {unit.label}; index content, or say more in the brief.")
    return [one.passage for one in found]
